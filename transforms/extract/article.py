"""Extract: documents in, articles out.

Pages go through trafilatura, feed fragments and plain text have no boilerplate to lose;
what any of them declares about the article, and what its byline says, fills the other
columns.  A page without an article is a reject, never a row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import trafilatura
from lxml.html import HtmlElement

from transforms.errors import Unreadable
from transforms.extract.body import page_text, tidy, with_standfirst
from transforms.extract.credit import origin_of
from transforms.extract.metadata import PageMetadata, page_metadata
from transforms.extract.options import ExtractOptions
from transforms.extract.published import TRUST, Declaration
from transforms.extract.trimming import trimmed
from transforms.fast.hasten import hasten
from transforms.fast.ids import drop_numbers
from transforms.origin import document_origin
from transforms.page.elsewhere import Arrival, not_the_story
from transforms.page.tree import page_tree
from transforms.page.walls import wall
from transforms.records import Article, Declared, Document, Reject
from transforms.redaction import redact
from transforms.signing.agencies import closing_agency, dateline_agency
from transforms.signing.byline import parse_byline
from transforms.signing.people import Byline, clean_authors
from transforms.sources import Sources
from transforms.text import charset, strings
from transforms.text.dates import plausible
from transforms.text.fragment import fragment_text
from transforms.urls import canonical, domain, normalize, resolve
from transforms.vocabulary import DateSource, Media, Reason, Stage
from transforms.web.reservations import HEADER, said, together
from transforms.work.steps import Note, Skip, rejected

EXTRACTOR = f"trafilatura/{trafilatura.__version__}"


class _Body(NamedTuple):
    """The text of a document and what its page says about it."""

    text: str
    extractor: str | None = None
    page: PageMetadata = PageMetadata()
    is_reserved: bool | None = None


NOTHING_KNOWN = Sources()


def extract(document: Document, options: ExtractOptions | None = None) -> Article:
    """Return the article that ``document`` holds, or its fallback.

    Raises:
      Unreadable: When neither holds one: no text, a consent wall, a challenge page, a
        login, another page than the story.
    """
    return extract_or_fall_back(document, options)[0]


def extract_or_fall_back(
    document: Document,
    options: ExtractOptions | None = None,
    sources: Sources = NOTHING_KNOWN,
) -> tuple[Article, Unreadable | None]:
    """Return the article of ``document`` or of its fallback, and why the fallback was used.

    Args:
      document: The document.
      options: How pages are extracted.
      sources: What is known of publications.

    Raises:
      Unreadable: When neither holds one.
    """
    try:
        return _extract(document, options, sources), None
    except Unreadable as error:
        if document.fallback is None:
            raise
        fallback = dataclasses.replace(
            document.fallback,
            # Its page, where one is kept, may hold more for a better extractor.
            raw=document.raw,
            declared=dataclasses.replace(
                document.fallback.declared, tdm_reserved=document.declared.tdm_reserved
            ),
            # The fallback for a page that could not be read is rarely the whole article.
            is_truncated=document.fallback.is_truncated is not False,
        )
        try:
            return _extract(fallback, options, sources), error
        except Unreadable:
            # What is wrong with the page says more than an empty summary.
            raise error from None


def _extract(
    document: Document, options: ExtractOptions | None, sources: Sources
) -> Article:
    """Return the article that ``document`` itself holds.

    Raises:
      Unreadable: When it holds none: no text, a consent wall, a challenge page.
    """
    if document.media is Media.HTML:
        body = _page(document, options or ExtractOptions())
    else:
        body = _plain(document)
    page = body.page
    text, signed = _without_byline(body.text, page.captions)
    if not text:
        raise Unreadable(Reason.NO_TEXT, "no article text in it")
    told = document.declared
    url, canonical_url = _urls(told.url, page.url)
    known = sources.find(canonical_url)
    source_name = strings.one_line(told.source_name or known.name or page.source_name)
    declared = clean_authors(told.authors, filter(None, [source_name]))
    agency = (
        declared.agency
        or signed.agency
        or dateline_agency(text)
        or closing_agency(_without_captions(text, page.captions))
        or page.agency
    )
    identity = canonical(canonical_url) if canonical_url else None
    fingerprint = strings.content_hash(text)
    published = _published(document, page)
    modified = told.modified_at or page.modified_at
    return Article(
        id=strings.digest(identity) if identity else _loose_id(told, fingerprint),
        text=text,
        content_hash=fingerprint,
        text_source=document.text_source,
        word_count=strings.word_count(text),
        fetched_at=document.fetched_at,
        url=url,
        canonical_url=canonical_url,
        domain=domain(canonical_url) if canonical_url else None,
        source_name=source_name,
        source_country=told.source_country or known.country,
        path=_shown_path(document.path) if document.path else None,
        feeds=told.feeds,
        title=strings.one_line(told.title or page.title),
        description=strings.one_line(
            fragment_text(told.description or "") or page.description
        ),
        section=strings.one_line(told.section or page.section),
        image_url=normalize(told.image_url or page.image_url or ""),
        authors=declared.authors or page.authors or signed.authors,
        tags=_lines(told.tags or page.tags),
        agency=agency,
        published_at=published.moment.at if published else None,
        published_precision=published.moment.precision if published else None,
        published_source=published.source if published else None,
        modified_at=(
            modified if modified and plausible(modified, document.fetched_at) else None
        ),
        is_truncated=(
            page.is_truncated
            if document.is_truncated is None
            else document.is_truncated
        ),
        raw=document.raw,
        extractor=body.extractor,
        listing=told.listing,
        tdm_reserved=together((told.tdm_reserved, body.is_reserved)),
        origin=origin_of(
            site=domain(canonical_url) if canonical_url else None,
            canonical_url=page.url,
            source=told.origin,
            publication=source_name,
            agency=agency,
            text=text,
        ),
    )


def _shown_path(path: str) -> str:
    """Return the path of a file; one in a store, by its URL, without secrets."""
    return strings.clean(redact(path) if "://" in path else path)


def _loose_id(told: Declared, fingerprint: str) -> str:
    """Return the id of an article without URL: its feed's, or a hash of its text."""
    return told.listing.article if told.listing else fingerprint


