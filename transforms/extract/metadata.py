"""What a page says about itself: every column but the text.

JSON-LD, ``meta`` elements and visible lines of the page are read here.  A module for each
column chooses among them: :mod:`transforms.extract.titles`, :mod:`transforms.signing.people`,
:mod:`transforms.extract.published`, :mod:`transforms.page.publication`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from transforms.extract.published import (
    Declaration,
    credible,
    declared_by_page,
    modified_by_page,
)
from transforms.extract.titles import Headlines, choose_title
from transforms.page import jsonld
from transforms.page.jsonld import Node, Signs, as_list
from transforms.page.landmarks import Landmarks, survey
from transforms.page.publication import site_names, source_name
from transforms.signing.agencies import credited_agency
from transforms.signing.people import Byline, clean_authors, is_byline_label
from transforms.text.calendars import day_comes_first, unaccented
from transforms.text.strings import one_line
from transforms.urls import canonical, domain, is_home, resolve

_SECTION = ("article:section", "og:article:section", "parsely-section", "section")
_DESCRIPTION = (
    "og:description description twitter:description dc.description dcterms.description"
    " sailthru.description"
).split()
_IMAGE = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "image")
_TAGS = "article:tag keywords news_keywords parsely-tags citation_keywords".split()
_AUTHOR = (
    *("author", "article:author", "parsely-author", "sailthru.author", "byl"),
    "authors",
    *("dc.creator", "dcterms.creator", "dcterms.creator.aut", "citation_author"),
    *("rbauthors", "cxenseparse:author", "og:author", "og:article:author", "creator"),
    "shareaholic:article_author_name",
)
_MAX_TAGS = 50
_MAX_TAG = 80


@dataclasses.dataclass(frozen=True, slots=True)
class PageMetadata:
    """Declared by the page; None where it declares nothing that can be read.

    ``captions`` are the texts under its pictures, which credit only the pictures.
    ``headings`` is what it calls itself, to decide whose page it is.  ``body`` is the
    text of the article where a script declares it.
    """

    url: str | None = None
    title: str | None = None
    headings: tuple[str, ...] = ()
    description: str | None = None
    section: str | None = None
    image_url: str | None = None
    source_name: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    tags: tuple[str, ...] = ()
    published: Declaration | None = None
    modified_at: dt.datetime | None = None
    is_truncated: bool | None = None
    captions: frozenset[str] = frozenset()
    body: str | None = None


def page_metadata(
    tree: HtmlElement, url: str | None, fetched_at: dt.datetime
) -> PageMetadata:
    """Return what ``tree`` declares.

    Args:
      tree: The parsed page.
      url: Its address, where that is known.
      fetched_at: When it was fetched: nothing is published long after that.
    """
    meta = _meta(tree)
    nodes = jsonld.read_json_ld(tree)
    own_urls = tuple(_own_urls(tree, meta, url))
    page_url = next((own for own in own_urls if not is_home(own)), None)
    element = " ".join((tree.findtext(".//title") or "").split())
    open_graph = _value(meta, ("og:title", "twitter:title", "dc.title"))
    in_head = [
        *map(jsonld.headline_of, filter(jsonld.is_story, nodes)),
        open_graph,
        element,
    ]
    marks = survey(tree, [text for text in in_head if text])
    titles = [text for text in (open_graph, element, *marks.headings) if text]
    article = jsonld.own_article(nodes, _signs(own_urls, titles, url))
    names = site_names(nodes, article, meta)
    title = choose_title(
        Headlines(
            json_ld=jsonld.headline_of(article) if jsonld.is_story(article) else None,
            open_graph=open_graph,
            headings=marks.headings,
            element=element,
            is_live=jsonld.is_live(article),
        ),
        names,
        url or page_url,
    )
    day_first = day_comes_first(_language(tree))
    signed = _signed(article, nodes, meta, marks, (*names, *_hosts(url or page_url)))
    return PageMetadata(
        url=page_url,
        title=title.text,
        headings=tuple(titles),
        description=_value(meta, _DESCRIPTION) or _text(article.get("description")),
        section=_section(
            _value(meta, _SECTION)
            or _text(article.get("articleSection"))
            or next(iter(_linked(tree, "category")), None)
        ),
        image_url=resolve(
            url or page_url, _value(meta, _IMAGE) or _image(article.get("image"))
        ),
        source_name=source_name(names, title.cut),
        authors=signed.authors,
        agency=signed.agency,
        tags=_tags(meta, article) or _linked(tree, "tag"),
        published=credible(
            declared_by_page(
                article,
                meta,
                marks,
                filter(None, (url, page_url)),
                titles=filter(None, (open_graph, element)),
                day_first=day_first,
            ),
            fetched_at,
        ),
        modified_at=modified_by_page(article, meta, marks, day_first=day_first),
        is_truncated=_is_truncated(article),
        captions=marks.captions,
        body=_body(article),
    )


def _body(node: Node) -> str | None:
    """Return the text of an article as it declares it: one string or several."""
    parts = jsonld.as_list(node.get("articleBody"))
    return "\n\n".join(part for part in parts if isinstance(part, str)) or None


def _signs(urls: Iterable[str], titles: Iterable[str], base: str | None) -> Signs:
    identities = (canonical(url) for url in urls)
    known = frozenset(identity for identity in identities if identity)
    if base and (identity := canonical(base)):
        known |= {identity}
    return Signs(known, tuple(titles), base)


def _hosts(url: str | None) -> tuple[str, ...]:
    """Return the names that an address gives its site: ``harbour.example``, ``harbour``."""
    host = domain(url) if url else None
    return (host, host.partition(".")[0]) if host else ()


_MOST_LINKS = 5


def _own_urls(
    tree: HtmlElement, meta: dict[str, str], url: str | None
) -> Iterator[str]:
    """Yield the addresses that a page gives itself, the canonical one first."""
    base = url
    element = tree.find(".//base")
    if element is not None and element.get("href"):
        base = resolve(url, element.get("href")) or url
    links = (
        link.get("href")
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    )
    for link in (
        *itertools.islice(links, _MOST_LINKS),
        meta.get("og:url"),
        meta.get("twitter:url"),
    ):
        resolved = resolve(base or meta.get("og:url"), link)
        if resolved:
            yield resolved


def _language(tree: HtmlElement) -> str:
    root = tree if tree.tag == "html" else tree.getroottree().getroot()
    return (
        root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    )


def _signed(
    article: Node,
    nodes: list[Node],
    meta: dict[str, str],
    marks: Landmarks,
    houses: tuple[str, ...],
) -> Byline:
    """Return who signed, by JSON-LD first, then ``meta``, then the page itself.

    The line on the page may name more people than the fields of its template hold.
    """
    people, organisations = _of_json_ld(article, nodes)
    lines = [line for line in marks.signing if line not in marks.captions]
    declared = clean_authors(people, houses, single=True)
    in_head = clean_authors(_in_head(meta), houses)
    visible = [clean_authors([line], houses) for line in lines]
    authors = declared.authors or in_head.authors
    if authors:
        fuller = (
            one.authors
            for one in (in_head, *visible)
            if len(authors) < len(one.authors) <= _MOST_AUTHORS
            and {unaccented(name) for name in authors}
            < {unaccented(name) for name in one.authors}
        )
        authors = next(fuller, authors)
    else:
        authors = _briefest([one.authors for one in visible if one.authors])
        # Who signs with a first name or a pen name is known by the link alone.
        authors = (
            authors or clean_authors(marks.linked[:1], houses, single=True).authors
        )
    agencies = (
        *map(credited_agency, organisations),
        declared.agency,
        in_head.agency,
        *(one.agency for one in visible),
    )
    return Byline(authors, next(filter(None, agencies), None))


_MOST_AUTHORS = 8


def _briefest(lines: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the people of the first line, as the shortest line writes them.

    One element may hold the name alone, the one around it the day as well.
    """
    if not lines:
        return ()
    alone = [line[0] for line in lines if len(line) == 1]
    return tuple(
        min((one for one in alone if name.startswith(f"{one} ")), key=len, default=name)
        for name in lines[0]
    )


