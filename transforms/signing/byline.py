"""Bylines: lines that only sign an article or credit an agency.

``Marie de La Roche Saint-André, avec AFP`` signs with a person and credits an agency.
People go to ``authors``, the agency to ``agency``, and the line out of the text.
"""

from __future__ import annotations

import re

from transforms.signing.agencies import CREDIT, WITH, agency_of, listed_agency
from transforms.signing.people import Byline, clean_authors

_BY = (
    r"(?:par|by|von|por|di|da|door|av|af|od|autor(?:in|a)?|auteure?|author|text|texte|автор"
    r"|written by|reported by|reporting by|escrito por|geschreven door|propos recueillis par"
    r"|(?:ein )?(?:artikel|beitrag|gastbeitrag) von)\s*:?\s+"
)
_SOURCE = (
    r"(?:source|sources|quelle|fuente|fonte|bron|источник|来源|來源|المصدر)\s*[:：]\s*"
)
# A name: capitalised words with particles between, two at least or one with initials.
_NAME_WORD = r"(?:d['’]|D['’]|l['’]|L['’])?[^\W\d_a-z][\w.'’-]*"
_PARTICLE = (
    r"(?:de|du|des|la|le|van|von|der|den|zu|di|da|dos|del|al|el|bin|ben|ibn|y|e)"
)
_NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,3}}{_NAME_WORD}){{1,4}}"
_NAMES = rf"{_NAME}(?:(?:\s*,\s*|\s+(?:et|and|und|y|e|i|&)\s+){_NAME}){{0,5}}"

_SIGNED_WITH_AGENCY = re.compile(
    rf"(?:{_BY})?(?P<names>{_NAMES})\s*(?:,\s*|[|(–—-]\s*|\s)(?:{WITH})?\s*"
    rf"\(?(?P<credit>{CREDIT})\)?\.?"
)
_SIGNED = re.compile(rf"(?i:{_BY})(?P<names>{_NAMES})\.?")
_CREDITED = re.compile(
    rf"[(\[]?(?:(?i:{_SOURCE})|(?i:{WITH})\s*)?(?P<credit>{CREDIT})[)\]]?\.?"
)
# A picture's credit: the photographer's name, a stroke, the agency.
_PICTURE = re.compile(
    r"(?:photo|foto|bild|image|crédit|credit|фото|illustration|symbolbild|archiv\w*)\b\s*[:/(]?"
    r"|.*(?:getty|shutterstock|istock|imago|picture[- ]alliance|photo\b)",
    re.IGNORECASE,
)
# Longer than any byline with five names; a sentence that happens to fit is longer.
_MAX_BYLINE = 160


def parse_byline(line: str) -> Byline | None:
    """Return what ``line`` says if it is nothing but a byline or credit, else None."""
    line = line.strip()
    if not line or len(line) > _MAX_BYLINE or _PICTURE.match(line):
        return None
    for pattern in (_CREDITED, _SIGNED_WITH_AGENCY, _SIGNED):
        found = pattern.fullmatch(line)
        if found is None:
            continue
        groups = found.groupdict()
        signed = clean_authors([groups.get("names") or ""])
        return Byline(signed.authors, agency_of(groups.get("credit")) or signed.agency)
    is_bracketed = line[0] in "([（" and line.rstrip(".")[-1] in ")]）"
    agency = listed_agency(line.strip("()[]（）. ")) if is_bracketed else None
    return Byline((), agency) if agency else None
