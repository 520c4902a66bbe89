"""Makes news pages to measure with: ``python -m tests.benchmarks.pages --count 2000 OUT``.

Every page has an article of its own under an address of its own, in one of the languages
of the gold texts, in one of five designs, and some of them are as badly made as on the
web: tags left open, a charset that is not the page's.  Sizes are those of a :class:`Scale`.
The same seed makes the same bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import random
from collections.abc import Iterator
from html import escape
from pathlib import Path

from . import furniture
from .sentences import Newsroom, newsrooms


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large pages are: log-normal, as on the web, and cut off at both ends.

    Attributes:
      smallest: Bytes of a page, at least.
      median: Half of the pages have more.
      largest: Bytes of a page, at most.
      spread: Of the logarithm.
      below: What fills a page up.
    """

    smallest: int
    median: int
    largest: int
    spread: float
    below: tuple[furniture.Piece, ...]


SMALL = Scale(5_000, 50_000, 300_000, 0.9, furniture.BELOW)
"""Pages of which much is text, so that a benchmark of thousands is soon over."""
LARGE = Scale(100_000, 300_000, 800_000, 0.5, furniture.BELOW_LARGE)
"""Pages as large as those of newspapers: 2,000 to 10,000 elements, and as much code."""
# Articles in a day of world news, by language; the others share what is left.
_SHARES = {"en": 35, "fr": 20, "de": 8, "es": 8, "ru": 6, "pt": 5, "it": 4, "zh": 3}
_OTHER_SHARE = 1
_CHARSETS = {"ru": "windows-1251", "pl": "iso-8859-2", "ja": "shift_jis"}
# A week of news: every day is a partition of the dataset.
_EPOCH = dt.datetime(2025, 6, 2, tzinfo=dt.UTC)
_MINUTES = 60 * 24 * 7


@dataclasses.dataclass(frozen=True)
class Page:
    """A page and what is known of it.

    Attributes:
      name: File name.
      url: What its canonical link says.
      language: BCP 47 subtag.
      title: Headline.
      author: Who signed it.
      published: The day, in UTC.
      body: The paragraphs.
      html: The page, in the charset that it was written in.
    """

    name: str
    url: str
    language: str
    title: str
    author: str
    published: dt.date
    body: tuple[str, ...]
    html: bytes


@dataclasses.dataclass(frozen=True)
class _Story:
    url: str
    language: str
    title: str
    lead: str
    author: str
    published: dt.datetime
    body: tuple[str, ...]


def pages(count: int, seed: int = 1, scale: Scale = SMALL) -> Iterator[Page]:
    """Yield ``count`` pages; the first ones are the same whatever the count."""
    for number in range(count):
        yield _page(number, random.Random(f"{seed}-{number}"), scale)


def write_pages(folder: Path, count: int, seed: int = 1, scale: Scale = SMALL) -> int:
    """Write ``count`` pages into ``folder`` and return how many bytes they have."""
    folder.mkdir(parents=True, exist_ok=True)
    return sum(
        (folder / page.name).write_bytes(page.html)
        for page in pages(count, seed, scale)
    )


def _page(number: int, chance: random.Random, scale: Scale) -> Page:
    rooms = newsrooms()
    shares = [_SHARES.get(language, _OTHER_SHARE) for language in rooms]
    newsroom = chance.choices(list(rooms.values()), shares)[0]
    story = _story(number, newsroom, chance)
    html = _design(story, newsroom, chance, scale)
    if chance.random() < 0.25:
        html = _break(html, chance)
    return Page(
        f"{number:06}.html",
        story.url,
        story.language,
        story.title,
        story.author,
        story.published.date(),
        story.body,
        _encode(html, story.language, chance),
    )


def _story(number: int, newsroom: Newsroom, chance: random.Random) -> _Story:
    site = f"www.{newsroom.language}-news{chance.randint(1, 40)}.example"
    published = _EPOCH + dt.timedelta(minutes=chance.randrange(_MINUTES))
    paragraphs = min(max(round(chance.lognormvariate(2.0, 0.6)), 3), 40)
    return _Story(
        url=f"https://{site}/{published:%Y/%m/%d}/{number:06}-story.html",
        language=newsroom.language,
        title=f"{newsroom.title(chance)} ({number})",
        lead=newsroom.sentence(chance),
        author=chance.choice(newsroom.people or ("A. N. Other",)),
        published=published,
        body=tuple(newsroom.paragraph(chance) for _ in range(paragraphs)),
    )


def _design(
    story: _Story, newsroom: Newsroom, chance: random.Random, scale: Scale
) -> str:
    """Lay the story out, and fill the page up until it is as large as it should be."""
    wanted = chance.lognormvariate(0, scale.spread) * scale.median
    size = min(max(wanted, scale.smallest), scale.largest)
    design = chance.choice((_modern, _modern, _blog, _itemised, _old, _plain))
    article = design(story, newsroom, chance)
    head = [_meta(story, chance), *(p(chance, newsroom) for p in furniture.IN_HEAD)]
    above = [piece(chance, newsroom) for piece in furniture.ABOVE]
    below = [furniture.footer(chance, newsroom)]
    if size <= 2 * SMALL.smallest:
        head, above = [head[0]], [furniture.navigation(chance, newsroom)]
    written = sum(len(part.encode()) for part in (article, *head, *above, *below))
    while written < size:
        part = chance.choice(scale.below)(chance, newsroom)
        below.insert(0, part)
        written += len(part.encode())
    return (
        f'<!DOCTYPE html>\n<html lang="{story.language}"><head>{"".join(head)}</head>\n'
        f'<body class="single">{"".join(above)}\n{article}\n{"".join(below)}</body></html>\n'
    )