def _in_head(meta: dict[str, str]) -> list[str]:
    """Return the authors that ``meta`` elements declare."""
    fields = [meta[name] for name in _AUTHOR if name in meta]
    fields.extend(
        meta.get(f"twitter:data{number}", "")
        for number in "12"
        if is_byline_label(meta.get(f"twitter:label{number}", ""))
    )
    return fields


def _of_json_ld(article: Node, nodes: list[Node]) -> tuple[list[str], list[str]]:
    """Return the people who wrote an article, and the houses that did."""
    known = jsonld.by_id(nodes)
    people: list[str] = []
    houses: list[str] = []
    pending = as_list(article.get("author")) or as_list(article.get("creator"))
    for value in pending:
        author = value
        if isinstance(author, dict) and set(author) <= {"@id", "@type"}:
            author = known.get(str(author.get("@id")), author)
        names = _names_of(author)
        kinds = jsonld.kinds_of(author) if isinstance(author, dict) else set()
        is_house = "Person" not in kinds and any("Organization" in k for k in kinds)
        (houses if is_house else people).extend(names)
    for key in ("sourceOrganization", "provider"):
        houses.extend(
            name for value in as_list(article.get(key)) for name in _names_of(value)
        )
    return people, houses


def _names_of(author: Any) -> list[str]:
    if isinstance(author, str):
        return [author]
    if not isinstance(author, dict):
        return []
    names = [name for name in as_list(author.get("name")) if isinstance(name, str)]
    if not any(name.strip() for name in names):
        parts = (author.get("givenName"), author.get("familyName"))
        names = [" ".join(part for part in parts if isinstance(part, str))]
    return [name for name in names if name.strip()]


