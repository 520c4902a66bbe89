"""The markup of a feed, made safe and well-formed before anything interprets it.

Feeds come broken (stray ampersands, HTML entities, unclosed tags, undeclared prefixes)
and they come hostile.  libxml2 reads both in linear time and memory.  Its output is then
pruned of what costs feedparser 6.0 more than it is worth.  feedparser's time grows with
the square of the number of tags of an entry, of the number of namespaces, and of the
length of nested base URLs (20,000 categories took 6 s, 20,000 namespaces 21 s).
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

from transforms.errors import Unreadable
from transforms.vocabulary import Reason

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml names its type no better

MAX_ENTRIES = 2_000
"""Entries of one feed; the largest news sitemaps have 1,000 (Google's limit)."""

_MAX_MARKS = 500_000
"""Tags, attributes: 10 MB of dense HTML have 400,000; each costs some 150 bytes."""
_MAX_NAMESPACES = 100
"""Prefixes; rich podcast feeds declare about 15."""
_MAX_ATTRIBUTES = 100
"""Of one element; HTML and SVG use a few dozen at most."""
_MAX_LABELS = 2_000
"""Characters of all the tags of an entry."""
_MAX_BASES = 5_000
"""Characters of all relative ``xml:base`` attributes: nested, they add up."""

_MAX_SHORT = 8_192
"""Characters of a text or attribute that is neither headline nor body: a link, a date."""
_MAX_NAME = 2_000
"""Characters of a person's name; some lists of authors are one."""
_MAX_WORD = 200
"""Characters of a word of a name; feedparser's time grows with its square."""

_ITEMS = frozenset({"item", "entry", "url"})
_LABELS = frozenset({"category", "subject", "keywords", "tags", "hashtag"})
_PEOPLE = frozenset(
    {"author", "creator", "managingeditor", "webmaster", "contributor", "publisher"}
    | {"owner", "credit", "name", "email"}
)
# Elements that may have any length, with all that is inside.
_TEXTS = frozenset(
    {"title", "description", "summary", "subtitle", "content", "encoded", "body"}
    | {"fullitem", "tagline", "info", "abstract", "div", "text"}
)
# "ann@example.media (Ann)", "Ann <ann@example.media>": feedparser takes addresses out
# too, but knows no top-level domain of more than four letters.
_ADDRESS = re.compile(
    r"\s?[<(\[]?(?:mailto:)?[^\s@<>()\[\]]{1,64}@[^\s@<>()\[\]]{1,255}[>)\]]?"
    r"(?:\s*\((?P<name>[^()]{1,200})\)\s*$)?"
)
_PLACES = ("{http://www.opengis.net/gml", "{http://www.georss.org/georss")
_BASES = ("{http://www.w3.org/XML/1998/namespace}base", "base")
_ABSOLUTE = re.compile(r"\s*(?:https?:/)?/", re.IGNORECASE)
# Prefixes that feeds use without declaring them, and what they always stand for.
_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}

# XML 1.0, section 2.2: what no document may contain, not even escaped.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"<\?xml[^<>]*>\s*")
_DOCTYPE = re.compile(r"<!doctype", re.IGNORECASE)
_OPAQUE = r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
_AMPERSAND = re.compile(
    rf"{_OPAQUE}|&(?:#(?P<decimal>\d{{1,8}});|#[xX](?P<hex>[0-9a-fA-F]{{1,8}});"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?",
    re.DOTALL,
)
_STRAY_BRACKET = re.compile(rf"{_OPAQUE}|<(?![A-Za-z_/!?])", re.DOTALL)
_TEXT_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>title|description|content:encoded|summary|content)\b"
    r"(?P<rest>[^<>]*)>",
    re.IGNORECASE,
)
_NOT_ESCAPED = re.compile(r"(?!\s*<!\[CDATA\[)[^<]*<")
_ENTITY = re.compile(r"<!\s*ENTITY\b", re.IGNORECASE)
_NAMESPACE = re.compile(r"xmlns:([^\s=]{1,100})")
# Recovering, libxml2 2.14 loses the five entities that XML itself has, never numbers.
_AMP, _LT = "&#38;", "&#60;"


