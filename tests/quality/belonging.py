"""What is measured of copies and stories, on texts of our own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import wires
from benchmarks.agency import Wire, id_of

from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.state.stories.window import signed_rows
from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.records import Article
from transforms.stories.forest import Belonging
from transforms.stories.signer import sign

_DAYS = 7
# Two events, each by several papers: in the same words, in others, in another language.
_EVENTS = (
    (
        (wires.REPORT, "en"),
        (wires.cut(wires.REPORT, 0.6), "en"),
        (wires.OTHER_WORDS, "en"),
        (wires.IN_SPANISH, "es"),
    ),
    ((wires.ELSEWHERE, "en"), (wires.edited(wires.ELSEWHERE), "en")),
)


def belonging(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """Yield the figures.

    Args:
      rows: Gold texts, each about an event of its own.
    """
    wire = list(Wire(sites=30, reports=12, share=0.4).pages(days=1))
    found = _placed([page.article for page in wire])
    copies = [(page.article.id, id_of(page.report)) for page in wire]
    said = {key for key, place in found.items() if place.original is not None}
    right = sum(
        found[key].original == bytes.fromhex(original) for key, original in copies
    )
    yield "copies found", right / sum(key != original for key, original in copies)
    yield "copies right", right / len(said)
    events = [_tagged(*given) for event in _EVENTS for given in event]
    places = _placed([*events, *(_tagged(row["text"], row["lang"]) for row in rows)])
    stories = [place.story for place in places.values()]
    first = len(_EVENTS[0])
    gold = [0] * first + [1] * len(_EVENTS[1]) + list(range(2, 2 + len(rows)))
    pairs = [(a, b) for b in range(len(gold)) for a in range(b)]
    same = {pair for pair in pairs if gold[pair[0]] == gold[pair[1]]}
    joined = {pair for pair in pairs if stories[pair[0]] == stories[pair[1]]}
    yield "stories joined", len(same & joined) / len(same)
    yield "stories apart", 1 - len(joined - same) / len(rows)


def _tagged(text: str, language: str) -> Article:
    gazetteer = load_gazetteer()
    entities, _ = find_entities(
        title=None,
        text=text,
        language=language,
        options=EntityOptions(),
        gazetteer=gazetteer,
    )
    countries = CountryTagger(gazetteer).tag(
        title=None, text=text, language=language, entities=entities
    )
    return wires.article(
        text, 0, language=language, entities=entities, countries=countries
    )


def _placed(articles: Sequence[Article]) -> dict[str, Belonging]:
    """Return where articles belong; those without an id get one, a minute apart."""
    given = [
        article
        if int(article.id, 16)
        else dataclasses.replace(
            article,
            id=f"{number:032x}",
            domain=f"paper{number}.example",
            published_at=wires.NOON + dt.timedelta(minutes=number),
        )
        for number, article in enumerate(articles, 1)
    ]
    rows = [
        {
            "id": one.id,
            "url": None,
            "domain": one.domain,
            "published_at": one.published_at,
            "fetched_at": one.fetched_at,
            "signature": sign(one),
        }
        for one in given
    ]
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / FILE_NAME)
        with closing(state), state.transaction():
            state.stories.plant(signed_rows(rows, 1), _DAYS)
            return {
                one.id: state.stories.links.place(bytes.fromhex(one.id))
                for one in given
            }