def _tags(meta: dict[str, str], article: Node) -> tuple[str, ...]:
    said = [meta[name] for name in _TAGS if name in meta][:1]
    said += [
        value for value in as_list(article.get("keywords")) if isinstance(value, str)
    ]
    tags = (one_line(tag) for text in said for tag in re.split(r"\s*[,;]\s*", text))
    return _short(tags)


def _short(texts: Iterable[str | None]) -> tuple[str, ...]:
    kept = dict.fromkeys(text for text in texts if text and len(text) <= _MAX_TAG)
    return tuple(kept)[:_MAX_TAGS]


_MAX_SECTION = 60


def _section(text: str | None) -> str | None:
    """Return a section; of a long list of them the first."""
    if text is None or len(text) <= _MAX_SECTION:
        return text
    return re.split(r"\s*[,;|]\s*", text, maxsplit=1)[0] or None


def _linked(tree: HtmlElement, relation: str) -> tuple[str, ...]:
    """Return the texts of links that say they lead to a tag or category."""
    found = (
        one_line(link.text_content())
        for link in tree.iter("a")
        if relation in (link.get("rel") or "").split()
        and (relation != "tag" or "category" not in link.get("rel", ""))
    )
    return _short(found)


def _image(value: Any) -> str | None:
    image = jsonld.first(value)
    if isinstance(image, dict):
        image = jsonld.first(image.get("url") or image.get("contentUrl"))
    return image if isinstance(image, str) else None


def _text(value: Any) -> str | None:
    text = jsonld.first(value)
    return text if isinstance(text, str) and text.strip() else None


def _is_truncated(article: Node) -> bool | None:
    free = str(article.get("isAccessibleForFree", "")).lower().rsplit("/", 1)[-1]
    return {"false": True, "true": False}.get(free)


def _meta(tree: HtmlElement) -> dict[str, str]:
    """Return the ``meta`` elements by lower-case name; of equal names the first.

    Several ``article:tag`` and ``author`` elements are one list.
    """
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = (element.get("content") or "").strip()
        if not name or not content:
            continue
        name = name.strip().lower()
        before = found.get(name, "")
        if (
            before
            and name in _LISTS
            and len(before) < _MAX_LIST
            and content not in before
        ):
            found[name] = f"{before}{_LISTS[name]}{content}"
        found.setdefault(name, content)
    return found


_MAX_LIST = 2_000
_LISTS = {
    "article:tag": ", ",
    **dict.fromkeys(
        ("author", "article:author", "citation_author", "dc.creator"), "; "
    ),
}


def _value(meta: dict[str, str], names: Iterable[str]) -> str | None:
    return next((meta[name] for name in names if name in meta), None)
