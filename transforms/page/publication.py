"""Whose page this is: the publication's name, from what the page says about itself.

Some pages give a legal form, an address line or a copyright notice instead of their name.
What is not a name is skipped, and the next source is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from transforms.page.jsonld import Node, as_list, kinds_of
from transforms.text.calendars import unaccented
from transforms.text.strings import one_line
from transforms.urls import domain

_META = ("og:site_name", "application-name", "apple-mobile-web-app-title")
_WEAK_META = ("dc.publisher", "dcterms.publisher", "publisher", "copyright")
_NOTICE = re.compile(
    r"©|\(c\)\s|\bcopyright\b|all rights|alle rechte|tous droits|\bhttps?:|@\w+\.\w|\d{4,}",
    re.IGNORECASE,
)
# Company forms, at the end of a name or before it.
_FORM = (
    r"GmbH(?:\s*&\s*Co\.?\s*(?:KG|OHG)(?:aA)?)?|mbH|AG(?:\s*&\s*Co\.?\s*KG)?|KG|OHG|e\.\s?V\."
    r"|SE|S\.?A\.?S?\.?|SARL|S\.?[Rr]\.?[Ll]\.?|S\.?[Pp]\.?[Aa]\.?|S\.?L\.?U?\.?|B\.?V\.?|N\.?V\.?"
    r"|Ltd\.?|Limited|Inc\.?|LLC|L\.L\.C\.|PLC|plc|Corp\.?|Co\.|Pty\.?|LTDA?\.?"
    r"|Sp\.\s?z\s?o\.\s?o\.|sp\.\s?j\.|s\.r\.o\.|a\.s\.|A\.Ş\.|Oyj?|ApS|A/S|AS|AB|d\.o\.o\.|Kft\.?|Zrt\.?"
)
_FORM_BEHIND = re.compile(rf"(?<![\s,])[\s,]+(?:{_FORM})$")
_FORM_BEFORE = re.compile(
    r"^(?:ООО|ОАО|ЗАО|ПАО|АО|АНО|ТОВ|ПП|PT\.?|株式会社|有限会社|一般社団法人)\s*[«\"“„]?|(?:株式会社|有限公司|주식회사)$"
)
# A street with its number, a postal code.
_ADDRESS = re.compile(
    r"\b\d{1,4}[a-z]?,|,\s*\d|\bstra(?:ss|ß)e\b|\bstreet\b", re.IGNORECASE
)
# "The Harbour | News from the quays"
_MOTTO = re.compile(r"(?<=\w{2})\s+[|–—:·•»-]+\s.*$|(?<=\w{2})｜.*$")
_MAX_NAME = 60
_MAX_WORDS = 8
_QUOTES = '«»"“”„ '


def site_names(
    nodes: Iterable[Node], article: Node, meta: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what a page calls its publication, the most trustworthy first.

    Args:
      nodes: All of the page's JSON-LD.
      article: The node of its own story.
      meta: Its ``meta`` elements by lower-case name.
    """
    found = [*_said(nodes, article, meta)]
    companies = [name for name in found if _FORM_BEHIND.search(name)]
    plain = [name for name in found if name not in companies]
    names = (tidy_name(name) for name in (*plain, *companies))
    return tuple(dict.fromkeys(name for name in names if name))


def _said(
    nodes: Iterable[Node], article: Node, meta: Mapping[str, str]
) -> Iterator[str]:
    declared: list[Any] = [meta.get(name) for name in _META[:1]]
    for key in ("publisher", "isPartOf", "sourceOrganization"):
        declared.extend(_named(value) for value in as_list(article.get(key)))
    nodes = list(nodes)
    for kind in ("WebSite", "NewsMediaOrganization"):
        declared.extend(node.get("name") for node in nodes if kind in kinds_of(node))
    declared.extend(meta.get(name) for name in (*_META[1:], *_WEAK_META))
    for value in declared:
        name = one_line(value) if isinstance(value, str) else None
        if name:
            yield name


def _named(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) else value


def tidy_name(name: str) -> str | None:
    """Return a publication's name without its legal form, None for what is no name."""
    name = _MOTTO.sub("", name.strip(_QUOTES + ",;|–—-·•:"))
    name = _FORM_BEFORE.sub("", _FORM_BEHIND.sub("", name)).strip(_QUOTES + ",;")
    is_name = (
        1 < len(name) <= _MAX_NAME
        and len(name.split()) <= _MAX_WORDS
        and any(character.isalpha() for character in name)
        and not _NOTICE.search(name)
        and not _ADDRESS.search(name)
        and name[0] != "@"
    )
    return name if is_name else None


def name_key(name: str) -> str:
    """Return what two spellings of a name have in common: letters and digits."""
    return "".join(character for character in unaccented(name) if character.isalnum())


# Shorter names are parts of too many others.
_SHORTEST_KEY = 2
_SHORTEST_PART = 4


def is_site_name(text: str, names: Iterable[str], url: str | None) -> bool:
    """Return whether ``text`` is a publication's name, or a part or extension of it.

    Args:
      text: The end or beginning of a title.
      names: What the page calls its publication.
      url: The page's address, whose domain is a name too.
    """
    key = name_key(text)
    if len(key) < _SHORTEST_KEY:
        return False
    host = (domain(url) or urlsplit(url).hostname) if url else None
    known = [name_key(name) for name in names]
    if host:
        host = host.removeprefix("www.")
        known += [name_key(host), name_key(host.partition(".")[0])]
    for other in known:
        if key == other:
            return True
        shorter, longer = sorted((key, other), key=len)
        if len(shorter) >= _SHORTEST_PART and longer.startswith(shorter):
            return True
    return False


_PUBLICATION_WORD = re.compile(
    r"\b(?:news|times|gazette|post|herald|journal|tribune|daily|weekly|magazine|radio|tv"
    r"|online|media|press|zeitung|nachrichten|anzeiger|kurier|bote|rundschau|blatt"
    r"|tagblatt|tageblatt|magazin|blog|presse|courrier|gazzetta|corriere|giornale|diario"
    r"|periódico|jornal|folha|noticias|dagblad|krant|avis|tidning|gazeta|dziennik|portal)\b"
    r"|\w(?:zeitung|nachrichten|anzeiger|blatt|kurier|magazin|news)\b"
    r"|\w\.(?:com|org|net|info|de|at|ch|fr|it|es|pl|ru|ua|uk|nl|be|se|no|dk|fi|br|pt|tv|eu)\b"
    r"|газета|новости|известия|新聞|新闻|日報|日报|뉴스|신문|일보|网$|網$",
    re.IGNORECASE,
)


def sounds_like_a_publication(text: str) -> bool:
    """Return whether the end of a title names a newspaper, a broadcaster or a site."""
    return bool(
        len(text.split()) <= _MAX_WORDS
        and _PUBLICATION_WORD.search(text)
        and not re.search(r"[?!:;]|\d{2}", text)
    )


def source_name(names: tuple[str, ...], cut: str | None) -> str | None:
    """Return the publication's name.

    Args:
      names: What the page calls it.
      cut: What was cut off its title for the publication's name.
    """
    if names:
        return names[0]
    return tidy_name(cut) if cut else None
