"""The offline sample hangs together: its links, lists and forms, nothing of its use."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from transforms.vocabulary import Reason, Role

SAMPLE = Path(__file__).parents[2] / "seeds" / "offline"
BASE = b"http://newsbeam.invalid/"
INDEX: dict[str, Any] = json.loads((SAMPLE / "index.json").read_text("utf-8"))
FEEDS: list[dict[str, Any]] = INDEX["feeds"]
EXPECTED: list[dict[str, Any]] = [
    json.loads(line)
    for line in (SAMPLE / "expected.jsonl").read_text("utf-8").splitlines()
]
ARTICLES = [row for row in EXPECTED if row["outcome"] == "article"]
PAGES = sorted(
    path.relative_to(SAMPLE).as_posix() for path in SAMPLE.glob("pages/**/*.html")
)
FEED_FILES = sorted(path.name for path in SAMPLE.glob("feeds/*"))


def _links(content: bytes) -> set[str]:
    found = re.findall(re.escape(BASE) + rb"([^\s\"'<>&?#]*)", content)
    return {link.decode("ascii") for link in found}


def _visible(path: str) -> str:
    page = html.fromstring((SAMPLE / path).read_bytes())
    return " ".join(str(page.xpath("string(//body)")).split())


def test_every_feed_is_listed_once_and_has_a_name_country_and_language() -> None:
    assert INDEX["base"].encode() == BASE
    assert len({feed["path"] for feed in FEEDS}) == len(FEEDS)
    for feed in FEEDS:
        assert (SAMPLE / feed["path"]).is_file(), feed
        assert feed["name"]
        assert feed["format"]
        assert feed["shows"]
        assert re.fullmatch(r"[A-Z]{2}", feed["country"]), feed
        assert re.fullmatch(r"[a-z]{2}", feed["language"]), feed


def test_every_feed_file_is_listed_or_found_from_a_listed_page() -> None:
    reached = {feed["path"] for feed in FEEDS}
    for feed in FEEDS:
        if feed["format"] == "HTML":
            page = html.parse(SAMPLE / feed["path"])
            found = page.xpath("//link[@rel='alternate']/@href")
            assert len(found) == 1
            reached |= {str(href).removeprefix("/") for href in found}
    assert {f"feeds/{name}" for name in FEED_FILES} <= reached


@pytest.mark.parametrize("name", FEED_FILES)
def test_every_link_of_a_feed_leads_into_the_sample(name: str) -> None:
    links = _links((SAMPLE / "feeds" / name).read_bytes()) - {""}
    assert [link for link in links if not (SAMPLE / link).is_file()] == []
    assert 2 <= len([link for link in links if link in PAGES]) <= 6


def test_every_page_is_reached_from_a_feed_and_links_into_the_sample() -> None:
    reached: set[str] = set()
    for name in FEED_FILES:
        reached |= _links((SAMPLE / "feeds" / name).read_bytes())
    assert set(PAGES) <= reached
    for path in PAGES:
        links = _links((SAMPLE / path).read_bytes()) - {""}
        assert [link for link in links if not (SAMPLE / link).is_file()] == [], path


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: str(feed["path"]))
def test_feeds_are_well_formed_where_the_list_says_so(feed: dict[str, Any]) -> None:
    content = (SAMPLE / feed["path"]).read_bytes()
    if feed["path"].endswith(".json"):
        assert json.loads(content)["items"]
    elif feed["well_formed"]:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        assert len(etree.fromstring(content, parser)) > 0
    elif feed["format"] != "HTML":
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(content)
    assert content.decode(feed["charset"]).strip()


def test_expectations_cover_every_page_once() -> None:
    assert sorted(row["path"] for row in EXPECTED) == PAGES


def test_expectations_use_the_words_of_the_records() -> None:
    for row in EXPECTED:
        if row["outcome"] == "reject":
            assert row["reason"] in set(Reason), row
            continue
        assert dt.datetime.fromisoformat(row["published"]), row
        roles = [country["role"] for country in row["countries"]]
        assert Role.FOCUS in roles, row
        assert set(roles) <= set(Role), row
        codes = [country["code"] for country in row["countries"]]
        assert len(set(codes)) == len(codes), row
        assert row.get("near_duplicate_of", row["path"]) in PAGES, row


@pytest.mark.parametrize("row", ARTICLES, ids=lambda row: str(row["path"]))
def test_a_page_shows_what_is_expected_of_it(row: dict[str, Any]) -> None:
    if row.get("text_source") == "feed":
        feeds = [(SAMPLE / "feeds" / name).read_bytes() for name in FEED_FILES]
        shown = next(
            text
            for text in (feed.decode("utf-8", "replace") for feed in feeds)
            if row["path"] in text and row["contains"][0] in text
        )
    else:
        shown = _visible(row["path"])
        assert row["title"] in shown
    for piece in (*row["contains"], *row["authors"]):
        assert piece in shown


def test_the_sample_speaks_the_languages_it_promises() -> None:
    spoken = {row["language"] for row in ARTICLES}
    assert {"ar", "de", "en", "es", "fr", "zh"} <= spoken
    assert 40 <= len(PAGES) <= 60
