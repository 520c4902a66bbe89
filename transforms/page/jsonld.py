"""JSON-LD: what a page's scripts say in schema.org's terms, and what is about the page.

A page may describe its story, the stories that it links to, its comments and its
publisher, in one script or in several.  Facts are only
taken from the node of the page's own story: the one that names its address or headline.
"""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from lxml.html import HtmlElement

from transforms.text.calendars import unaccented
from transforms.urls import canonical, is_home, resolve

Node: TypeAlias = dict[str, Any]

# A page has a handful of JSON-LD blocks; a graph of hundreds is no news article's.
_MAX_NODES = 500
# What keeps old browsers and XML parsers from reading a script.
_WRAPPERS = ("//", "/*", "*/", "<![CDATA[", "]]>", "<!--", "-->", ";", "\ufeff")
_MOST_WRAPPERS = 4
# A string, or a comma with nothing behind it: strings are passed over whole.
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*\\?(?:"|\Z))|,(?=\s*[}\]])', re.DOTALL)
_WRONG_ESCAPE = re.compile(r'(\\["\\/bfnrtu])|\\')
_SALVAGED = (
    *("@type", "@id", "url", "headline", "datePublished", "dateModified"),
    "mainEntityOfPage",
)
_SALVAGE = re.compile(
    rf'"({"|".join(_SALVAGED)})"\s*:\s*"((?:[^"\\\n]|\\.){{1,500}})"(?=\s*(?:[,}}]|\Z))'
)
_LISTS = ("@graph", "mainEntity", "mainEntityOfPage")
_PAGES = frozenset({"WebPage", "ItemPage", "Webpage", "webpage", "WebSite"})
_RECORDINGS = frozenset({"VideoObject", "AudioObject", "PodcastEpisode"})

_MAX_HEADLINE = 1_000
# Words of one letter and two are in every headline.
_TELLING = 3
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]"
    r"|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]+"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Signs:
    """What a page is recognised by.

    Attributes:
      urls: Its addresses, as :func:`transforms.urls.canonical` writes them.
      headlines: What it calls itself: title, ``og:title``, headings.
      base: An address to resolve relative ones against.
    """

    urls: frozenset[str] = frozenset()
    headlines: tuple[str, ...] = ()
    base: str | None = None


def read_json_ld(tree: HtmlElement) -> list[Node]:
    """Return the nodes of a page's scripts, those of lists and graphs one by one.

    What is nested in other properties (comments, updates of a live blog, items of a
    list) stays inside its node.
    """
    found: list[Node] = []
    for script in tree.iter("script"):
        kind = (script.get("type") or "").strip().lower()
        if kind.startswith("application/ld+json"):
            for value in _values(script.text or ""):
                found.extend(_nodes(value))
    return found[:_MAX_NODES]


def own_article(nodes: Iterable[Node], signs: Signs) -> Node:
    """Return the node of the page's own story, empty where there is none.

    Two nodes that both name the page complete each other.  Where no node of a story is
    the page's, one of the page itself is taken.
    """
    nodes = list(nodes)
    stories = [node for node in nodes if is_story(node)]
    own = _best(stories, signs)
    pages = [node for node in nodes if _PAGES & kinds_of(node)]
    page = _best([node for node in pages if "WebSite" not in kinds_of(node)], signs)
    if not own and not stories:
        own = _recording(nodes, signs)
    if own or not stories:
        return {**page, **own}
    # A page whose only stories are others' may still date itself.
    return page if page and _by_url(page, signs) > 0 else {}


def _recording(nodes: list[Node], signs: Signs) -> Node:
    """Return the day of the recording that a page without a story of its own shows."""
    named = [
        node
        for node in nodes
        if _RECORDINGS & kinds_of(node) and _by_headline(node, signs) > 0
    ]
    days = {str(node.get("uploadDate")) for node in named}
    return {"uploadDate": named[0].get("uploadDate")} if len(days) == 1 else {}


def _best(nodes: list[Node], signs: Signs) -> Node:
    scored = [(score, node) for node in nodes if (score := _score(node, signs)) >= 0]
    if not scored:
        return {}
    highest = max(score for score, _ in scored)
    best = [node for score, node in scored if score == highest]
    if highest <= 0:
        return best[0]
    others = [node for score, node in scored if score > 0 and node not in best]
    merged: Node = {}
    for node in reversed([*best, *others]):
        merged.update(node)
    return merged


def _score(node: Node, signs: Signs) -> int:
    """Score what a node says about itself: below 0 it belongs to another page."""
    by_url, by_headline = _by_url(node, signs), _by_headline(node, signs)
    if by_url < 0 and by_headline <= 0:
        return -1
    if by_headline < 0 and by_url <= 0:
        return -1
    return 2 * by_url + 2 * by_headline + bool(node.get("datePublished"))


def _by_url(node: Node, signs: Signs) -> int:
    """Return 1 for the page's address, -1 for another article's, 0 for neither."""
    addresses = {
        address
        for key in ("mainEntityOfPage", "url", "@id")
        for value in as_list(node.get(key))
        if (address := _address(value, signs.base))
    }
    if not addresses or not signs.urls:
        return 0
    return 1 if addresses & signs.urls else -1


