"""Feeds read from real servers on this machine; the request log proves what was sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit import ROOT, Dataset
from news_site import BODY, Reader, Site, page
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import load
from pipeline.run import run
from pipeline.state.inventory import FILE_NAME
from transforms.errors import RunError
from transforms.vocabulary import Stage

pytestmark = pytest.mark.usefixtures("dead_proxy")


def test_entries_are_followed_to_their_pages(site: Site, reader: Reader) -> None:
    site.list("Lima")
    site.list("Oslo")
    report = reader.read(site.url)
    rows = reader.dataset.rows()
    assert sorted(row["title"] for row in rows) == ["Lima", "Oslo"]
    assert {row["text_source"] for row in rows} == {"page"}
    assert {tuple(row["feeds"]) for row in rows} == {(site.url,)}
    assert {row["source_name"] for row in rows} == {"City News"}
    assert report.imbalances == []
    agents = {request.headers["User-Agent"] for request in site.requests}
    assert agents == {"newsbeam/0.1.0 (+https://example.org/me)"}
    assert not any(request.headers.get("Referer") for request in site.requests)


def test_validators_are_sent_verbatim_and_nothing_is_fetched_twice(
    site: Site, reader: Reader
) -> None:
    site.list("Lima")
    reader.read(site.url)
    first = len(site.requests)
    report = reader.read(site.url)
    (again,) = site.requests[first:]
    assert again.path == "/feed"
    assert again.headers["If-None-Match"] == '"v1"'
    assert again.headers["If-Modified-Since"] == "Mon, 23 Nov 2026 08:00:00 GMT"
    assert reader.outcomes("feed") == ["news", "unchanged"]
    assert report.as_json()["new"] == 0


@pytest.mark.slow
def test_a_body_hash_decides_where_validators_are_ignored(
    site: Site, reader: Reader
) -> None:
    site.honours_validators = False
    site.list("Lima")
    reader.read(site.url)
    reader.read(site.url)
    assert reader.outcomes("feed") == ["news", "unchanged"]
    site.list("Oslo")  # under the same ETag
    reader.read(site.url)
    assert reader.outcomes("feed")[-1] == "news"
    assert len(site.asked("/Lima")) == len(site.asked("/Oslo")) == 1


def test_validators_of_a_failed_run_are_not_kept(
    site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.list("Lima")
    with monkeypatch.context() as patch:
        patch.setattr("transforms.write.staging.stage_file", lambda *_, **__: 1 / 0)
        with pytest.raises(RunError):
            reader.read(site.url)
    reader.read(site.url)
    assert not any("If-None-Match" in request.headers for request in site.requests)
    assert len(reader.dataset.rows()) == 1


def test_two_feeds_that_list_one_entry_fetch_it_once(
    site: Site, reader: Reader, dataset: Dataset
) -> None:
    site.list("Lima")
    with HTTPServer() as other:
        copy = Site(other)
        copy.list("Lima", link=site.server.url_for("/Lima?utm_source=copy"))
        report = reader.read(site.url, copy.url)
    assert len(site.asked("/Lima")) == 1
    assert len(dataset.rows()) == 1
    assert report.counters.count(Stage.PAGES, "duplicate") == 1


def test_a_changed_entry_is_fetched_again_and_is_a_revision(
    site: Site, reader: Reader
) -> None:
    site.honours_validators = False
    site.list("Lima")
    reader.read(site.url)
    site.entries[0]["updated"] = "2026-11-24T07:00:00Z"
    site.pages["/Lima"] = (
        200,
        page("Lima", BODY + "<p>It was corrected on Tuesday.</p>"),
    )
    reader.read(site.url)
    rows = sorted(reader.dataset.rows(), key=lambda row: row["revision"])
    assert [row["revision"] for row in rows] == [0, 1]
    assert rows[0]["id"] == rows[1]["id"]
    assert rows[1]["text"].endswith("corrected on Tuesday.")


def test_a_missing_page_is_rejected_once(site: Site, reader: Reader) -> None:
    site.honours_validators = False
    site.list("Lima")
    site.pages["/Lima"] = (404, "")
    reader.read(site.url)
    site.list("Oslo")
    reader.read(site.url)
    assert len(site.asked("/Lima")) == 1
    (row,) = reader.dataset.rows("rejects")
    assert (row["stage"], row["reason"], row["feed"]) == (
        "pages",
        "http_error",
        site.url,
    )
    assert json.loads(row["payload"])["url"].endswith("/Lima")


LOGIN = (
    "<html><head><title>Log in | City News</title></head><body><main><h1>Log in</h1>"
    "<p>Welcome back. Please enter the e-mail address and the password of your account "
    "to continue reading.</p><form><input type=password></form></main></body></html>"
)
MISSING = (
    "<html><head><title>Page not found - City News</title></head><body><h1>Nothing here"
    "</h1><p>Sorry, the page that you are looking for does not exist any more, or has "
    "been moved to another address.</p></body></html>"
)
SENT_ON = (
    '<html><head><title>One moment</title><meta http-equiv=refresh content="0; url=/x">'
    "</head><body><p>If you are not redirected within a few seconds, click here to go on "
    "to the page that you asked for, please.</p></body></html>"
)


def test_a_page_that_is_not_the_story_leaves_what_the_feed_says(
    site: Site, reader: Reader
) -> None:
    site.pages["/account/login"] = (200, LOGIN)
    site.pages["/"] = (200, page("Everywhere"))
    answers = {
        "Lima": (302, "/account/login?next=/Lima"),
        "Oslo": (302, "/account/login"),
        "Rome": (302, "/"),
        "Bonn": (200, MISSING),
        "Cork": (200, SENT_ON),
    }
    for city, answer in answers.items():
        site.list(
            city, summary=f"The bridge of {city} will be rebuilt, the council says."
        )
        site.pages[f"/{city}"] = answer
    site.list("Riga", summary="")
    site.pages["/Riga"] = (302, "/account/login")
    report = reader.read(site.url)
    rows = {row["title"]: row for row in reader.dataset.rows()}
    assert set(rows) == set(answers)
    for city, row in rows.items():
        assert row["text"].startswith(f"The bridge of {city}")
        assert (row["text_source"], row["is_truncated"]) == ("feed", True)
        assert row["canonical_url"].endswith(f"/{city}")
    assert report.counters.kept_feed_text == {
        "login_page": 2,
        "other_page": 1,
        "error_page": 1,
        "redirect_page": 1,
    }
    assert report.as_json()["kept_feed_text"] == report.counters.kept_feed_text
    (line,) = (
        line for line in map(str, report.__rich__().renderables) if "kept feed" in line
    )
    assert line.split("text", 1)[1].strip() == (
        "login_page 2, error_page 1, other_page 1, redirect_page 1"
    )
    (reject,) = reader.dataset.rows("rejects")
    assert (reject["reason"], reject["stage"]) == ("login_page", "extract")
    assert report.imbalances == []


def test_a_feed_that_is_gone_is_left_alone(site: Site, reader: Reader) -> None:
    site.feed_status = 410
    reader.read(site.url)
    report = reader.read(site.url)
    assert len(site.requests) == 1
    assert report.counters.count(Stage.FEEDS, "retired") == 1
    (row,) = reader.dataset.rows("rejects")
    assert "410" in row["detail"]


def test_server_errors_are_tried_twice_in_a_run(site: Site, reader: Reader) -> None:
    site.feed_status = 500
    reader.read(site.url)
    assert len(site.requests) == 2


def test_a_front_page_leads_to_its_feed(site: Site, reader: Reader) -> None:
    link = f"<link rel='alternate' type='application/atom+xml' href='{site.url}'>"
    site.pages["/front"] = (200, f"<html><head>{link}</head><body>Home</body></html>")
    site.pages["/plain"] = (200, "<html><head></head><body>Home</body></html>")
    site.list("Lima")
    reader.read(site.server.url_for("/front"), site.server.url_for("/plain"))
    assert len(reader.dataset.rows()) == 1
    (row,) = reader.dataset.rows("rejects")
    assert row["key"].endswith("/plain")
    assert row["stage"] == "feeds"


def test_a_front_page_that_leads_to_another_is_no_feed(
    site: Site, reader: Reader
) -> None:
    for path, named in (("/front", "/second"), ("/second", "/third")):
        link = f"<link rel='alternate' type='application/rss+xml' href='{named}'>"
        site.pages[path] = (200, f"<html><head>{link}</head><body>Home</body></html>")
    reader.read(site.server.url_for("/front"))
    (row,) = reader.dataset.rows("rejects")
    third = site.server.url_for("/third")
    assert row["reason"] == "not_a_feed"
    assert row["detail"] == f"a page that names another address as its feed: {third}"
    (fetch,) = reader.dataset.rows("fetches")
    assert fetch["outcome"] == "not_a_feed"


def test_state_is_rebuilt_from_the_dataset(site: Site, reader: Reader) -> None:
    site.list("Lima")
    reader.read(site.url)
    (reader.dataset.path / FILE_NAME).unlink()
    reader.read(site.url)
    assert site.asked("/feed")[1].headers["If-None-Match"] == '"v1"'
    assert len(site.asked("/Lima")) == 1


def test_secrets_of_a_feeds_address_are_nowhere(
    site: Site, reader: Reader, capfd: pytest.CaptureFixture[str]
) -> None:
    site.list("Lima")
    host = site.url.removeprefix("http://")
    secret = f"http://anna:hunter2@{host}?token=s3cr3t"
    reader.read(secret)
    reader.read(secret)
    assert site.asked("/feed")[0].args["token"] == "s3cr3t"  # noqa: S105
    assert site.asked("/feed")[0].authorization.password == "hunter2"  # noqa: S105
    assert site.asked("/feed")[1].headers["If-None-Match"] == '"v1"'
    assert len(reader.dataset.rows("fetches")) == 4
    rows = [reader.dataset.rows(table) for table in ("articles", "rejects", "fetches")]
    reports = [path.read_text() for path in reader.dataset.path.rglob("*.json")]
    said = capfd.readouterr()
    everything = f"{rows}{reports}{said}"
    assert "hunter2" not in everything
    assert "s3cr3t" not in everything
    assert b"hunter2" not in (reader.dataset.path / FILE_NAME).read_bytes()


def test_private_addresses_are_refused(site: Site, reader: Reader) -> None:
    site.list("Lima")
    reader.read(site.url, allowed_networks=())
    assert site.requests == []
    (row,) = reader.dataset.rows("rejects")
    assert row["stage"] == "feeds"
    assert "address" in row["detail"]


def test_a_feed_that_declares_entities_is_refused(site: Site, reader: Reader) -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><rss version='2.0'><channel/></rss>"
    site.pages["/bomb"] = (200, bomb)
    reader.read(site.server.url_for("/bomb"))
    (row,) = reader.dataset.rows("rejects")
    assert row["reason"] == "unsupported"
    assert "entities" in row["detail"]


def test_the_offline_sample_is_what_it_says(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    config = load(
        ROOT / "configs" / "offline.toml", flags={"output": {"path": tmp_path}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        config = load(
            Path("configs/offline.toml"), flags={"output": {"path": tmp_path}}
        )
        run(config)
    expected = {
        item["path"]: item
        for item in map(
            json.loads, (ROOT / "seeds/offline/expected.jsonl").read_text().splitlines()
        )
    }
    rows = {row["url"].split("invalid/", 1)[1]: row for row in dataset.rows()}
    rejects = {
        row["key"].split("invalid/", 1)[1]: row["reason"]
        for row in dataset.rows("rejects")
    }
    assert rejects == {
        path: item["reason"]
        for path, item in expected.items()
        if item["outcome"] == "reject"
    }
    assert rows.keys() == expected.keys() - rejects.keys()
    for path, row in rows.items():
        item = expected[path]
        assert row["language"] == item["language"], path
        assert row["source_country"] == item["source_country"], path
        if row["text_source"] == "page":
            assert row["agency"] == item["agency"], path
        for part in item["contains"]:
            assert part in row["text"].replace("\n", " ") or part in row["text"], path
        for part in item["lacks"]:
            assert part not in row["text"], path


def test_a_feed_that_takes_too_long_to_parse_is_rejected_and_asked_for_again(
    site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.list("Lima")
    long = site.feed().replace("</feed>", "<entry><title>x</title></entry>" * 100_000)
    reader.settings = ("pool.deadline_seconds=0.2",)
    with monkeypatch.context() as patch:
        patch.setattr(site, "feed", lambda: f"{long}</feed>")
        reader.read(site.url)
    (row,) = reader.dataset.rows("rejects")
    assert (row["stage"], row["reason"], row["key"]) == ("feeds", "timeout", site.url)
    assert "pool.deadline_seconds" in row["detail"]
    reader.settings, reader.hours = (), 48.0
    reader.read(site.url)
    assert reader.outcomes("feed") == ["malformed", "news"]
    assert [row["title"] for row in reader.dataset.rows()] == ["Lima"]
