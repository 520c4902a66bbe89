"""What the tests of functions share: what is costly to make."""

from __future__ import annotations

import pytest

from transforms.enrich.countries import CountryTagger
from transforms.enrich.geography.gazetteer import load_gazetteer


@pytest.fixture(scope="session")
def tagger() -> CountryTagger:
    return CountryTagger(load_gazetteer())
