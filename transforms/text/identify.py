"""py3langid, which tells languages apart: its model is loaded once in a process."""

from __future__ import annotations

import copy
import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier


@functools.lru_cache(maxsize=4)
def identifier(languages: tuple[str, ...] | None) -> LanguageIdentifier:
    """Return what identifies one of ``languages``, with its probability; None for all."""
    chosen = copy.copy(_whole())
    if languages is not None:
        chosen.set_languages(languages)
    return chosen


@functools.cache
def _whole() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
