"""People: who wrote an article, among what author fields and bylines hold.

Besides people, fields name publishers, roles, desks, places, days and agencies.  They also
name several people at once, and people with the surname first.  Only people are returned,
with their full names in natural order.
"""

from __future__ import annotations

import dataclasses
import functools
import html
import re
from collections.abc import Iterable, Iterator

from babel import Locale

from transforms.page.publication import name_key, sounds_like_a_publication
from transforms.signing import bywords
from transforms.signing.agencies import AGENCY, WITH, agency_of, agency_of_all
from transforms.text.calendars import month_named, unaccented
from transforms.text.strings import one_line

_PREFIX = re.compile(
    rf"^(?:{bywords.BY_WORDS})(?:\s*[:：=]\s*|\s+)(?=\S)", re.IGNORECASE
)
# "Disko Von Ernst Lohoff": but Dita Von Teese is one person.
_SECTION_BEFORE = re.compile(
    r"^[^\W\d_]+\s+(?:Von|VON|By|BY|Par|PAR|Por|POR)\s+(?!(?:der|den|Der|Den)\b)"
    r"(?=[^\W\d_a-z][\w.'’-]*\s+[^\W\d_a-z])"
)
# A line of labels, each with a colon, among them the author's.
_LABELLED = re.compile(
    r"(?<!\w)(?:autor(?:in|en)?|authors?|auteure?|text|texto|texte|автор)\s*[:：]\s*([^:：]+?)"
    r"(?=\s+[^\W\d_]+\s?[:：]|$)",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?:^|\s)@\w+")
# "Posted on 2 March 2026 by", "Post author By"
_LEAD = re.compile(
    r"^(?:post author|posted|published|written|veröffentlicht|geschrieben|erstellt"
    r"|eingestellt|publié|publicado|pubblicato|gepost|skrevet|von|am|on)\b(?:[^a-z]|[a-z](?!y\b))"
    r"{0,60}?\b(?:by|von|par|por|da|door|av|af)\s+(?=\S)",
    re.IGNORECASE,
)
_CJK_PREFIX = re.compile(
    r"^(?:本报|本報|特约|特約|实习|實習|新华社|新華社)?"
    r"(?:记者|記者|作者|撰文|撰稿|编译|編譯|文字|文|執筆|取材・文|取材・執筆|取材|ライター|著者)"
    r"(?:\s*[:：/／・|｜＝=]\s*|\s+)"
)
_CJK_SUFFIX = re.compile(
    r"\s*(?:记者|記者|特约记者|编辑|編輯|記者撰|기자|특파원|논설위원|선임기자|さん|氏|編集部)$"
)
# In a field with these, what they announce is no writer.
_NO_WRITER = re.compile(
    r"^(?:photos?(?:graph(?:s|er|y|ies)?)?|fotos?|foto(?:graf\w*|grafie)?|bild(?:er)?|images?"
    r"|illustrations?|illustration(?:en)?|video|edited|editing|editor|redigiert|责任编辑"
    r"|责编|編集|编辑|фото|редактор|translated|übersetz\w+|tradu\w+|crédits?|credits?)"
    r"(?:\s+by|\s+von|\s+par)?(?:\s*[:：=]\s*|\s+)\S",
    re.IGNORECASE,
)

