"""What stands around the article on a news page: menus, scripts, advertising, comments.

Each function returns a piece of HTML of about one to a few kilobytes; a page is filled
with such pieces until it is as large as its like on the web.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from html import escape

from .sentences import Newsroom

_WORDS = (
    "slot unit page view user config track event bidder segment layout widget player"
    " consent render module vendor cache token query lazy hydrate stream theme column"
).split()
_SELECTORS = "header nav article aside footer card teaser byline ad video list".split()


def styles(chance: random.Random, _: Newsroom) -> str:
    """Return an inline style sheet."""
    rules = "".join(
        f".{chance.choice(_SELECTORS)}-{chance.choice(_WORDS)}--{chance.randint(1, 99)}"
        f"{{margin:{chance.randint(0, 40)}px;color:#{chance.randrange(1 << 24):06x};"
        f"font:{chance.randint(10, 40)}px/1.{chance.randint(1, 6)} Georgia,serif}}"
        for _ in range(40)
    )
    return f"<style>{rules}</style>"


def script(chance: random.Random, _: Newsroom) -> str:
    """Return minified code."""
    lines = "".join(
        f"function {_identifier(chance)}(a,b){{if(a<b&&window.{chance.choice(_WORDS)})"
        f"{{return a.{chance.choice(_WORDS)}('{_identifier(chance)}',b*"
        f"{chance.randint(2, 9999)})}}return'<div class=\"'+b+'\"></div>'}}"
        for _ in range(25)
    )
    return f"<script>(function(){{{lines}}})();</script>"


def state(chance: random.Random, newsroom: Newsroom) -> str:
    """Return the data that a script draws the page from."""
    items = [
        {
            "id": chance.getrandbits(48),
            "headline": newsroom.title(chance),
            "teaser": newsroom.sentence(chance),
            "url": f"/{chance.choice(_WORDS)}/{chance.getrandbits(32)}",
            "flags": {word: chance.random() < 0.5 for word in chance.sample(_WORDS, 6)},
        }
        for _ in range(8)
    ]
    data = json.dumps(items, ensure_ascii=chance.random() < 0.5).replace("</", "<\\/")
    return f'<script id="s{chance.getrandbits(24)}" type="application/json">{data}</script>'


def picture(chance: random.Random, _: Newsroom) -> str:
    """Return a picture that is part of the page."""
    data = base64.b64encode(chance.randbytes(1500)).decode()
    return f'<img class="lazy" alt="" src="data:image/webp;base64,{data}">'


def icons(chance: random.Random, _: Newsroom) -> str:
    """Return buttons to share with, drawn in the page itself."""
    return "".join(
        f'<button class="share share--{chance.choice(_WORDS)}" type="button" aria-label='
        f'"{chance.choice(_WORDS)}"><svg viewBox="0 0 24 24" class="icon"><title>'
        f'{chance.choice(_WORDS)}</title><g fill="none"><path d="M{chance.randint(1, 24)} '
        f'{chance.randint(1, 24)}c{chance.random():.3f} 0-{chance.random():.3f} 1.5"/>'
        f'<circle cx="{chance.randint(1, 24)}" cy="4" r="2"/></g></svg></button>'
        for _ in range(6)
    )


def navigation(chance: random.Random, newsroom: Newsroom) -> str:
    """Return a menu of menus."""
    groups = "".join(
        f'<li class="nav-{chance.choice(_WORDS)}"><a href="/{chance.getrandbits(20)}">'
        f"{escape(_first_words(newsroom.title(chance), 2))}</a><ul>"
        + "".join(
            f'<li><a href="/{chance.getrandbits(20)}" data-track="{_identifier(chance)}">'
            f"{escape(_first_words(newsroom.title(chance), 3))}</a></li>"
            for _ in range(6)
        )
        + "</ul></li>"
        for _ in range(4)
    )
    return f'<nav class="menu" role="navigation"><ul>{groups}</ul></nav>'


def advertising(chance: random.Random, _: Newsroom) -> str:
    """Return empty slots, as they are before a script fills them."""
    return "".join(
        f'<div class="ad-slot ad-{chance.choice(_WORDS)}" id="gpt-{chance.getrandbits(32)}"'
        f' data-sizes="[[300,{chance.randint(50, 600)}],[728,90]]"><div><div>'
        f"<script>queue.push('{_identifier(chance)}')</script></div></div></div>"
        for _ in range(4)
    )


def related(chance: random.Random, newsroom: Newsroom) -> str:
    """Return teasers of other articles."""
    cards = "".join(
        f'<div class="card teaser"><a href="/{chance.getrandbits(32)}.html">'
        f'<picture><source srcset="/i/{chance.getrandbits(24)}.webp 640w"><img alt=""'
        f' src="/i/{chance.getrandbits(24)}.jpg"></picture>'
        f'<h3>{escape(newsroom.title(chance))}</h3></a><p class="teaser-text">'
        f'{escape(newsroom.sentence(chance))}</p><time datetime="2025-0'
        f'{chance.randint(1, 9)}-1{chance.randint(0, 9)}">{chance.randint(1, 23)} h</time>'
        "</div>"
        for _ in range(5)
    )
    return f'<aside class="related recommended-list"><section>{cards}</section></aside>'


def comments(chance: random.Random, newsroom: Newsroom) -> str:
    """Return what readers wrote below the article."""
    said = "".join(
        f'<li class="comment" id="comment-{chance.getrandbits(24)}"><div class='
        f'"comment-author">{_identifier(chance)}</div><div class="comment-content"><p>'
        f"{escape(newsroom.sentence(chance))}</p></div></li>"
        for _ in range(6)
    )
    return f'<section id="comments" class="comments-area"><ol>{said}</ol></section>'


def footer(chance: random.Random, newsroom: Newsroom) -> str:
    """Return the foot of the page."""
    links = "".join(
        f'<a href="/about/{chance.getrandbits(16)}">'
        f"{escape(_first_words(newsroom.title(chance), 2))}</a> | "
        for _ in range(12)
    )
    return f'<footer class="site-footer"><p>{links}</p><p>© {newsroom.language}</p></footer>'


Piece = Callable[[random.Random, Newsroom], str]
IN_HEAD: tuple[Piece, ...] = (styles, script)
ABOVE: tuple[Piece, ...] = (navigation, advertising, script, picture)
BELOW: tuple[Piece, ...] = (
    *(script, script, script, state, state, styles, picture),
    *(related, related, comments, advertising, navigation),
)
"""Weighed by how often they are met: most of a page is code."""
BELOW_LARGE: tuple[Piece, ...] = (
    *(script, script, state, styles, icons, picture),
    *(related, related, related, related, comments, comments, advertising, navigation),
)
"""The same of large pages, whose size is more that of their parts than of code."""


def _identifier(chance: random.Random) -> str:
    return f"{chance.choice(_WORDS)}{chance.choice(_WORDS).title()}{chance.randrange(10000)}"


def _first_words(title: str, count: int) -> str:
    return " ".join(title.split()[:count])[:30]
