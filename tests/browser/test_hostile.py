"""What strangers write into a dataset is text in its report, whatever it looks like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromium import MARKS, Look
from invented import LAST, article, country, entity, invent, write_rows

pytestmark = pytest.mark.browser

Report = Callable[..., Path]
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "\"><img src=x onerror='window.hacked = 3'>",
    "<svg onload=window.hacked=4>",
    "<!--<script>",
    "a\u2028b\u2029c",
    "&lt;b&gt; &amp; ]]>",
    "javascript:window.hacked=5",
    '=HYPERLINK("http://evil.example","x")',
    "\x00\x1b[31m\x7f",
    "datum['x'] || window",
    "\u202egnp.exe",
    "x" * 3_000,
)
LINKS = (
    "javascript:window.hacked=6",
    "data:text/html,<script>window.hacked=7</script>",
    "JAVASCRIPT:window.hacked=8",
    'https://ok.example/"onclick="window.hacked=9',
    "file:///etc/passwd",
)


def hostile(folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(200):
        evil = HOSTILE[number % len(HOSTILE)]
        # Every string of a stranger is hostile, each in an article with others.
        text = " ".join(HOSTILE[:4]) + f" {evil} " + "and so on " * 80
        names = [entity(one, "PER", text) for one in (evil, HOSTILE[0], HOSTILE[2])]
        names += [entity(one, "ORG", text) for one in (evil, HOSTILE[1])]
        names += [entity(evil, "LOC", text)]
        rows.append(
            article(
                number,
                url=LINKS[number % len(LINKS)],
                title=evil,
                text=text,
                source_name=evil,
                domain=evil,
                feeds=[evil],
                language=("en", "<b>", evil[:40], None)[number % 4],
                source_country=evil[:20] if number % 3 else None,
                published_at=LAST - dt.timedelta(hours=number * 3),
                story_id=rows[number // 20 * 20]["id"] if number % 20 else None,
                entities=names,
                countries=[country("FR", "focus"), country(evil[:30], "focus")],
            )
        )
        if not number % 20:
            rows[-1]["story_id"] = rows[-1]["id"]
    write_rows(folder, "articles", rows)
    common = {"run_id": "run", "at": LAST}
    rejects = [
        {
            **common,
            **dict.fromkeys(("stage", "reason", "key", "detail", "payload"), evil),
        }
        for evil in HOSTILE
    ]
    write_rows(folder, "rejects", rejects)
    fetches = [
        {
            **common,
            **dict.fromkeys(("url", "feed", "outcome"), evil),
            "kind": "feed",
            "bytes": 0,
            "milliseconds": 0,
            "was_conditional": False,
        }
        for evil in HOSTILE
    ]
    write_rows(folder, "fetches", fetches)


@pytest.mark.parametrize("width", [400, 1_600])
def test_nothing_of_a_dataset_runs(
    tmp_path: Path, report: Report, look: Look, width: int
) -> None:
    hostile(tmp_path / "set")
    page = report(tmp_path / "set")
    seen = look(page, width=width)
    assert seen.said == []
    assert seen.asked == [page.as_uri()]
    assert seen.ask("window.hacked") is None
    marks = dict(seen.ask(MARKS))
    assert all(count > 0 for count in marks.values()), marks
    assert len(marks) >= 12
    runs = "document.querySelectorAll('script:not([type])').length"
    assert seen.ask(runs) == 2
    assert (
        seen.ask("document.querySelectorAll('img, iframe, object, form').length") == 0
    )
    handlers = (
        "[...document.querySelectorAll('*')].filter(one => "
        "[...one.attributes].some(name => name.name.startsWith('on'))).length"
    )
    assert seen.ask(handlers) == 0
    links = seen.ask(
        "[...document.querySelectorAll('a[href]')].map(a => [a.protocol, a.rel, "
        "a.hasAttribute('download') || a.getAttribute('href')[0] === '#'])"
    )
    away = [(protocol, rel) for protocol, rel, is_own in links if not is_own]
    assert away
    assert set(away) == {("https:", "noopener noreferrer nofollow")}
    for name in ("people", "sources", "rejects", "feeds"):
        for place in seen.page.locator(f"#{name} svg .mark-rect path").all()[:3]:
            place.hover(force=True)
    assert seen.ask("window.hacked") is None
    assert seen.ask("document.documentElement.scrollWidth") == width


def test_the_policy_forbids_what_others_bring(
    tmp_path: Path, report: Report, look: Look
) -> None:
    invent(tmp_path / "set", 60)
    page = report(tmp_path / "set")
    worse = page.with_name("worse.html")
    evil = "<script>window.hacked = 1</script><img src='http://127.0.0.1:9/x'>"
    evil += "<b onclick='window.hacked = 2' id='evil'>x</b></body>"
    worse.write_text(page.read_text().replace("</body>", evil))
    seen = look(worse)
    seen.ask("document.getElementById('evil').click()")
    assert seen.ask("window.hacked") is None
    assert any("Content Security Policy" in line for line in seen.said)
    policy = "document.querySelector('meta[http-equiv]').content"
    assert "default-src 'none'" in seen.ask(policy)
    assert "unsafe" not in seen.ask(policy)