def read_markup(text: str) -> Element:
    """Return the tree of a feed, repaired where that is needed, and pruned.

    Args:
      text: The feed, decoded; its own encoding declaration is ignored.

    Returns:
      The root: no document type, comment or processing instruction, at most
      ``MAX_ENTRIES`` entries, no prefix without namespace.

    Raises:
      Unreadable: ``UNSUPPORTED`` where it declares entities (whose expansion may be
        arbitrarily large), ``TOO_LARGE`` for too much markup, ``MALFORMED`` for what is
        no markup at all.
    """
    text = _DECLARATION.sub("", text[max(text.find("<"), 0) :], count=1)
    text = _DOCTYPE.sub("<!DOCTYPE", text, count=1)
    if max(text.count("<"), text.count("=")) > _MAX_MARKS:
        raise Unreadable(Reason.TOO_LARGE, f"more than {_MAX_MARKS} tags or attributes")
    if len(set(_NAMESPACE.findall(text))) > _MAX_NAMESPACES:
        raise Unreadable(Reason.TOO_LARGE, f"more than {_MAX_NAMESPACES} namespaces")
    if _ENTITY.search(_AMPERSAND.sub("", text)):
        raise Unreadable(Reason.UNSUPPORTED, "it declares XML entities")
    text = _AMPERSAND.sub(_spelled_out, _ILLEGAL.sub("", text))
    root = _parsed(text)
    if root is None:
        raise Unreadable(Reason.MALFORMED, "not XML, and it could not be repaired")
    # Quotes in a document type can hide a declaration from the search above.
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and document_type.entities():
        raise Unreadable(Reason.UNSUPPORTED, "it declares XML entities")
    _prune(root)
    return root


def local_name(element: Element) -> str:
    """Return an element's name in lower case, without namespace or prefix."""
    name = element.tag if isinstance(element.tag, str) else ""
    return name.rpartition("}")[2].rpartition(":")[2].lower()


def _parsed(text: str) -> Element | None:
    try:
        return _tree(text, recover=False)
    except etree.XMLSyntaxError:
        pass
    # HTML that somebody forgot to escape is text, whatever its tags look like.
    text = _STRAY_BRACKET.sub(lambda match: match[0] if match[0][1:] else _LT, text)
    try:
        return _tree("".join(_with_escaped_html(text)), recover=True)
    except etree.XMLSyntaxError:
        return None


def _tree(text: str, *, recover: bool) -> Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: Element | None = etree.fromstring(text.encode(), parser)
    return root


def _with_escaped_html(text: str) -> Iterator[str]:
    """Yield ``text`` in pieces, markup inside the elements that hold HTML escaped."""
    done = 0
    opened: re.Match[str] | None = None
    for tag in _TEXT_TAG.finditer(text):
        if tag["rest"].endswith("/"):
            continue
        if not tag["end"]:
            if opened is None or opened["name"] == tag["name"]:
                opened = tag
        elif opened is not None and opened["name"] == tag["name"]:
            inside = text[opened.end() : tag.start()]
            if _NOT_ESCAPED.match(inside) and "xhtml" not in opened["rest"]:
                yield text[done : opened.end()]
                yield inside.replace("<", _LT)
                done = tag.start()
            opened = None
    yield text[done:]


def _spelled_out(match: re.Match[str]) -> str:
    """Write each ``&`` so that XML accepts it; CDATA and comments stay."""
    if not match[0].startswith("&"):
        return match[0]
    if name := match["name"]:
        characters = html.entities.html5.get(f"{name};")
        if characters is None:
            return f"{_AMP}{name};"
        return "".join(f"&#{ord(character)};" for character in characters)
    number = match["decimal"] or match["hex"]
    if number is None:
        return _AMP
    code = int(number, 10 if match["decimal"] else 16)
    if code > 0x10FFFF or _ILLEGAL.match(chr(code)):  # noqa: PLR2004 - Unicode's last
        return ""
    # XML knows no capital X.
    return f"&#{code};"