def _address(value: Any, base: str | None) -> str | None:
    """Return the identity of an article's address, None for anything else."""
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    if not isinstance(value, str) or value.startswith("#"):
        return None
    url = resolve(base, value)
    # Careless templates give their home page.
    return None if url is None or is_home(url) else canonical(url)


def _by_headline(node: Node, signs: Signs) -> int:
    headline = headline_of(node)
    if not headline or not signs.headlines:
        return 0
    return likeness(headline, signs.headlines)


# Shares of the words that a headline and the shorter of another have in common.
_SAME = 0.5
_OTHER = 0.2


def likeness(headline: str, others: Iterable[str]) -> int:
    """Return 1 if ``headline`` is one of ``others``, -1 if it is not, 0 if unclear.

    Headlines are rewritten for search engines and for the front page.  Two that share
    half of their words count as one; two that share nearly none are different.
    """
    words = _words(headline)
    shares = [
        len(words & other) / min(len(words), len(other))
        for text in others
        if words and (other := _words(text))
    ]
    highest = max(shares, default=0.0)
    if not shares or _OTHER <= highest < _SAME:
        return 0
    return 1 if highest >= _SAME else -1


def shared_words(headline: str, others: Iterable[str]) -> int:
    """Return how many words ``headline`` has in common with the nearest of ``others``."""
    words = _words(headline)
    return max((len(words & _words(text)) for text in others), default=0)


def _words(text: str) -> set[str]:
    words = _WORD.findall(unaccented(text))
    telling = {word for word in words if len(word) >= _TELLING or not word.isascii()}
    return telling or set(words)


def headline_of(node: Node) -> str | None:
    """Return a node's headline, on one line."""
    for key in ("headline", "name", "alternativeHeadline"):
        value = first(node.get(key))
        if isinstance(value, str) and value.strip():
            return " ".join(html.unescape(value[:_MAX_HEADLINE]).split())
    return None


def is_story(node: Node) -> bool:
    """Return whether a node is an article of any kind."""
    return any(
        kind.endswith(("Article", "BlogPosting")) or kind in {"Report", "Recipe"}
        for kind in kinds_of(node)
    )


def is_live(node: Node) -> bool:
    """Return whether a node is a live blog."""
    return "LiveBlogPosting" in kinds_of(node)


def kinds_of(node: Node) -> set[str]:
    """Return the types of a node, without their vocabulary."""
    return {str(kind).rpartition("/")[2] for kind in as_list(node.get("@type"))}


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first(value: Any) -> Any:
    """Return the first of a list, and anything else as it is."""
    return value[0] if isinstance(value, list) and value else value


def by_id(nodes: Iterable[Node]) -> dict[str, Node]:
    """Return the nodes that others may refer to, by ``@id``."""
    return {
        node["@id"]: node
        for node in nodes
        if isinstance(node.get("@id"), str) and len(node) > 1
    }


def _nodes(value: Any) -> Iterator[Node]:
    pending = [value]
    for _ in range(_MAX_NODES):
        if not pending:
            return
        node = pending.pop(0)
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            yield node
            pending.extend(
                node[key] for key in _LISTS if isinstance(node.get(key), (dict, list))
            )


def _values(script: str) -> Iterator[Any]:
    """Yield the values of a script, with common mistakes of publishers repaired."""
    text = _unwrapped(script)
    if not text:
        return
    for attempt in (text, _repaired(text)):
        try:
            yield json.loads(attempt, strict=False)
        except RecursionError:
            return
        except ValueError as error:
            # Several values that follow each other.
            if "Extra data" in str(error):
                yield from _one_by_one(attempt)
                return
        else:
            return
    if node := _salvaged(text):
        yield node


def _unwrapped(script: str) -> str:
    text = script.strip()
    for _ in range(_MOST_WRAPPERS):
        for wrapper in _WRAPPERS:
            text = text.removeprefix(wrapper).removesuffix(wrapper).strip()
    return text


def _one_by_one(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(strict=False)
    end = 0
    while end < len(text):
        try:
            value, end = decoder.raw_decode(text, end)
        except (ValueError, RecursionError):
            return
        yield value
        while end < len(text) and (text[end].isspace() or text[end] in ",;"):
            end += 1


def _repaired(text: str) -> str:
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    text = _WRONG_ESCAPE.sub(lambda escape: escape[1] or "", text)
    return _TRAILING_COMMA.sub(lambda found: found[1] or "", text)


def _salvaged(text: str) -> Node | None:
    """Return what can be read of a script that is not JSON: only what it says once."""
    pairs = _SALVAGE.findall(text)
    names = [name for name, _ in pairs]
    node = {
        name: value.replace("\\/", "/").replace('\\"', '"')
        for name, value in pairs
        if names.count(name) == 1 or name == "@type"
    }
    types = [value for name, value in pairs if name == "@type"]
    stories = [kind for kind in types if is_story({"@type": kind})]
    if len(stories) != 1 or "datePublished" not in node:
        return None
    return {**node, "@type": stories[0]}
