"""Which countries a text names."""

from __future__ import annotations

from transforms.enrich.countries import CountryTagger


def codes(
    tagger: CountryTagger, text: str, language: str | None, title: str | None = None
) -> set[str]:
    """Return the codes of the countries that a text names."""
    return {c.code for c in tagger.tag(title=title, text=text, language=language)}
