"""Sample: some articles as they are, with their names and countries marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.charts.markup import Section, link, plain, text
from pipeline.charts.questions import Questions
from pipeline.charts.wording import country, language

# Code points of a text that are shown.
_SHOWN = 620
_TYPES = {
    "PER": "person",
    "ORG": "organisation",
    "LOC": "place",
    "MISC": "other name",
}
_KEY = (
    "".join(
        f'<li><mark class="{kind}">{name}</mark></li>' for kind, name in _TYPES.items()
    )
    + '<li><mark class="country">names a country<sup>its code</sup></mark></li>'
)


def sample(questions: Questions) -> Section:
    """Return some of the newest articles, of several languages."""
    found = questions.sample().records()
    key = f'<ul class="key wide">{_KEY}</ul>'
    return Section(
        "articles",
        "Some articles",
        "The newest of each language, with what newsbeam marks in them."
        if found
        else "No article is long enough to be shown.",
        [key, *map(_article, found)] if found else (),
    )


def _article(row: Mapping[str, Any]) -> str:
    shown = row["text"][:_SHOWN]
    if len(row["text"]) > _SHOWN:
        # Not in the middle of a word, in scripts that part them.
        shown = shown[: shown.rfind(" ") if " " in shown[-80:] else _SHOWN] + " …"
    body = marked(shown, row, "text") if shown else "<i>Its text is not kept.</i>"
    tongue = f' lang="{text(row["language"])}"' if row["language"] else ""
    about = ", ".join(
        country(one["code"]) for one in row["countries"] or () if one["role"] == "focus"
    )
    facts = (
        row["source"],
        f"{plain(row['published_at'])} UTC" if row["published_at"] else None,
        language(row["language"]),
    )
    meta = " · ".join(f"<bdi>{text(fact)}</bdi>" for fact in facts if fact)
    if about:
        meta += f" · in focus: {text(about)}"
    head = marked(row["title"], row, "title") if row["title"] else "Without headline"
    title = link(row["url"], head)
    return (
        f'<article class="card"><h3 dir="auto"{tongue}>{title}</h3>'
        f'<p class="meta">{meta}</p>'
        f'<p class="text" dir="auto"{tongue}>{body}</p></article>'
    )


def marked(content: str, row: Mapping[str, Any], field: str) -> str:
    """Return a text as HTML with its names and countries marked.

    Args:
      content: The text, or how it begins.
      row: The article, with ``entities`` and ``countries``.
      field: Where its mentions are counted in: ``title`` or ``text``.
    """
    names = {
        (mention["start"], mention["end"]): entity["type"]
        for entity in row["entities"] or ()
        for mention in _within(entity["mentions"], field, len(content))
    }
    countries = {
        (mention["start"], mention["end"]): one["code"]
        for one in row["countries"] or ()
        for mention in _within(one["mentions"], field, len(content))
    }
    # Marks do not overlap: the earlier one, then the longer one holds.
    parts, place = [], 0
    for start, end in _apart({*names, *countries}):
        parts.append(_text(content[place:start]))
        inner = _text(content[start:end])
        code = countries.get((start, end))
        if code is None:
            code = _inside(countries, start, end)
        if code is not None:
            inner = (
                f'<mark class="country" title="{text(country(code))}">{inner}'
                f"<sup>{text(code)}</sup></mark>"
            )
        kind = names.get((start, end))
        if kind in _TYPES:
            inner = f'<mark class="{kind}" title="{_TYPES[kind]}">{inner}</mark>'
        parts.append(inner)
        place = end
    parts.append(_text(content[place:]))
    return "".join(parts)


def _text(content: str) -> str:
    return text(content).replace("\n\n", "<br><br>") if content else ""


def _inside(
    countries: Mapping[tuple[int, int], str], start: int, end: int
) -> str | None:
    """Return the country that is named within a name: that of Bank of Japan."""
    codes = {
        code
        for (first, last), code in countries.items()
        if start <= first and last <= end
    }
    return codes.pop() if len(codes) == 1 else None


def _within(
    mentions: Iterable[Mapping[str, Any]] | None, field: str, length: int
) -> Iterator[Mapping[str, Any]]:
    for mention in mentions or ():
        if (
            mention["field"] == field
            and 0 <= mention["start"] < mention["end"] <= length
        ):
            yield mention


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    place = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= place:
            yield start, end
            place = end
