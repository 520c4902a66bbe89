"""What every child process needs, loaded once by the server that they are forked from.

All of them share its memory.  Entity models of others are not loaded here: which of them
a run needs is only known when it has its articles.
"""

from __future__ import annotations

import contextlib
import gc
import importlib

# What children do, without Beam, of which they need nothing.
_STAGES = (
    "transforms.extract.article",
    *("transforms.enrich.language", "transforms.enrich.entities"),
    *("transforms.enrich.countries", "transforms.stories.signer"),
)
# Made and not yet given back, until the collector looks for cycles among them.
_OBJECTS = 20_000


def preload() -> None:
    """Load it.

    Nothing here may keep children from being forked.  What fails here fails again where it
    is needed, and is reported there.
    """
    # First, since most of what this makes is garbage again, whose place the rest takes.
    with contextlib.suppress(Exception):
        importlib.import_module("transforms.fast.locales").keep_few_locales()
        importlib.import_module("transforms.text.calendars").load_months()
    # All that is made from here on stays.  Looking for garbage in it takes half of the time, and
    # a child's collector need not look at it either, nor copy its pages.
    gc.disable()
    for name in _STAGES:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        importlib.import_module("transforms.fast.hasten").hasten("trafilatura")
    with contextlib.suppress(Exception):
        importlib.import_module(
            "transforms.enrich.geography.gazetteer"
        ).load_gazetteer()
        language = importlib.import_module("transforms.enrich.language")
        language.load_languages(language.LanguageOptions().languages)
    with contextlib.suppress(Exception):
        models = importlib.import_module("transforms.enrich.models.choice")
        models.load_model(models.OWN)
        importlib.import_module("transforms.enrich.names.model").vocabulary()
    # Word lists that libraries read when they first need them, a fifth of a second each
    # time a child is replaced.
    with contextlib.suppress(Exception):
        words = importlib.import_module("trafilatura.external").jt_stoplist_init()
        importlib.import_module("justext.core").define_stoplist(words)
    with contextlib.suppress(Exception):
        importlib.import_module("tld.utils").get_tld_names()
    gc.freeze()
    # What an article leaves behind is hardly ever a cycle.
    gc.set_threshold(_OBJECTS)
    gc.enable()


preload()
