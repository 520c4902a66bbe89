"""What one article is: nothing is taken for another, nothing comes twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kit import Dataset
from news_site import BODY, Reader
from press import TEXT, Press, item, news, told
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import load
from pipeline.run import run
from transforms.dedup.entries import entry_identity, listing_of
from transforms.listings import Entry, Listed

VERSION_1 = Path(__file__).with_name("version_1")


@pytest.fixture
def press(httpserver: HTTPServer) -> Press:
    return Press(httpserver)


def titles(reader: Reader) -> list[str]:
    return sorted(row["title"] for row in reader.dataset.rows())


def test_ids_of_its_own_belong_to_a_feed(press: Press, reader: Reader) -> None:
    def printed(text: str) -> list[str]:
        return [
            press.feed(
                f"/{city}",
                *(told(city, n, guid=str(n)) for n in range(1, 4)),
                item(title=f"{city} 4", guid="4", description=f"{text} {BODY}"),
            )
            for city in ("Lima", "Oslo")
        ]

    assert news(reader, *printed("One.")) == 8
    assert news(reader, *printed("One.")) == 0
    # Another text under an id is its next revision.
    assert news(reader, *printed("Two.")) == 2
    rows = [row for row in reader.dataset.rows() if row["title"].endswith("4")]
    assert sorted((row["title"], row["revision"]) for row in rows) == [
        *(("Lima 4", 0), ("Lima 4", 1), ("Oslo 4", 0), ("Oslo 4", 1)),
    ]
    assert len({row["id"] for row in rows}) == 2


def test_what_nothing_names_is_known_by_its_content(
    press: Press, reader: Reader
) -> None:
    same = TEXT.format("Riga", 1)

    def printed() -> list[str]:
        return [
            press.feed(
                "/a", *(item(description=TEXT.format("Lima", n)) for n in "123")
            ),
            press.feed("/b", told("Oslo", 1), item(title="A", description=same)),
            press.feed("/c", item(title="B", description=same)),
        ]

    assert news(reader, *printed()) == 6
    assert news(reader, *printed()) == 0


@pytest.mark.parametrize(
    ("name", "is_shared"),
    [
        *(("https://n.example/1", True), ("http://127.0.0.1/1", True)),
        *(("urn:uuid:1", True), ("URN:isbn:1", True), ("tag:n.example,2026:1", True)),
        *(("1", False), ("http://localhost/1", False), ("http://1", False)),
        *(("n.example/1", False), ("post:1", False), ("tag:1", False)),
    ],
)
def test_an_id_that_is_unique_is_shared_by_feeds(name: str, is_shared: bool) -> None:
    entry = Entry(id=name, title="A", content="text")
    one, other = (Listed(entry, feed, origin=feed) for feed in ("f", "g"))
    assert (entry_identity(one) == entry_identity(other)) is is_shared
    assert (listing_of(one).article == listing_of(other).article) is is_shared


@pytest.mark.slow
def test_a_feed_that_moves_keeps_its_articles(press: Press, reader: Reader) -> None:
    def printed(path: str) -> str:
        return press.feed(path, told("Lima", 1, guid="1"), told("Lima", 2, guid="2"))

    old = printed("/old")
    assert news(reader, old) == 2
    press.fail("/old", 301, Location="/new")
    for _ in range(4):
        printed("/new")
        assert news(reader, old) == 0
    # Followed by its user, too; and listed under both names at once.
    new = printed("/new")
    assert news(reader, new) == 0
    assert news(reader, old, printed("/new")) == 0


def test_a_feed_that_has_moved_before_it_is_read_is_the_one_it_moved_to(
    press: Press, reader: Reader
) -> None:
    press.fail("/old", 301, Location="/new")
    new = press.feed("/new", told("Lima", 1, guid="1"))
    assert news(reader, press.url("/old"), new) == 1
    press.feed("/new", told("Lima", 1, guid="1"))
    assert news(reader, new) == 0


@pytest.mark.slow
def test_another_query_for_every_fetch_is_the_version_that_is_there(
    press: Press, reader: Reader
) -> None:
    press.page("/Lima", "Lima")
    press.page("/a?id=1", "Oslo")
    press.page("/a?id=2", "Riga")
    press.page("/a?id=3", "Oslo", BODY + "<p>It was corrected.</p>")
    links = [f"/a?id={n}" for n in range(1, 4)]
    for number in range(3):
        links += [f"/Lima?v={number}", f"/Lima?v={number}-again"]
        items = (item(title="x", link=press.url(link)) for link in links)
        found = news(reader, press.feed("/feed", *items))
        assert found == (0 if number else 4)
    press.feed("/feed", item(title="x", link=press.url("/Lima")))
    assert news(reader, press.url("/feed")) == 0
    assert len(press.asked("/Lima?v=2")) == 1


@pytest.mark.slow
def test_an_item_that_was_changed_is_followed_again(
    press: Press, reader: Reader
) -> None:
    def read(title: str, text: str, published: str) -> int:
        press.page("/Lima", title, f"{BODY}<p>{title}</p>")
        told_ = item(
            title=title,
            link=press.url("/Lima"),
            guid="1",
            pubDate=f"Mon, 23 Nov 2026 {published} GMT",
            description=text,
        )
        return news(reader, press.feed("/feed", told_))

    assert read("Nine are dead", "A storm hit Lima.", "08:00:00") == 1
    assert read("Nine are dead", "A storm hit Lima.", "08:00:00") == 0
    # The time of the feed's making, a counter and another markup are no change.
    assert read("Nine are dead", "<p>A storm hit Lima. 17</p>", "09:00:00") == 0
    assert len(press.asked("/Lima")) == 1
    assert read("Ten are dead", "A storm hit Lima, again.", "10:00:00") == 1
    assert read("Ten are dead", "A storm hit Lima, again.", "10:00:00") == 0
    assert len(press.asked("/Lima")) == 2
    assert [row["revision"] for row in reader.dataset.rows()] == [0, 1]


@pytest.mark.slow
def test_two_feeds_that_tell_of_an_article_in_their_own_words_ask_for_it_once(
    press: Press, reader: Reader
) -> None:
    press.page("/Lima", "Lima")
    feeds = [
        press.feed(f"/{name}", item(title=name, link=press.url("/Lima"), guid=name))
        for name in ("first", "second")
    ]
    assert [news(reader, *feeds) for _ in range(3)] == [1, 0, 0]
    assert len(press.asked("/Lima")) == 1


def test_routes_are_articles_of_their_own(press: Press, reader: Reader) -> None:
    press.page("/app", "Lima", "<p>no</p>")
    links = [f"{press.url('/app')}#!route{n}" for n in (1, 2)]
    items = [item(title="x", link=link, description=BODY) for link in links]
    assert news(reader, press.feed("/feed", *items)) == 2
    assert sorted(row["url"] for row in reader.dataset.rows()) == links


@pytest.mark.slow
def test_a_dataset_of_version_1_keeps_what_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(VERSION_1, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    config = load(Path("settings.toml"))
    dataset = Dataset(Path("dataset"))
    before = dataset.rows()
    assert len(before) == 12
    first = run(config)
    # By what version 1 knew them by: each feed answers that it is unchanged.
    assert first.as_json()["feeds_unchanged"] == 3
    for feed in Path("site/feeds").glob("*.xml"):
        feed.write_text(feed.read_text() + "<!-- printed again -->")
    second = run(config)
    assert second.as_json()["feeds_with_news"] == 3
    (dataset.path / "state.sqlite").unlink()
    third = run(config)
    for report in (first, second, third):
        assert report.as_json()["new"] == 0
        assert report.imbalances == []
    assert sorted(row["id"] for row in dataset.rows()) == sorted(
        row["id"] for row in before
    )