def _plain(document: Document) -> _Body:
    content = document.content
    if isinstance(content, bytes):
        content = charset.decode(content, document.charset)
    if document.media is Media.FRAGMENT:
        return _Body(fragment_text(content))
    return _Body(strings.paragraphs(strings.unwrapped(content)))


def _page(document: Document, options: ExtractOptions) -> _Body:
    content = document.content
    if isinstance(content, bytes):
        content = charset.decode(content, document.charset)
    tree = page_tree(content)
    if tree is None:
        raise Unreadable(Reason.MALFORMED, "not HTML")
    drop_numbers(tree)
    # Without user and password, which would be taken for the name of the site.
    url = resolve(None, document.declared.url)
    meta = page_metadata(tree, url, document.fetched_at)
    is_reserved = _reserved_by(tree)
    title = strings.one_line(meta.title or tree.findtext(".//title"))
    tidy(tree)
    text = page_text(
        tree, url, focus=options.favor, tables=options.tables, declared=meta.body
    )
    if text:
        headlines = [text for text in (title, *meta.headings) if text]
        text = with_standfirst(text, tree, headlines, meta.description)
        names = filter(None, (meta.source_name, meta.section))
        text = trimmed(text, headlines, names)
    words = strings.word_count(text)
    walled = wall(title, text or _all_text(tree), words, content)
    if walled is not None:
        raise Unreadable(walled, f"the page is not an article: {title or ''}")
    told = document.declared
    elsewhere = not_the_story(
        Arrival(told.link, url, meta.url, told.title, meta.headings, text, words), tree
    )
    if elsewhere is not None:
        raise Unreadable(elsewhere, f"the page is not the story: {title or ''}")
    if words < options.min_words:
        raise Unreadable(Reason.NO_TEXT, f"{words} words of text in the page")
    return _Body(text, EXTRACTOR, meta, is_reserved)


