"""Where a name begins and ends, beyond what its punctuation shows.

What the model is unsure of has rules: a score is no part of a country's name
(``Croatia 2``), nor is the case ending that Turkish sets apart.  A ministry begins with
its ministry, and the adjective behind a place belongs to it (``Extrême-Orient russe``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transforms.signing.agencies import agency_of_all
from transforms.vocabulary import EntityType, Kind

_FULL_LINE = 30
"""Code points from which a line is taken to go on in the next."""
_STOPS = ".!?:;…。"
_SCORE = re.compile(r"[ \u00a0]+\d+$")
_SUFFIX = re.compile(r"(?<=\w)['’][a-zçğıöşü]+$")
_SETS_APART = frozenset(("az", "tr"))
"""Languages that set endings apart by an apostrophe; in others it may be a letter."""
_MINISTRY = re.compile(
    r"\b[Mm]inist(?:ère|erio|ero|ério|eri|erul)(?: [^\W\d_]+)?"
    r" (?:de la |de l['’]|des |du |de |del |della |dell['’]|degli |delle |dei |do |da |dos"
    r" |das |d['’])$"
)
_REGION = re.compile(r"\brégion (?:du |de la |de l['’])$")
_OWN_HEAD = {EntityType.ORG: _MINISTRY, EntityType.LOC: _REGION}
"""What begins a name although the model begins it later."""
_BEFORE = 50
"""Code points before a name in which that is looked for."""
# What English joins to a place: the Houston-area business, London-based.
_JOINED = re.compile(r"(?<=\w)[-‐‑](?:area|based|born|bound|led|backed|style|wide)$")
_LETTERS_JOINED = 2
"""Conjunctions and prepositions that Hebrew writes as one with a name."""
_JOINABLE = frozenset("בהוכלמש")
_SHORTEST = 3
"""Letters that a name without them has at least."""
_ARTICLE = re.compile(r"(?:the|le|la|les|der|die|das|el|los|las|il|lo|gli|het) |l['’]")
_INITIAL = re.compile(r"(?:[^\W\d_]|[IVX]+)\.")
_PAIRS = {")": "(", "]": "[", "»": "«", "”": "“", '"': '"'}


def first_line(text: str, start: int, end: int) -> int:
    """Return where a name starts without a heading above it.

    It goes on over a line break where the line before is full, as in a text with hard
    breaks: ``Sir Keir`` and ``Starmer``.
    """
    while (stop := text.find("\n", start, end)) >= 0:
        line = text[text.rfind("\n", 0, stop) + 1 : stop].rstrip()
        is_full = len(line) >= _FULL_LINE and line[-1] not in _STOPS
        if is_full and not text.startswith("\n\n", stop):
            return start
        start = stop + 1
    return start


def narrowed(
    text: str,
    start: int,
    end: int,
    known: Mapping[tuple[int, int], Kind],
    language: str | None = None,
) -> tuple[int, int]:
    """Return a name without what is beside it.

    Args:
      text: The text.
      start: Where the model has it start.
      end: Where the model has it end.
      known: What the gazetteer knows, by start and end.
      language: BCP 47 tag of the text.
    """
    score = _SCORE.search(text, start, end)
    if score and known.get((start, score.start())) is Kind.NAME:
        end = score.start()
    suffix = _SUFFIX.search(text, start, end)
    if suffix and ((start, suffix.start()) in known or language in _SETS_APART):
        end = suffix.start() if _is_apart(text, start, suffix) else end
    article = _ARTICLE.match(text, start, end)
    if article:
        start = article.end()
    joined = _JOINED.search(text, start, end)
    if joined:
        end = joined.start()
    slash = text.find("/", start, end)
    if slash > 0 and agency_of_all(text[start:slash]):
        end = slash
    for length in prefixes(text[start:end]):
        if (start + length, end) in known:
            return start + length, end
    return start, end


def closes(text: str, start: int, end: int) -> bool:
    """Return whether the span ends in what it opens itself: a bracket, a quotation."""
    opening = _PAIRS.get(text[end - 1])
    return opening is not None and opening in text[start : end - 1]


def keeps_dot(text: str, start: int, end: int) -> bool:
    """Return whether the dot at the end is the name's own.

    That of ``U.S.`` and ``Martin Luther King Jr.`` is, and that of an initial or of a
    number behind a name: ``Dolton P.``, ``Selim III.``.
    """
    if text[end - 1] != ".":
        return False
    first, _, last = text[start:end].rpartition(" ")
    return (
        "." in last[:-1]
        or last in {"Jr.", "Sr.", "Inc.", "Corp.", "Ltd.", "Co."}
        or (bool(first) and _INITIAL.fullmatch(last) is not None)
    )


def prefixes(name: str) -> Iterator[int]:
    """Yield how many letters at the start of a Hebrew name may be joined to it.

    They are ``in``, ``to``, ``and``, ``that``: ``ורוסיה`` is ``and Russia``.  Arabic has
    them too, but there annotators leave them with the name (ANERcorp).
    """
    for length in range(1, min(_LETTERS_JOINED, len(name) - _SHORTEST) + 1):
        if name[length - 1] not in _JOINABLE:
            return
        yield length


def parts(text: str, start: int, end: int, kind: EntityType) -> list[tuple[int, int]]:
    """Return a place and what it lies in as two: ``Albuquerque, N.M.``."""
    comma = text.find(", ", start, end) if kind is EntityType.LOC else -1
    if comma <= start or not text[comma + 2 : comma + 3].isupper():
        return [(start, end)]
    return [(start, comma), (comma + 2, end)]


def without_noun(text: str, start: int, end: int) -> int:
    """Return where a name ends without the nouns in small letters behind it.

    They are what it is an adjective of: ``Franco-African summit``, ``Adapazarı ovası``.
    """
    last = end
    while (space := text.rfind(" ", start, last)) > 0 and text[
        space + 1 : last
    ].islower():
        last = space
    return last


def _is_apart(text: str, start: int, suffix: re.Match[str]) -> bool:
    """Return whether what follows an apostrophe is an ending, not a part of the name."""
    return suffix.start() - start > 1 and text[start : suffix.start()][-1].islower()


def widened(
    text: str,
    start: int,
    end: int,
    kind: EntityType,
    known: Mapping[tuple[int, int], Kind],
) -> tuple[int, int]:
    """Return a name with what belongs to it; see :func:`narrowed`."""
    head = _OWN_HEAD.get(kind)
    before = head and head.search(text, max(0, start - _BEFORE), start)
    if before:
        start = before.start()
    if kind is EntityType.LOC and text[end : end + 1] == " ":
        longer = [
            last
            for (first, last), what in known.items()
            if last > end
            and (first == start or (first == end + 1 and what is Kind.DEMONYM))
        ]
        # Between two countries' names there is no adjective.
        if longer and text[end + 1].islower() and (start, end) not in known:
            end = max(longer)
    return start, end