_SEPARATOR = re.compile(
    r"\s*[;/|·•、；／｜&＆\n]\s*|\s*\+\s*|\s+(?:et|[aA]nd|AND|[uU]nd|UND|y|e|i|og|och|en|ve|и|та|και|ja|dan"
    r"|và|és|și|şi|a)\s+(?=[^\W\d_a-z])|\s+[–—-]+\s+"
)
# José Ortega y Gasset is one person.
_SECOND_SURNAME = re.compile(
    r"([^\W\d_]+\s+[^\W\d_]+)\s+(y|i)\s+([^\W\d_]+)(?=\s*(?:$|[,;]))"
)
# A field that begins with a particle, not with "by": "von der Leyen, Ursula".
_SURNAME_FIRST = re.compile(
    r"(?:von der|van der|van den|van de|de la|von|van|de|di|da)\s+[^\W\d_a-z][\w'’-]*"
    r",\s*[^\W\d_a-z][\w'’-]*(?:\s+[^\W\d_a-z][\w'’.-]*)?$"
)
_COMMA = re.compile(r"\s*[,，]\s*")
_MAIL = re.compile(r"<?\b[\w.+-]+@[\w-]+\.[\w.-]+>?")
_IN_BRACKETS = re.compile(r"\s*[(\[（【]([^()\[\]（）【】]*)[)\]）】]\s*")
_TAGS = re.compile(r"<[^<>]{0,200}>")
_LINK = re.compile(
    r"https?:|www\.|^@|@\w|\.(?:com|org|net|de|fr|it|es|ru|at|ch|uk|jp|cn|pl|info|tv|eu|br|mx|ar|nl|be|se|no|dk|fi|in)\b",
    re.IGNORECASE,
)
# "Kate Connolly in Berlin", "Ann Lee for The Harbour Post": what follows is no name.
_PLACE = re.compile(
    r"\s+(?:in|aus|à|from|for|at|für|pour|fra|från|uit|vanuit|из|в|для|para|desde|em|via"
    r"|For (?=The)|in (?=the)|with|says?|said|writes?|reports?|schreibt|berichtet)\b.*$"
)
_UPDATED = re.compile(
    r"\s*(?:\b(?:updated|published|posted|aktualisiert|veröffentlicht|publié|mis à jour"
    r"|actualizado|publicado|pubblicato|on|am|le|el|il|stand)\b\s*:?\s*)?\b\d.*$",
    re.IGNORECASE,
)

