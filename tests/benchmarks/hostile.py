"""Pages that are made to be slow: ``python -m tests.benchmarks.hostile``.

Each is valid enough that a server could send it, and small enough to be accepted.  Every
one goes through :func:`transforms.extract.article.extract` in a process of its own, which is
ended at its deadline; what comes back is how long it took and how much memory.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
import multiprocessing
import random
import resource
import time
from collections.abc import Callable
from typing import Any

from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.records import Document
from transforms.vocabulary import Media, TextSource

DEADLINE = 20.0
"""Seconds that a page may take."""
_SENTENCE = "The council voted on Tuesday to rebuild the old bridge over the river. "
_BODY = f"<p>{_SENTENCE * 3}</p>" * 5


def _page(body: str, head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>The bridge</title>{head}</head>"
        f"<body><article><h1>The bridge</h1>{body}</article></body></html>"
    ).encode()


def _json_ld(value: str) -> str:
    return f'<script type="application/ld+json">{value}</script>'


def _links(count: int) -> str:
    return "".join(
        f'<a href="/2025/{n % 12 + 1}/{n}">link {n}</a> ' for n in range(count)
    )


def _random_letters(count: int) -> str:
    return base64.b64encode(random.Random(1).randbytes(count)).decode()


PAGES: dict[str, Callable[[], bytes]] = {
    "an ordinary page": lambda: _page(_BODY),
    "100,000 nested divs": lambda: _page("<div>" * 100_000 + _BODY),
    "250 nested divs, 2,000 times": lambda: _page(
        ("<div>" * 250 + "word" + "</div>" * 250) * 2_000 + _BODY
    ),
    "100,000 open spans": lambda: _page("<span>" * 100_000 + _BODY),
    "20,000 misnested bold and italic": lambda: _page("<b><i>x</b>y</i>" * 20_000 + _BODY),
    "200 nested tables": lambda: _page("<table><tr><td>" * 200 + _BODY),
    "100 nested lists, 300 times": lambda: _page(
        ("<ul><li>item " * 100 + "</li></ul>" * 100) * 300 + _BODY
    ),
    "an attribute of 10 MB": lambda: _page(f'<div data-x="{"x" * 10_000_000}">{_BODY}</div>'),
    "100,000 attributes": lambda: _page(
        "<div " + " ".join(f"a{n}=1" for n in range(100_000)) + f">{_BODY}</div>"
    ),
    "a class of 200,000 words": lambda: _page(f'<div class="{"comment ad " * 100_000}">{_BODY}</div>'),
    "a table of 100,000 rows": lambda: _page(
        "<table>" + "<tr><td>Name</td><td>1</td><td>2</td></tr>" * 100_000 + "</table>" + _BODY
    ),
    "a table of 5,000 columns": lambda: _page(
        "<table>" + ("<tr>" + "<td>1</td>" * 5_000 + "</tr>") * 20 + "</table>" + _BODY
    ),
    "a colspan of a billion": lambda: _page(
        f"<table><tr><td colspan=1000000000>{_SENTENCE}</td></tr></table>{_BODY}"
    ),
    "a million entities": lambda: _page(f"<p>{'&amp;' * 1_000_000}</p>{_BODY}"),
    "a million broken entities": lambda: _page(f"<p>{'&#x110000;' * 1_000_000}</p>{_BODY}"),
    "200,000 paragraphs": lambda: _page(f"<p>{_SENTENCE}</p>" * 200_000),
    "200,000 line breaks": lambda: _page((_SENTENCE + "<br>") * 200_000),
    "100,000 links": lambda: _page(_links(100_000) + _BODY),
    "one line of 15 MB": lambda: _page(f"<p>{_SENTENCE * 200_000}</p>"),
    "one word of 5 MB": lambda: _page(f"<p>{'x' * 5_000_000}</p>{_BODY}"),
    "one line of 5 MB without tags": (_SENTENCE * 70_000).encode,
    "5 MB of spaces": lambda: _page(f"<p>a{' ' * 5_000_000}b</p>{_BODY}"),
    "5 MB of line ends": lambda: _page(f"<pre>{chr(10) * 5_000_000}</pre>{_BODY}"),
    "3 MB of digits": lambda: _page(f"<p>{'20250101' * 400_000}</p>{_BODY}"),
    "200,000 dates": lambda: _page(f"<p>{'12/11/2025 2025-11-12 ' * 100_000}</p>{_BODY}"),
    "100,000 almost dates": lambda: _page(f"<div>{'published on 2025-13-' * 100_000}</div>{_BODY}"),
    "50,000 time elements": lambda: _page("<time>12 Nov 2025</time>" * 50_000 + _BODY),
    "50,000 meta elements": lambda: _page(
        _BODY, "".join(f'<meta name="date{n}" content="nonsense {n}">' for n in range(50_000))
    ),
    "an author of 2 MB": lambda: _page(_BODY, f'<meta name="author" content="{"Ann Bee, " * 220_000}">'),
    "a title of 5 MB": lambda: _page(_BODY, f"<title>{'a - b | c ' * 500_000}</title>"),
    "100,000 bylines": lambda: _page('<p class="author byline">By Ann Bee</p>' * 100_000 + _BODY),
    "50,000 nested JSON-LD lists": lambda: _page(_BODY, _json_ld("[" * 50_000 + "]" * 50_000)),
    "a JSON-LD graph of 100,000": lambda: _page(
        _BODY, _json_ld(json.dumps({"@graph": [{"@type": "NewsArticle"}] * 100_000}))
    ),
    "broken JSON-LD of 5 MB": lambda: _page(
        _BODY, _json_ld('{"@type": "Article", "author": {"name": "' + "\\" * 2_500_000 + '" ' * 800_000)
    ),
    "a script of 15 MB": lambda: _page(f"<script>{'if(a<b){c()}' * 1_250_000}</script>{_BODY}"),
    "a data URL of 10 MB": lambda: _page(f'<img src="data:image/png;base64,{_random_letters(7_500_000)}">{_BODY}'),
    "an open comment of 10 MB": lambda: _page(f"{_BODY}<!-- {'x -- ' * 2_000_000}"),
    "5 MB of less-than signs": lambda: _page(f"<p>{'<' * 5_000_000}</p>{_BODY}"),
    "100,000 processing instructions": lambda: _page("<?x y?>" * 100_000 + _BODY),
    "100,000 CDATA sections": lambda: _page("<![CDATA[x]]>" * 100_000 + _BODY),
    "5 MB of random bytes": lambda: b"<p>" + random.Random(1).randbytes(5_000_000),
    "5 MB of random bytes in a page": lambda: _page(_BODY) + random.Random(1).randbytes(5_000_000),
    "5 MB in a charset that lies": lambda: _page(_BODY, '<meta charset="utf-16">') + "я".encode("cp1251") * 5_000_000,
    "2 MB of combining accents": lambda: _page(f"<p>e{'́' * 1_000_000}</p>{_BODY}"),
    "1 MB of brackets": lambda: _page(f"<p>{'(' * 500_000}{')' * 500_000}</p>{_BODY}"),
    "an address of 2 MB": lambda: _page(_BODY, f'<link rel="canonical" href="https://a.example/{"a/../" * 400_000}">'),
}  # fmt: skip
"""Makers of pages, by what is wrong with them."""


def try_page(name: str, deadline: float = DEADLINE) -> dict[str, Any]:
    """Extract one page in a process of its own and return what that took.

    Returns:
      ``seconds``; ``megabytes`` that the extraction added to the peak, None where it was
      not waited for; ``outcome``: ``article``, a reject's reason, ``deadline``, ``died``
      or ``TypeName: message`` of an error that nobody foresaw.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(PAGES[name](), sender))
    process.start()
    sender.close()
    try:
        # Its imports are not the page's fault.
        receiver.recv()
        if receiver.poll(deadline):
            return {"name": name, **receiver.recv()}
        outcome = "deadline"
    except EOFError:
        outcome = "died"
    finally:
        process.kill()
        process.join()
    return {"name": name, "seconds": deadline, "megabytes": None, "outcome": outcome}


def _child(content: bytes, sender: Any) -> None:
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    _outcome(Document(_page(_BODY), Media.HTML, TextSource.PAGE, now))
    before = _peak()
    sender.send("ready")
    started = time.monotonic()
    outcome = _outcome(Document(content, Media.HTML, TextSource.PAGE, now))
    sender.send(
        {
            "seconds": time.monotonic() - started,
            "megabytes": _peak() - before,
            "outcome": outcome,
        }
    )


def _outcome(document: Document) -> str:
    try:
        extract(document)
    except Unreadable as error:
        return error.reason.value
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return f"{type(error).__name__}: {error}"[:80]
    return "article"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Try every page, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these pages")
    parser.add_argument("--deadline", type=float, default=DEADLINE)
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    options = parser.parse_args()
    for name in options.names or PAGES:
        row = try_page(name, options.deadline)
        if options.json:
            print(json.dumps(row), flush=True)
            continue
        memory = "?" if row["megabytes"] is None else f"{row['megabytes']:.0f}"
        print(
            f"{row['seconds']:6.2f} s {memory:>6} MB  {row['name']}: {row['outcome']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