def _reserved_by(tree: HtmlElement) -> bool | None:
    """Return what the page itself says of the rights of text and data mining."""
    return together(
        said(meta.get("content"))
        for meta in tree.iter("meta")
        if str(meta.get("name", "")).strip().lower() == HEADER
    )


# Enough to recognise a wall by; a page without an article can be any size.
_WALL_CHARACTERS = 20_000


def _all_text(tree: HtmlElement) -> str:
    text = " ".join(
        tree.xpath("//body//text()[not(ancestor::script or ancestor::style)]")
    )
    return text[:_WALL_CHARACTERS]


def _without_captions(text: str, captions: frozenset[str]) -> str:
    blocks = text.split("\n\n")
    while blocks and blocks[-1] in captions:
        blocks.pop()
    return "\n\n".join(blocks)


# A credit stands at the end, sometimes above a copyright line; a signature may stand
# on top.
_LAST_PARAGRAPHS = 2


def _without_byline(text: str, captions: frozenset[str]) -> tuple[str, Byline]:
    """Return the text without the paragraphs that only sign it, and who signed.

    What stands under a picture signs the picture.
    """
    blocks = text.split("\n\n")
    authors: tuple[str, ...] = ()
    agency: str | None = None
    for position in (0, *(-1 for _ in range(_LAST_PARAGRAPHS))):
        if len(blocks) == 1 or blocks[position] in captions:
            continue
        byline = parse_byline(blocks[position])
        if byline is not None:
            authors = authors or byline.authors
            agency = agency or byline.agency
            blocks.pop(position)
    return "\n\n".join(blocks), Byline(authors, agency)


def _urls(told: str | None, page: str | None) -> tuple[str | None, str | None]:
    """Return the article's URL and canonical URL.

    A page's own canonical URL is believed within its site.  The single page of an
    application, whose routes are fragments, gives itself for every article.
    """
    url = normalize(told or "")
    own = normalize(page or "")
    if own and url and urlsplit(url).fragment and not urlsplit(own).fragment:
        own = None
    if own and url and domain(own) != domain(url):
        own = None
    return url or own, own or url


def _published(document: Document, page: PageMetadata) -> Declaration | None:
    """Return the first declared moment of publication that can be true."""
    told = document.declared
    source = told.published_source or DateSource.FILE
    declared = [Declaration(told.published, source)] if told.published else []
    own = [page.published] if page.published else []
    in_order = sorted((*declared, *own), key=lambda one: TRUST.index(one.source))
    return next(
        (one for one in in_order if plausible(one.moment.at, document.fetched_at)), None
    )


def _lines(values: tuple[str, ...]) -> tuple[str, ...]:
    lines = (strings.one_line(value) for value in values)
    return tuple(dict.fromkeys(line for line in lines if line))


def extractor(
    options: ExtractOptions, sources: Sources = NOTHING_KNOWN, *, respects: bool = False
) -> Callable[[Document], Iterator[Article | Reject | Skip]]:
    """Return what extracts documents, with trafilatura hastened.

    Args:
      options: How pages are extracted.
      sources: What is known of publications.
      respects: Reject fetched pages whose publisher reserves the rights of text and data
        mining.
    """
    hasten("trafilatura")

    def articles(document: Document) -> Iterator[Article | Reject | Skip]:
        try:
            article, problem = extract_or_fall_back(document, options, sources)
            if problem is not None:
                yield Note(f"kept-feed-text-{problem.reason}")
            if respects and document.path is None:
                _refuse_reserved(article)
            yield article
        except Unreadable as error:
            feed = next(iter(document.declared.feeds), None)
            yield rejected(Stage.EXTRACT, document_origin(document), error, feed)

    return articles


def _refuse_reserved(article: Article) -> None:
    if article.tdm_reserved:
        raise Unreadable(
            Reason.RIGHTS_RESERVED,
            "the publisher reserves the rights of text and data mining",
        )
