"""Page: the report as one HTML file that asks for nothing.

Scripts and styles are named by their hashes in a Content-Security-Policy that forbids
everything else, ``eval`` too: Vega works with its interpreter of expressions.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.charts import coverage, names, sample, stories, upkeep, world
from pipeline.charts.markup import Section, in_script, plain, text
from pipeline.charts.questions import Questions
from pipeline.charts.wording import day
from transforms.write.locations import is_url

_HERE = Path(__file__).parent
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Cpath fill='%230072b2' d='M0 4h2v4H0zm3-2h2v6H3zm3-2h2v8H6z'/%3E%3C/svg%3E"
)


def report_page(questions: Questions, dataset: str, now: dt.datetime) -> str:
    """Return the report of a dataset as HTML.

    Args:
      questions: The dataset.
      dataset: What it is called.
      now: When the report is made.
    """
    geography = _geography()
    sections = (
        _sections(questions, geography)
        if questions.totals.articles
        else [upkeep.upkeep(questions)]
    )
    script, style = _asset("page.js"), _asset("page.css")
    bundle = _bundle()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(bundle)} {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    title = f"{_name(dataset)} – newsbeam report"
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="referrer" content="no-referrer">',
            f'<meta name="generator" content="newsbeam {text(__version__)}">',
            f'<title>{text(title)}</title><link rel="icon" href="{_ICON}">',
            f"<style>{style}</style></head><body>",
            '<a class="skip" href="#main">Skip to the report</a><div class="wrap">',
            _header(questions, dataset, sections),
            '<main id="main" tabindex="-1">',
            *(section.html() for section in sections),
            "</main>",
            _footer(questions, now),
            '</div><dl id="tip" hidden></dl>',
            f'<script type="application/json" id="atlas">{in_script(geography)}</script>',
            f"<script>{bundle}</script><script>{script}</script></body></html>\n",
        )
    )


def _sections(questions: Questions, geography: dict[str, Any]) -> list[Section]:
    shapes = geography["atlas"]["objects"]["countries"]["geometries"]
    codes = sorted({*geography["dots"], *(one["id"] for one in shapes if "id" in one)})
    return [
        coverage.over_time(questions),
        world.world(questions, geography["dots"], codes),
        names.rising(questions),
        names.names(questions),
        stories.stories(questions),
        coverage.voices(questions),
        upkeep.upkeep(questions),
        sample.sample(questions),
    ]


def _header(questions: Questions, dataset: str, sections: Sequence[Section]) -> str:
    totals = questions.totals
    if not totals.articles:
        span = "There is no article in it" + (
            f" since {plain(questions.since)}." if questions.since else "."
        )
    elif totals.first_at is None or totals.last_at is None:
        span = "When its articles were published is unknown."
    else:
        span = f"Articles from {day(totals.first_at)} to {day(totals.last_at)}"
        span += (
            f", since {plain(questions.since)}. " if questions.since else ". "
        ) + "All times are UTC."
    figures = (
        ("articles", totals.articles),
        # None that is known is not none.
        ("sources", totals.sources or None),
        ("languages", totals.languages or None),
        ("countries in focus", totals.countries),
        ("stories", totals.stories),
        ("copies", totals.copies),
        ("words", totals.words),
        ("rejects", totals.rejects),
    )
    tiles = "".join(
        f"<div><dt>{name}</dt><dd>{plain(value)}</dd></div>" for name, value in figures
    )
    links = "".join(
        f'<li><a href="#{section.key}">{text(section.title)}</a></li>'
        for section in sections
    )
    shown = f'<dl class="totals">{tiles}</dl>' if totals.articles else ""
    return (
        f'<header><p class="mark">newsbeam report</p><h1>{text(_name(dataset))}</h1>'
        f'<p class="span">{text(span)}</p>{shown}'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        "<noscript><p>Pictures are drawn by JavaScript. Their numbers are here without "
        "it.</p></noscript>"
    )


def _footer(questions: Questions, now: dt.datetime) -> str:
    since = f" Only from {plain(questions.since)} UTC on." if questions.since else ""
    return (
        f"<footer><p>Made by newsbeam {text(__version__)} at {plain(now)} UTC.{since} "
        "Unknown is said to be unknown, and not counted as anything else.</p>"
        "<p>Shapes of countries: Natural Earth, by world-atlas; a statement on borders is "
        "not meant. Antarctica is not drawn. Drawn by Vega-Lite. Names of countries and "
        "languages: Unicode CLDR.</p></footer>"
    )


def _name(dataset: str) -> str:
    """Return what a dataset is called: the last parts of its path or URL."""
    whole = dataset if is_url(dataset) else str(Path(dataset).resolve())
    parts = [part for part in whole.split("/") if part]
    return "/".join(parts[-2:]) or dataset


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@functools.cache
def _asset(name: str) -> str:
    return (_HERE / "page" / name).read_text("utf-8")


@functools.cache
def _bundle() -> str:
    return gzip.decompress((_HERE / "data" / "vega.js.gz").read_bytes()).decode()


@functools.cache
def _geography() -> dict[str, Any]:
    packed = (_HERE / "data" / "world.json.gz").read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found
