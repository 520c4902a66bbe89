"""How good the model's names are, by language: where it is used, and how a row says so."""

from __future__ import annotations

import enum


class Quality(enum.StrEnum):
    """How far the names of an article can be trusted: the column ``entity_quality``."""

    MEASURED = "measured"
    """F1 of .60 or more on sentences annotated by others."""
    LOW = "low"
    """The same, between .45 and .60."""
    UNMEASURED = "unmeasured"
    """The model has read the language, but only texts of newsbeam's own measure it."""


_LANGUAGES = {
    Quality.MEASURED: (
        "da de en es fi fr hr hu id it ja lv nb nl nn no pcm pl pt ro ru sk sr sv sw uk zh"
    ),
    Quality.LOW: "ar fa ha ig ko ne rw",
    Quality.UNMEASURED: (
        "af az be bg bn bs ca cs cy el et eu fil ga gl hi hy is ka kk lt mk mr ms sl sq"
        " sh th tl tr ur vi"
    ),
}
"""Languages by quality.  Those below .45 (Yoruba, Zulu; Hebrew on texts of newsbeam's own),
those of scripts that the vocabulary lacks and those that the model has never read are in
none."""
_QUALITY = {
    language: quality
    for quality, languages in _LANGUAGES.items()
    for language in languages.split()
}


def quality_of(language: str) -> Quality | None:
    """Return how good names in ``language`` are, None if they are not good enough.

    Args:
      language: BCP 47 tag.
    """
    return _QUALITY.get(language.partition("-")[0].lower())
