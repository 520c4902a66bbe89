"""What every child process needs, loaded once by the server that they are forked from.

The memory of it is shared by all of them.  Entity models are not here: which of them a run
needs is known when its articles are.
"""

from __future__ import annotations

import contextlib
import gc

from transforms.enrich.gazetteer import load_gazetteer
from transforms.enrich.language import LanguageOptions, identifier

# Only these two take a second; none of them must keep children from being forked, and
# what fails here fails again, and is told, where it is needed.
with contextlib.suppress(Exception):
    load_gazetteer()
    identifier(LanguageOptions().languages)
with contextlib.suppress(ImportError):
    import spacy  # noqa: F401 - an extra
# The collector of a child need not look at it either, nor copy its pages.
gc.freeze()
gc.enable()