_ROLE = re.compile(rf"(?<!\w)(?:{bywords.ROLES})(?!\w)", re.IGNORECASE)
_ROLE_AROUND = re.compile(
    r"^(?:(?:dal nostro inviato|unser korrespondent|our correspondent"
    r"|rechtsanwält\w*|rechtsanwalt|journalist(?:in|e)?|reporter(?:in)?|redakteur(?:in)?"
    r"|autor(?:in)?|gastautor(?:in)?|correspondent|contributor|columnist|editor|interview"
    r"|kolumne|professor|мария?|корреспондент|журналист|обозреватель|muhabir|wartawan|phóng viên"
    r"|über|about|à propos de|view all posts by|posts by|more by|alle beiträge von"
    r"|zum profil von)\s+)+",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
_CJK_NO_PERSON = re.compile(
    r"编辑部|編集部|新闻|新聞|日报|日報|网$|網$|社$|报$|報$|通讯|通信|记者|記者|部$|局$|뉴스|신문|일보|편집|팀$"
)
_CAPITALISED = re.compile(r"[^\W\d_]")
_NEVER_IN_NAMES = frozenset(":!?@#/=+*<>[]{}™®©")
_MAX_NAME = 60
_MAX_NAME_WORDS = 6
_MAX_FIELD = 300
_INVERTED_GIVEN = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Byline:
    """Who signed, and the agency credited."""

    authors: tuple[str, ...] = ()
    agency: str | None = None


def clean_authors(
    declared: Iterable[str], houses: Iterable[str] = (), *, single: bool = False
) -> Byline:
    """Return the people among ``declared``, each once; agencies go to the agency.

    Args:
      declared: Author fields, each with one name or several.
      houses: What the publication is called: no author of its own.
      single: A name of one word is a person too, as the source says that it is one.
    """
    keys = {key for house in houses if (key := name_key(house))}
    people: dict[str, str] = {}
    agency: str | None = None
    for field in declared:
        for part in _parts(field, keys):
            found = agency_of_all(part) or _trailing(part)[1]
            agency = agency or found
            name = _person(_trailing(part)[0], keys, single=single)
            if name:
                people.setdefault(unaccented(name), name)
    return Byline(tuple(people.values()), agency)


_TRAILING_AGENCY = re.compile(
    rf"(?:[\s,]+(?:(?:{WITH})\s+)?|[\s,]*[(/|–-]\s*)(?P<credit>{AGENCY})\)?$"
)


# "AP Auto Writer"
_AGENCY_ROLE = re.compile(
    rf"(?P<credit>{AGENCY})\s+(?:[^\W\d_a-z][\w'’]*\s+){{0,3}}"
    r"(?:Writers?|Reporters?|Correspondents?|Editors?|Staff|Journalists?|Redakteur(?:in)?)$"
)


def is_byline_label(text: str) -> bool:
    """Return whether ``text`` does nothing but announce an author: ``Written by``."""
    return _PREFIX.fullmatch(f"{text.strip()} ") is not None or bool(
        _PREFIX.match(f"{text.strip()} x") and len(text.split()) < 3  # noqa: PLR2004
    )


def _trailing(part: str) -> tuple[str, str | None]:
    """Split off an agency behind a name: ``Ruth Adler Associated Press``."""
    if agency := agency_of_all(part):
        return "", agency
    if found := _AGENCY_ROLE.match(part):
        return "", agency_of(found["credit"])
    found = _TRAILING_AGENCY.search(part)
    if found is None:
        return part, None
    return part[: found.start()], agency_of(found["credit"])


def _parts(field: str, houses: set[str]) -> Iterator[str]:
    """Yield what a field lists, without what introduces it."""
    plain = one_line(_HANDLE.sub(" ; ", _TAGS.sub(" ", html.unescape(field))))
    if not plain or len(plain) > _MAX_FIELD or plain.startswith(("http:", "https:")):
        return
    if not _SURNAME_FIRST.match(plain):
        plain = _without_prefix(_without_house(plain, houses))
    if not plain or _NO_WRITER.match(plain):
        return
    labelled = _LABELLED.search(plain)
    if labelled:
        plain = labelled[1]
    mails = _MAIL.findall(plain)
    if mails:
        # name@site (The Name), The Name <name@site>
        inside = _IN_BRACKETS.findall(plain)
        outside = _MAIL.sub("", _IN_BRACKETS.sub(" ", plain)).strip(" ,")
        plain = outside or next(iter(inside), "")
    for part in _SEPARATOR.split(_SECOND_SURNAME.sub(r"\1_\2_\3", plain)):
        if _NO_WRITER.match(part):
            continue
        whole = part.replace("_", " ").strip()
        is_surname = _SURNAME_FIRST.match(whole)
        yield from _by_commas(whole if is_surname else _without_prefix(whole))


_HOUSE_BEFORE = re.compile(
    r"^(\S+(?:\s\S+){0,3}?)\s+(?:by|von|par|por|di|door)\s+", re.IGNORECASE
)


def _without_house(text: str, houses: set[str]) -> str:
    """Drop the publication before a byline: ``Capital Von Jemima Kelly``."""
    found = _HOUSE_BEFORE.match(text)
    if found and name_key(found[1]) in houses:
        return text[found.end() :]
    return text


def _chinese_names(part: str) -> list[str]:
    words = part.split()
    are_names = all(
        2 <= len(word) <= 3 and word[0] in bywords.CHINESE_SURNAMES  # noqa: PLR2004
        for word in words
    )
    return words if len(words) > 1 and are_names else [part]


def _without_prefix(text: str) -> str:
    for _ in range(3):
        shorter = _CJK_PREFIX.sub(
            "", _ROLE_AROUND.sub("", _PREFIX.sub("", _LEAD.sub("", text)))
        )
        if shorter == text:
            break
        text = shorter
    return _SECTION_BEFORE.sub("", text).strip(" :,-–|")


def _by_commas(part: str) -> Iterator[str]:
    """Yield what stands between commas; a surname before its given names stays whole."""
    pieces = [piece for piece in _COMMA.split(part) if piece]
    if len(pieces) == 2 and _is_inverted(*pieces):  # noqa: PLR2004 - surname, given names
        yield f"{pieces[1]} {pieces[0]}"
        return
    has_whole_name = any(len(piece.split()) > 1 for piece in pieces)
    for piece in pieces:
        # Beside whole names a single word is a place, a house or a role.
        if (
            len(pieces) == 1
            or not has_whole_name
            or len(piece.split()) > 1
            or _CJK.search(piece)
            or agency_of_all(piece)
        ):
            yield from _chinese_names(_without_prefix(piece))


def _is_inverted(surname: str, given: str) -> bool:
    words, names = surname.split(), given.split()
    if agency_of_all(surname) or agency_of_all(given) or _CJK.search(surname):
        return False
    if any(_ROLE.search(text) for text in (surname, given)):
        return False
    is_surname = (
        len([word for word in words if word.casefold() not in bywords.PARTICLES]) == 1
    )
    return (
        is_surname
        and 1 <= len(names) <= _INVERTED_GIVEN
        and all(_is_name_word(word) for word in (*words, *names))
    )


def _person(text: str, houses: set[str], *, single: bool) -> str | None:
    """Return the person that ``text`` names, None for anything else."""
    name = _IN_BRACKETS.sub(" ", _CJK_SUFFIX.sub("", text)).strip()
    undated = _UPDATED.sub("", _PLACE.sub("", name))
    name = _without_days(undated, is_dated=undated != name)
    name = " ".join(name.split()).strip(" .,:;()-–—|*\"“”'")
    if ":" not in name:
        name = _SENTENCE_BEHIND.sub("", name)
    name = _without_house_behind(name, houses)
    if _is_house(name, houses) or not _could_be_name(name):
        return None
    if _CJK.search(name):
        return None if _CJK_NO_PERSON.search(name) else name
    words = name.split()
    if not all(_is_name_word(word) for word in words):
        return None
    if len(words) == 1 and not (single and name[0].isupper() and not name.isupper()):
        return None
    return _in_natural_case(name)


# "Ann Lee. Harbour Radio": but "Prof. Ann Lee" and "J. R. Lee" go on.
_SENTENCE_BEHIND = re.compile(
    r"(?<=[^\W\d_]{5})\.\s.*$|(?<=\s[^\W\d_a-z][^\W\d_]{2})\.\s.*$"
)
_SHORTEST_HOUSE = 5


def _is_house(name: str, houses: set[str]) -> bool:
    """Return whether a name is the publication's, or the beginning of its longer one."""
    key = name_key(name)
    return key in houses or (
        len(key) >= _SHORTEST_HOUSE
        and (len(name.split()) == 1 or _CJK.search(name) is not None)
        and any(key in house for house in houses)
    )


def _without_house_behind(name: str, houses: set[str]) -> str:
    """Drop the publication behind a name, and an agency before a month."""
    words = name.split()
    for start in range(2, len(words)):
        if name_key(" ".join(words[start:])) in houses:
            return " ".join(words[:start])
    is_dated = len(words) == 2 and month_named(unaccented(words[1])) is not None  # noqa: PLR2004
    return "" if is_dated and agency_of_all(words[0]) else name


def _could_be_name(name: str) -> bool:
    return (
        1 < len(name) <= _MAX_NAME
        and any(c.isalpha() for c in name)
        and not any(c.isdecimal() or c in _NEVER_IN_NAMES for c in name)
        and not _LINK.search(name)
        and not _ROLE.search(name)
        and not bywords.LABEL.search(name)
        and not name.endswith((" AG", " SE", " KG"))
        and not sounds_like_a_publication(name)
        and len(name.split()) <= _MAX_NAME_WORDS
    )


def _is_name_word(word: str) -> bool:
    """Return whether a word can be part of a name: capitalised, a particle, or uncased."""
    if word.casefold() in bywords.PARTICLES or word == "&":
        return True
    first = _CAPITALISED.search(word)
    return first is not None and not (
        first[0].islower()
        and word[:2].casefold() not in {"d'", "l'", "d’", "l’", "o'", "o’"}
    )


def _without_days(name: str, *, is_dated: bool) -> str:
    """Drop a weekday at the end (``Malcolm Owen Monday``), and the month of a date."""
    words = name.split()
    while len(words) > 2:  # noqa: PLR2004 - a name has two
        last = unaccented(words[-1]).rstrip(",.")
        is_weekday = last in _weekdays() and (is_dated or len(last) > _ABBREVIATED)
        if not is_weekday and not (is_dated and month_named(last)):
            break
        words.pop()
    return " ".join(words)


# Sun, Mo and Do are names as well.
_ABBREVIATED = 4


@functools.cache
def _weekdays() -> frozenset[str]:
    languages = "en de fr es it pt nl sv da nb fi pl cs ru uk tr hu ro id".split()
    return frozenset(
        unaccented(name).rstrip(".")
        for language in languages
        for width in ("wide", "abbreviated")
        for name in Locale.parse(language).days["format"][width].values()
    )


def _in_natural_case(name: str) -> str:
    """Write a name or surname in capitals as names are written: ``RUTH ADLER``."""
    words = name.split()
    if len(words) == 1:
        return name
    is_shouted = name.isupper()
    return " ".join(_spoken(word, is_shouted=is_shouted) for word in words)


_SHORTEST_SHOUT = 3
_PIECE = re.compile(r"[^\W\d_]+")


def _spoken(word: str, *, is_shouted: bool) -> str:
    if is_shouted and word.casefold() in bywords.PARTICLES:
        return word.casefold()
    letters = sum(c.isalpha() for c in word)
    if letters < _SHORTEST_SHOUT or not word.isupper() or "." in word:
        return word
    return _PIECE.sub(lambda piece: piece[0].capitalize(), word)
