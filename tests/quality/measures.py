"""What is measured: on the repository's own gold texts and pages, by name of the figure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.quality.belonging import belonging
from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.language import LanguageOptions, detect_language
from transforms.enrich.names.languages import Quality, quality_of
from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.records import Article, Declared, Document
from transforms.vocabulary import Field, Media, TextSource

FOLDER = Path(__file__).parent
SAMPLE = FOLDER.parents[1] / "seeds" / "offline"
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


ROWS = [
    row for path in sorted((FOLDER / "texts").glob("*.jsonl")) for row in _rows(path)
]


def measure() -> dict[str, float]:
    """Return every figure that the repository's own gold data gives."""
    return dict([*_tagging(), *_extraction(), *belonging(ROWS)])


def f1(pairs: Iterable[tuple[set[Any], set[Any]]]) -> float:
    """Return the F1 of sets of what was found against sets of what is there."""
    right = found = expected = 0
    for given, gold in pairs:
        right += len(given & gold)
        found += len(given)
        expected += len(gold)
    return 2 * right / (found + expected) if found + expected else 1.0


def _tagging() -> Iterator[tuple[str, float]]:
    options = LanguageOptions()
    told = [detect_language(row["title"], row["text"], options)[0] for row in ROWS]
    same = sum(
        language == row["lang"] for language, row in zip(told, ROWS, strict=True)
    )
    yield "language accuracy", same / len(ROWS)
    gazetteer = load_gazetteer()
    tagger = CountryTagger(gazetteer)
    spans: dict[str, list[tuple[set[Any], set[Any]]]] = {}
    codes: dict[str, list[tuple[set[Any], set[Any]]]] = {}
    focus: dict[str, list[tuple[set[Any], set[Any]]]] = {}
    traps = avoided = 0
    for row in ROWS:
        about = {"title": row["title"], "text": row["text"], "language": row["lang"]}
        entities, model = find_entities(
            **about, options=EntityOptions(), gazetteer=gazetteer
        )
        countries = tagger.tag(**about, entities=entities)
        found = {country.code for country in countries}
        # Few rules were written for these languages: they have figures of their own.
        unmeasured = quality_of(row["lang"]) is Quality.UNMEASURED
        group = " unmeasured languages" if unmeasured else ""
        codes.setdefault(group, []).append(
            (found, {country["code"] for country in row["countries"]})
        )
        focus.setdefault(group, []).append(
            (
                {country.code for country in countries if country.role == "focus"},
                {c["code"] for c in row["countries"] if c["role"] == "focus"},
            )
        )
        traps += len(row["must_not"])
        avoided += len(set(row["must_not"]) - found)
        if model is not None:
            spans.setdefault(row["lang"], []).append(_spans(row, entities))
    for group, pairs in sorted(codes.items()):
        yield f"countries F1{group}", f1(pairs)
    yield "country traps avoided", avoided / traps
    for group, pairs in sorted(focus.items()):
        yield f"focus countries F1{group}", f1(pairs)
    for language, pairs in spans.items():
        yield f"entities F1 {language}", f1(pairs)


def _spans(row: dict[str, Any], entities: Any) -> tuple[set[Any], set[Any]]:
    """Return the people, organisations and places of a text: found, and there."""
    optional = {(e["start"], e["end"]) for e in row["entities"] if e.get("optional")}
    gold = {
        (e["start"], e["end"], e["label"])
        for e in row["entities"]
        if e["label"] != "MISC" and not e.get("optional")
    }
    found = {
        (mention.start, mention.end, entity.type.value)
        for entity in entities
        if entity.type != "MISC"
        for mention in entity.mentions
        if mention.field is Field.TEXT and (mention.start, mention.end) not in optional
    }
    return found, gold


def _extraction() -> Iterator[tuple[str, float]]:
    pages = [
        row for row in _rows(SAMPLE / "expected.jsonl") if row["path"].endswith(".html")
    ]
    kept = wanted = left_out = unwanted = told = titled = 0
    for row in pages:
        article = _article(row["path"])
        told += (article is not None) == (row["outcome"] == "article")
        if row["outcome"] != "article":
            continue
        text = article.text if article else ""
        wanted += len(row["contains"])
        kept += sum(piece in text for piece in row["contains"])
        unwanted += len(row["lacks"])
        left_out += sum(piece not in text for piece in row["lacks"])
        titled += article is not None and article.title == row["title"]
    articles = sum(row["outcome"] == "article" for row in pages)
    yield "articles told from other pages", told / len(pages)
    yield "passages kept", kept / wanted
    yield "boilerplate left out", left_out / unwanted
    yield "titles right", titled / articles


def _article(path: str) -> Article | None:
    document = Document(
        content=(SAMPLE / path).read_bytes(),
        media=Media.HTML,
        text_source=TextSource.PAGE,
        fetched_at=NOW,
        declared=Declared(url=f"http://newsbeam.invalid/{path}"),
    )
    try:
        return extract(document)
    except Unreadable:
        return None
