"""The gold texts are well annotated in form: cuts, labels, codes and roles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from transforms.vocabulary import EntityType, Role

TEXTS = Path(__file__).parents[1] / "quality" / "texts"
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted(TEXTS.glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]

# ISO 3166-1 alpha-2 as of 2025, and XK, which is user-assigned.
ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM
BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX
CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG
GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV
LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE
NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF
WS XK YE YT ZA ZM ZW
"""
CODES = frozenset(ISO_3166.split())


def _by_id(row: dict[str, Any]) -> str:
    return str(row["id"])


def _words(row: dict[str, Any]) -> int:
    text: str = row["text"]
    # These set no spaces between words: a number of characters stands for one.
    characters = {"ja": 2, "th": 4, "zh": 2}.get(row["lang"])
    return len(text) // characters if characters else len(text.split())


@pytest.mark.parametrize("row", ROWS, ids=_by_id)
def test_entities_cut_exactly_and_do_not_overlap(row: dict[str, Any]) -> None:
    text: str = row["text"]
    end = 0
    for entity in row["entities"]:
        assert end <= entity["start"] < entity["end"], entity
        end = entity["end"]
        assert text[entity["start"] : end] == entity["text"] == entity["text"].strip()
        assert entity["label"] in set(EntityType)
        assert entity.get("optional", True) is True


@pytest.mark.parametrize("row", ROWS, ids=_by_id)
def test_countries_have_known_codes_and_roles(row: dict[str, Any]) -> None:
    codes = [country["code"] for country in row["countries"]]
    roles = {country["role"] for country in row["countries"]}
    assert set(codes) <= CODES
    assert len(set(codes)) == len(codes)
    assert roles <= set(Role)
    assert not codes or Role.FOCUS in roles
    assert set(row["must_not"]) <= CODES - set(codes)


@pytest.mark.parametrize("row", ROWS, ids=_by_id)
def test_texts_are_short_news_in_their_own_file(row: dict[str, Any]) -> None:
    assert re.fullmatch(rf"{row['lang']}-\d\d", row["id"])
    assert row in [
        json.loads(line)
        for line in (TEXTS / f"{row['lang']}.jsonl").read_text("utf-8").splitlines()
    ]
    assert row["title"].strip()
    assert not re.search(r"[\[\]]|  ", row["text"])
    assert 60 <= _words(row) <= 150


def test_the_set_is_as_large_as_it_says() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    found = re.search(
        r"(\d+) short news texts in (\d+) languages",
        (TEXTS / "README.md").read_text("utf-8"),
    )
    assert found is not None
    assert len(ROWS) == int(found[1]) >= 64
    assert len({row["lang"] for row in ROWS}) == int(found[2]) >= 16
