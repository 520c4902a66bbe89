"""The golden path: the seed article against its record and against a person's reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset

# What differs from run to run.
VOLATILE = {"fetched_at", "ingested_at", "run_id", "date"}
MIN_F1 = 0.95
ANNOTATION = json.loads((ROOT / SEED).with_suffix(".gold.json").read_text())


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    dataset = Dataset(tmp_path_factory.mktemp("seed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        dataset.run(SEED)
    (row,) = dataset.rows()
    return row


def test_record_is_the_golden_one(
    record: dict[str, Any], golden: Callable[[Path, Any], None]
) -> None:
    stable = {name: value for name, value in record.items() if name not in VOLATILE}
    stable["signature"] = stable["signature"].hex()
    golden((ROOT / SEED).with_suffix(".expected.json"), stable)


def test_language_author_and_agency(record: dict[str, Any]) -> None:
    assert record["language"] == ANNOTATION["language"] == "fr"
    assert record["authors"] == ["Marie de La Roche Saint-André"]
    assert record["agency"] == "AFP"
    assert record["title"] is None
    assert record["published_at"] is None


def test_countries_have_the_annotated_roles(record: dict[str, Any]) -> None:
    roles = {country["code"]: country["role"] for country in record["countries"]}
    assert roles == {
        country["alpha2"]: country["role"] for country in ANNOTATION["countries"]
    }
    assert sorted(record["focus_countries"]) == ["KP", "RU"]


def test_every_annotated_country_mention_is_found(record: dict[str, Any]) -> None:
    found = {
        (mention["start"], mention["end"]): country["code"]
        for country in record["countries"]
        for mention in country["mentions"]
    }
    missed = [
        mention
        for mention in ANNOTATION["country_mentions"]
        if found.get((mention["start"], mention["end"])) != mention["country"]
        and "nested_in" not in mention
        and mention["kind"] != "government_body"
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("name", "mentions"),
    [
        ("Kim Jong Un", 6),
        ("Vladimir Poutine", 8),
        ("Dmitri Peskov", 2),
        ("Anne-Claire Legendre", 1),
    ],
)
def test_people_have_all_their_mentions(
    record: dict[str, Any], name: str, mentions: int
) -> None:
    annotated = {
        (entity["start"], entity["end"])
        for entity in ANNOTATION["entities"]
        if entity["canonical"] == name
    }
    (entity,) = (found for found in record["entities"] if found["name"] == name)
    assert entity["type"] == "PER"
    assert name in record["persons"]
    assert {(m["start"], m["end"]) for m in entity["mentions"]} == annotated
    assert entity["count"] == mentions


def test_entities_score_against_the_annotation(
    record: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        (entity["start"], entity["end"], entity["label"])
        for entity in ANNOTATION["entities"]
        if entity["label"] != "MISC" and entity.get("role") != "byline_credit"
    }
    found = {
        (mention["start"], mention["end"], entity["type"])
        for entity in record["entities"]
        if entity["type"] != "MISC"
        for mention in entity["mentions"]
    }
    right = len(found & expected)
    f1 = 2 * right / (len(found) + len(expected))
    with capsys.disabled():
        print(f"\nseed article, strict span F1 of PER, ORG, LOC: {f1:.3f}")
    assert f1 >= MIN_F1


def test_every_offset_cuts_its_mention_out(record: dict[str, Any]) -> None:
    mentions = [
        mention
        for group in (record["entities"], record["countries"])
        for item in group
        for mention in item["mentions"]
    ]
    assert len(mentions) > 80
    for mention in mentions:
        field = record[mention["field"]]
        assert field[mention["start"] : mention["end"]] == mention["text"]


def test_text_is_the_article_without_its_byline(record: dict[str, Any]) -> None:
    text = record["text"]
    assert text.startswith("À bord de son train blindé, le leader nord-coréen")
    assert text.endswith("interrogée sur la portée de cette rencontre.")
    assert text.count("\n\n") == 14
    assert 440 < record["word_count"] < 500