def _meta(story: _Story, chance: random.Random) -> str:
    title, lead = escape(story.title), escape(story.lead)
    when = story.published.isoformat()
    lines = [
        '<meta charset="CHARSET">',
        f"<title>{title} | {story.url.split('/')[2]}</title>",
        f'<link rel="canonical" href="{story.url}">',
        f'<meta name="description" content="{lead}">',
    ]
    if chance.random() < 0.85:
        lines += [
            '<meta property="og:type" content="article">',
            f'<meta property="og:title" content="{title}">',
            f'<meta property="og:description" content="{lead}">',
            f'<meta property="og:url" content="{story.url}">',
            f'<meta property="og:image" content="{story.url}.jpg">',
        ]
    if chance.random() < 0.6:
        lines.append(f'<meta property="article:published_time" content="{when}">')
        lines.append(f'<meta name="author" content="{escape(story.author)}">')
    if chance.random() < 0.6:
        data = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": story.title,
            "datePublished": when,
            "author": {"@type": "Person", "name": story.author},
            "articleSection": chance.choice(("World", "Economy", "Culture")),
            "isAccessibleForFree": chance.random() < 0.8,
        }
        text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
        lines.append(f'<script type="application/ld+json">{text}</script>')
    return "\n".join(lines)


def _modern(story: _Story, newsroom: Newsroom, chance: random.Random) -> str:
    parts = _paragraphs(story)
    middle = len(parts) // 2
    parts.insert(middle, furniture.advertising(chance, newsroom))
    parts.insert(1, f"<figure><img src='/i/{chance.getrandbits(24)}.jpg'></figure>")
    if chance.random() < 0.3:
        parts.insert(middle, _table(newsroom, chance))
    return (
        f"<main><article><header><h1>{escape(story.title)}</h1>{_signed(story)}</header>"
        f'<div class="article-body">{"".join(parts)}</div></article></main>'
    )


def _blog(story: _Story, newsroom: Newsroom, chance: random.Random) -> str:
    return (
        f'<div id="content"><div class="post hentry"><h1 class="entry-title">'
        f"{escape(story.title)}</h1>{_signed(story)}"
        f'<div class="entry-content">{"".join(_paragraphs(story))}<h2>'
        f"{escape(newsroom.title(chance))}</h2><blockquote><p>"
        f"{escape(newsroom.sentence(chance))}</p></blockquote></div></div></div>"
    )


def _itemised(story: _Story, newsroom: Newsroom, chance: random.Random) -> str:
    items = "".join(f"<li>{escape(newsroom.sentence(chance))}</li>" for _ in range(3))
    return (
        '<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop='
        f'"headline">{escape(story.title)}</h1>{_signed(story)}<ul>{items}</ul>'
        f'<div itemprop="articleBody">{"".join(_paragraphs(story))}</div></div>'
    )


def _old(story: _Story, newsroom: Newsroom, chance: random.Random) -> str:
    body = "<br><br>\n".join(map(escape, story.body))
    return (
        '<table width=980 cellpadding=0><tr><td width=160 valign=top class="left">'
        f'{furniture.navigation(chance, newsroom)}</td><td><font size="5"><b>'
        f"{escape(story.title)}</b></font><br>{_signed(story)}<div>{body}</div></td>"
        f"<td>{furniture.related(chance, newsroom)}</td></tr></table>"
    )


def _plain(story: _Story, _: Newsroom, chance: random.Random) -> str:
    wrapped = "".join(_paragraphs(story))
    for _depth in range(chance.randint(3, 12)):
        wrapped = f'<div class="c{chance.getrandbits(16):x}">{wrapped}</div>'
    return f"<div><h1>{escape(story.title)}</h1>{_signed(story)}{wrapped}</div>"


def _paragraphs(story: _Story) -> list[str]:
    return [f"<p>{escape(text)}</p>\n" for text in story.body]


def _signed(story: _Story) -> str:
    return (
        f'<p class="byline">{escape(story.author)}</p><time datetime='
        f'"{story.published.isoformat()}">{story.published:%d.%m.%Y %H:%M}</time>'
    )


def _table(newsroom: Newsroom, chance: random.Random) -> str:
    rows = "".join(
        f"<tr><td>{escape(newsroom.title(chance))}</td><td>{chance.randint(1, 9999)}</td>"
        f"<td>{chance.random():.1%}</td></tr>"
        for _ in range(chance.randint(3, 15))
    )
    return f"<table><tr><th>#</th><th>n</th><th>%</th></tr>{rows}</table>"


def _break(html: str, chance: random.Random) -> str:
    """Do to the page what careless templates do."""
    crimes = (
        lambda text: text.replace("</p>", ""),
        lambda text: text.replace("</li>", "").replace("</td>", ""),
        lambda text: text.replace("</div>", "", chance.randint(1, 5)),
        lambda text: text.replace("<p>", "</b></span><p>").replace("&quot;", "&quot"),
        lambda text: text.replace("</body></html>", ""),
    )
    return chance.choice(crimes)(html)


def _encode(html: str, language: str, chance: random.Random) -> bytes:
    """Write the page in a charset, and say which; one in twenty says a wrong one."""
    charset = "utf-8"
    if chance.random() < 0.1:
        charset = _CHARSETS.get(language, "windows-1252")
    told = "iso-8859-1" if chance.random() < 0.05 else charset
    return html.replace("CHARSET", told, 1).encode(charset, "xmlcharrefreplace")


def main() -> None:
    """Write pages into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="as those of newspapers")
    options = parser.parse_args()
    scale = LARGE if options.large else SMALL
    size = write_pages(options.folder, options.count, options.seed, scale)
    print(f"{options.count} pages, {size / 1e6:.1f} MB, in {options.folder}")


if __name__ == "__main__":
    main()
