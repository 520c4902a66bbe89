"""Where a name begins and ends, beyond what its punctuation shows.

What the model is unsure of has rules: a score is no part of a country's name
(``Croatia 2``), nor is the case ending that Turkish sets apart.  A ministry begins with
its ministry, and the adjective behind a place belongs to it (``Extrême-Orient russe``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from transforms.enrich.geography.matches import Match
from transforms.signing.agencies import agency_of_all
from transforms.vocabulary import EntityType, Kind

_FULL_LINE = 30
"""Code points from which a line is taken to go on in the next."""
_STOPS = ".!?:;…。"
_SCORE = re.compile(r"[ \u00a0]+\d+$")
# A Japanese firm, British police: any of a country's, none by name.
_COMMON = re.compile(r"(?:公司|企业|企業|厂商|警方|军方|媒体|会社|メーカー)$")
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
# What stands before a person of a county or a state: ``Bartholomew County Sheriff``.
_OFFICE_AFTER = re.compile(
    r"(?<=\w) (?:Gov|Sen|Rep|Sheriff|Mayor|President|Senator|Governor|Judge|Rep|Lt\. Gov)"
    r"(?=\.? [^\W\d_a-z])"
)
# No name ends in an article or a preposition: ``Coordination nationale d’un``.
_DANGLING = re.compile(
    r"(?<=\w) (?:(?:[dl]['’])?(?:une?|la|les?|de|du|des|au|aux|et|en)"
    r"|of|the|and|for|at|by|to|from|an|und|der|die|das|dem|den|von|vom|zu|im|am"
    r"|y|el|los|las|del|da|do|dos|di|della|dei|e|van|het|een|og|av|af|til|fra|och|med"
    r"|w|z|i|na|od|we|ze|v|u|k|za|se|și|din|dan|ve|и|в|на|с|із|та|і|й|και|του|της)$"
)
_SHORTEST_JOINED = 3
_ARTICLE = re.compile(r"(?:the|le|la|les|der|die|das|el|los|las|il|lo|gli|het) |l['’]")
_INITIAL = re.compile(r"(?:[^\W\d_]|[IVX]+)\.")
# Offices and ways of address that Chinese and Japanese write as one with the name before.
_ADDRESS = re.compile(
    r"(?:副|前|元)?(?:大統領|首相|外相|国防相|総書記|議員|監督|選手|社長|会長|知事|市長|教授|委員長"
    r"|总统|总理|主席|部长|省长|总书记|董事长)|氏|さん|先生|女士"
)
_OFFICE_BEHIND = re.compile(f"(?:{_ADDRESS.pattern})$")
_PAIRS = {")": "(", "]": "[", "»": "«", "”": "“„”", "“": "„", '"': '"'}
"""What opens a bracket or a quotation, by what closes it."""


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
    common = _COMMON.search(text, start, end)
    if common and known.get((start, common.start())) is Kind.NAME:
        end = common.start()
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


def without_tail(text: str, start: int, end: int, kind: EntityType) -> int:
    """Return where a name ends without the office or the preposition behind it.

    Args:
      text: The text.
      start: Where the name starts.
      end: Where it ends.
      kind: What it names; people have particles, and works whole sentences.
    """
    if kind not in {EntityType.ORG, EntityType.LOC}:
        return end
    office = _OFFICE_AFTER.search(text, start, end + _SHORTEST_JOINED)
    if office and office.end() == end:
        return office.start()
    dangling = _DANGLING.search(text, start, end)
    if dangling:
        return dangling.start()
    return end


def without_address(text: str, start: int, end: int) -> int:
    """Return where a person's name ends without the office behind it: ``李外相``.

    Args:
      text: The text.
      start: Where the name starts.
      end: Where it ends.
    """
    office = _OFFICE_BEHIND.search(text, start + 1, end)
    return office.start() if office else end


def with_quote(text: str, start: int, end: int) -> int:
    """Return where a name ends with the quotation that it opens: ``ФК "Гартс"``."""
    closing = text[end : end + 1]
    opening = _PAIRS.get(closing, "")
    begun = sum(text.count(mark, start, end) for mark in opening)
    if closing in opening:
        return end + begun % 2
    is_open = begun > text.count(closing, start, end)
    return end + 1 if is_open else end


def is_addressed(text: str, end: int) -> bool:
    """Return whether an office follows a name, as one word with it: ``江主席``."""
    return _ADDRESS.match(text, end) is not None


def closes(text: str, start: int, end: int) -> bool:
    """Return whether the span ends in what it opens itself: a bracket, a quotation."""
    opening = _PAIRS.get(text[end - 1], "")
    return any(mark in text[start : end - 1] for mark in opening)


def opens(text: str, start: int, end: int) -> bool:
    """Return whether the span begins with a quotation that ends within: ``"U" Cluj``."""
    return any(
        text[start] in opening and closing in text[start + 1 : end - 1]
        for closing, opening in _PAIRS.items()
        if closing not in ")]"
    )


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


def parts(
    text: str,
    start: int,
    end: int,
    kind: EntityType,
    places: Mapping[tuple[int, int], Match],
    joins: Collection[str],
) -> list[tuple[int, int]]:
    """Return a place and what it lies in as two, and two joined places.

    They are ``Albuquerque, N.M.``, ``USA-Kína`` and ``Syria or Libya``.

    Args:
      text: The text.
      start: Where the place starts.
      end: Where it ends.
      kind: What it names; only places are parted.
      places: The places that the gazetteer knows, by start and end.
      joins: What stands between two names of the language.
    """
    if kind is not EntityType.LOC:
        return [(start, end)]
    comma = text.find(", ", start, end)
    if comma > start and text[comma + 2 : comma + 3].isupper():
        return [(start, comma), (comma + 2, end)]
    space = (" ",) if text[start].lower() == text[start].upper() else ()
    for join in ("-", "–", "/", *space, *joins):
        place = text.find(join, start, end)
        pair = (start, place), (place + len(join), end)
        first, second = map(places.get, pair)
        if first and second and first.codes != second.codes:
            return list(pair)
    return [(start, end)]


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
    is_alone = (start, end) not in known and text[end : end + 1] == " "
    if kind is EntityType.LOC and is_alone:
        whole = [
            last
            for (first, last), what in known.items()
            if first == start and last > end and what is not Kind.DEMONYM
        ]
        # Between two countries' names there is no adjective.
        adjectives = [
            last
            for (first, last), what in known.items()
            if first in {start, end + 1} and last > end and what is Kind.DEMONYM
        ]
        if whole:
            end = max(whole)
        elif adjectives and text[end + 1].islower():
            end = max(adjectives)
    return start, end
