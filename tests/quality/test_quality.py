"""The quality gate: tagging measured on the gold texts, never below its floors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.gazetteer import load_gazetteer
from transforms.enrich.language import LanguageOptions, detect_language
from transforms.records import Country, Entity, Field

FOLDER = Path(__file__).parent
FLOORS = tomllib.loads((FOLDER / "floors.toml").read_text())
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted((FOLDER / "texts").glob("*.jsonl"))
    for line in path.read_text().splitlines()
]


def f1(right: int, found: int, expected: int) -> float:
    return 2 * right / (found + expected) if found + expected else 1.0


@pytest.fixture(scope="module")
def tagged() -> list[tuple[dict[str, Any], tuple[Entity, ...], tuple[Country, ...]]]:
    gazetteer = load_gazetteer()
    tagger = CountryTagger(gazetteer)
    results = []
    for row in ROWS:
        about = {"title": row["title"], "text": row["text"], "language": row["lang"]}
        entities, _ = find_entities(
            **about, options=EntityOptions(), gazetteer=gazetteer
        )
        results.append((row, entities, tagger.tag(**about, entities=entities)))
    return results


def check(name: str, value: float, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{name}: {value:.3f} (floor {FLOORS[name]})", end="")
    assert value >= FLOORS[name]


def test_languages(capsys: pytest.CaptureFixture[str]) -> None:
    options = LanguageOptions()
    right = sum(
        detect_language(row["title"], row["text"], options)[0] == row["lang"]
        for row in ROWS
    )
    check("language accuracy", right / len(ROWS), capsys)


def test_countries(tagged: Any, capsys: pytest.CaptureFixture[str]) -> None:
    right = found = expected = 0
    for row, _, countries in tagged:
        gold = {country["code"] for country in row["countries"]}
        codes = {country.code for country in countries}
        right += len(gold & codes)
        found += len(codes)
        expected += len(gold)
    check("countries F1", f1(right, found, expected), capsys)


def test_traps(tagged: Any, capsys: pytest.CaptureFixture[str]) -> None:
    traps = avoided = 0
    for row, _, countries in tagged:
        codes = {country.code for country in countries}
        traps += len(row["must_not"])
        avoided += len(set(row["must_not"]) - codes)
    check("country traps avoided", avoided / traps, capsys)


def test_focus(tagged: Any, capsys: pytest.CaptureFixture[str]) -> None:
    right = found = expected = 0
    for row, _, countries in tagged:
        gold = {c["code"] for c in row["countries"] if c["role"] == "focus"}
        codes = {country.code for country in countries if country.role == "focus"}
        right += len(gold & codes)
        found += len(codes)
        expected += len(gold)
    check("focus countries F1", f1(right, found, expected), capsys)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_entities(
    language: str, tagged: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    right = found = expected = 0
    for row, entities, _ in tagged:
        if row["lang"] != language:
            continue
        optional = {
            (e["start"], e["end"]) for e in row["entities"] if e.get("optional")
        }
        gold = {
            (e["start"], e["end"], e["label"])
            for e in row["entities"]
            if e["label"] != "MISC" and not e.get("optional")
        }
        spans = {
            (mention.start, mention.end, entity.type.value)
            for entity in entities
            if entity.type != "MISC"
            for mention in entity.mentions
            if mention.field is Field.TEXT
            and (mention.start, mention.end) not in optional
        }
        right += len(gold & spans)
        found += len(spans)
        expected += len(gold)
    check(f"entities F1 {language}", f1(right, found, expected), capsys)