def _prune(root: Element) -> None:
    """Drop the entries, labels and bases beyond the limits; name every prefix."""
    entries = labels = bases = 0
    unwanted: list[Element] = []
    for element in root.iter(etree.Element):
        _name_prefixes(element)
        _limit_lengths(element)
        bases = _limit_bases(element, bases)
        name = local_name(element)
        if name in _ITEMS:
            entries += 1
            labels = 0
            if entries > MAX_ENTRIES:
                unwanted.append(element)
        elif name in _LABELS:
            labels += (
                len(element.text or "") + sum(map(len, element.attrib.values())) + 1
            )
            if labels > _MAX_LABELS:
                unwanted.append(element)
        elif name in _PEOPLE and element.text:
            element.text = _names(element.text)
        elif _says_nothing(element, name):
            unwanted.append(element)
    for element in unwanted:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _says_nothing(element: Element, name: str) -> bool:
    # Places are not used, and feedparser fails on some.
    is_place = str(element.tag).startswith(_PLACES)
    return is_place or (name == "link" and _is_empty_link(element))


def _is_empty_link(element: Element) -> bool:
    """Return whether a link is empty, and so hides the link in the guid.

    The attributes of a link with a text go: feedparser takes a ``uri`` for the address.
    """
    if (element.text or "").strip() and "href" not in element.attrib:
        element.attrib.clear()
        return False
    return not element.attrib


def _limit_bases(element: Element, length: int) -> int:
    """Drop bases that are too long; return ``length`` with that of relative ones."""
    for attribute in _BASES:
        base = element.get(attribute, "")
        if not _ABSOLUTE.match(base):
            length += len(base)
        if max(length, len(base)) > _MAX_BASES:
            element.attrib.pop(attribute, None)
    return length


def _limit_lengths(element: Element) -> None:
    """Drop what is too long to be a link, a date or a name.

    A body may have any length, so its elements have neither limit: feedparser does not
    look at their content, but looks at everything else again and again.
    """
    parent = element.getparent()
    if parent is not None and element.tail and local_name(parent) in _PEOPLE:
        element.tail = None
    long = [name for name, value in element.attrib.items() if len(value) > _MAX_SHORT]
    text, tail = len(element.text or ""), len(element.tail or "")
    if not (long or max(text, tail) > _MAX_SHORT):
        return
    if parent is not None and tail > _MAX_SHORT and not _is_text(parent):
        element.tail = None
    if _is_text(element):
        return
    if text > _MAX_SHORT:
        element.text = None
    for name in long:
        del element.attrib[name]


def _is_text(element: Element) -> bool:
    """Return whether an element is a headline or body, or stands in one."""
    if local_name(element) in _TEXTS:
        return True
    return any(local_name(above) in _TEXTS for above in element.iterancestors())


def _names(text: str) -> str:
    """Return the names of people without their addresses; nothing where it has none."""
    words = text[: 2 * _MAX_NAME].split()
    if len(text) > 2 * _MAX_NAME or any(len(word) > _MAX_WORD for word in words):
        return ""
    return _ADDRESS.sub(_person, " ".join(words))[:_MAX_NAME]


def _person(address: re.Match[str]) -> str:
    return address["name"] or ""


def _name_prefixes(element: Element) -> None:
    if len(element.attrib) > _MAX_ATTRIBUTES:
        element.attrib.clear()
    prefix, colon, name = str(element.tag).partition(":")
    if colon and "{" not in prefix:
        namespace = _PREFIXES.get(prefix.lower(), "urn:undeclared")
        element.tag = f"{{{namespace}}}{name.replace(':', '_')}"
    for attribute in [key for key in element.attrib if ":" in key and "{" not in key]:
        del element.attrib[attribute]
