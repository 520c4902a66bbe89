"""What children find loaded; the preload hides what it could not load, so it is told here."""

from __future__ import annotations

import json
import subprocess
import sys

from kit import ROOT

_ASK = """
import json, sys, transforms.work.preload
heavy = [name for name in ("apache_beam", "pandas", "pyarrow") if name in sys.modules]
import justext.core, tld.utils, trafilatura.external
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.models.choice import load_model
print(json.dumps([
    len(trafilatura.external.JT_STOPLIST or ()),
    justext.core.define_stoplist.cache_info().currsize,
    len(tld.utils.tld_names),
    load_gazetteer.cache_info().currsize,
    load_model.cache_info().currsize,
    heavy,
]))
"""


def test_what_every_child_needs_is_there_before_they_are_forked() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    words, sets, suffixes, gazetteers, models, heavy = json.loads(asked.stdout)
    assert words > 100_000
    assert (sets, suffixes > 0, gazetteers, models) == (1, True, 1, 1)
    # None of the children needs them, which would be a fifth of their memory.
    assert heavy == []
