"""News sitemaps: a publisher's articles of the last two days, listed for Google News.

The format is https://www.google.com/schemas/sitemap-news/0.9 on top of
https://www.sitemaps.org/protocol.html; plain sitemaps are read as well, their entries
having an address and perhaps a date of change.
"""

from __future__ import annotations

from transforms.listings import Entry, Feed
from transforms.parse.repair import Element, local_name
from transforms.text.dates import parse_date
from transforms.text.strings import one_line
from transforms.urls import resolve

# The elements whose parts speak of the article itself.
_ARTICLE = {"urlset", "url", "news", "publication"}


def read_sitemap(root: Element, url: str | None) -> Feed:
    """Return a sitemap as a feed.

    Args:
      root: Its ``urlset`` element.
      url: Where it was found.

    Returns:
      A feed whose title is the publication that the articles name, if it is one.
    """
    rows = [_values(element) for element in root if local_name(element) == "url"]
    names = {row["name"] for row in rows if "name" in row}
    return Feed(
        title=names.pop() if len(names) == 1 else None,
        entries=tuple(_entry(row, url) for row in rows),
    )


def _values(element: Element) -> dict[str, str]:
    """Return the text of everything below ``element``, by the path of local names.

    The first of two equal names counts; what stands inside an image or a video is its
    own, not the article's.
    """
    values: dict[str, str] = {}
    for below in element.iter():
        parent = below.getparent()
        inside = local_name(parent) if parent is not None else ""
        is_own = inside in _ARTICLE
        name = local_name(below) if is_own else f"{inside}:{local_name(below)}"
        text = one_line(below.text)
        if text:
            values.setdefault(name, text)
    return values


def _entry(values: dict[str, str], url: str | None) -> Entry:
    raw = values.get("publication_date")
    published = parse_date(raw)
    keywords = values.get("keywords", "").split(",")
    tags = dict.fromkeys(stripped for word in keywords if (stripped := word.strip()))
    return Entry(
        url=resolve(url, values.get("loc")),
        title=values.get("title"),
        tags=tuple(tags),
        published=published,
        published_raw=raw if published is None else None,
        updated=parse_date(values.get("lastmod")),
        image_url=resolve(url, values.get("image:loc")),
    )
