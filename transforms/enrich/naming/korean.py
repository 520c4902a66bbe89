"""Korean names within their words, which particles and titles are written as one with.

The model reads Korean in pieces of words and is unsure where a name ends: it takes
``베어스는`` (the Bears, as a topic) for the name, and ``진종`` of ``진종오는``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.vocabulary import EntityType

_SYLLABLE = re.compile("[가-힣]")
# Particles that no name ends in, and all of them.
_PLAIN = re.compile(
    "(?:에서는?|에게|에는|으로는?|까지|부터|보다|처럼|이라고|은|는|을|를|의|와|과|에)$"
)
_PARTICLE = re.compile(
    "(?:에서[는도]?|에게|에[는도]?|으로[는도]?|로[는도]?|까지|부터|보다|처럼|이?라고|이?라는|이?란"
    "|이?랑|이[가나며고]|은|는|을|를|의|와|과|이|가|도|만|인|님[은이]?|씨[는가의]?)?"
)
_ENDINGS = frozenset("도시군구동읍면리산강역섬항장원관청당회사부처국주성현")
"""Syllables that end names of places and of organisations."""
_NO_NAME = frozenset("은는이가을를의와과도만로에인씨님측당부회국군시구위청원사전식산")
"""Syllables that end no name of a person before a title, or are none of a name's."""
_SHORTEST = 3
"""Syllables that a word has at least to lose a particle, and most people's names have."""

_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구진"
)
_TITLES = (
    "의원|대표|시장|장관|차관|총리|대통령|감독|선수|교수|기자|회장|부회장|사장|이사장|위원장|대변인|후보"
    "|비서관|원장|총장|지사|국장|실장|판사|검사|변호사|박사|작가|배우|의장|총재|단장|코치|사무총장|수석"
)
_BEFORE_TITLE = re.compile(
    rf"(?<![가-힣])([{_SURNAMES}][가-힣]{{2}})(?= (?:전 |신임 )?(?:{_TITLES}|씨))"
)

_ROLE = re.compile(rf" (?:{_TITLES}|주연|조연|씨|군|양)$")
_IN = re.compile("..(?<!국)인")


def whole(text: str, start: int, end: int, kind: EntityType) -> tuple[int, int]:
    """Return a name without the particle that it ends in, and with all its syllables.

    Args:
      text: The text.
      start: Where the model has the name start.
      end: Where the model has it end.
      kind: What it names.
    """
    if not _SYLLABLE.match(text, end - 1):
        return start, end
    is_person = kind is EntityType.PER
    role = _ROLE.search(text, start + 1, end) if is_person else None
    if role:
        return start, role.start()
    while is_person and start and _SYLLABLE.match(text, start - 1):
        start -= 1
    stop = end
    while _SYLLABLE.match(text, stop):
        stop += 1
    first = max(text.rfind(" ", start, end) + 1, start)
    if stop > end:
        syllable = text[end]
        rest = _PARTICLE.match(text, end + 1, stop)
        is_one = (
            rest is not None and rest.end() == stop and syllable not in "은는을를의"
        )
        if is_person:
            more = end - first == _SHORTEST - 1 and syllable not in _NO_NAME
        else:
            more = syllable in _ENDINGS
        return start, end + 1 if is_one and more else end
    particle = _PLAIN.search(text, first, end)
    longest = _SHORTEST if is_person or first == start else 0
    if particle and end - first > longest:
        end = particle.start()
    return start, end


def people(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a family name and two syllables stand before a title: ``김미희 의원``."""
    for found in _BEFORE_TITLE.finditer(text):
        # 문재인 대통령, but 한국인 감독.
        if found[1][-1] not in _NO_NAME or _IN.fullmatch(found[1]):
            yield found.span(1)
