"""The numbers of the report and the statistics, and how they become a page."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from invented import LAST, article, entity, identifier, write_rows
from kit import ROOT
from rich.console import Console

from pipeline.charts import coverage, markup, page, sample, stats, world
from pipeline.charts.names import names as named
from pipeline.charts.names import rising
from pipeline.charts.questions import Questions
from pipeline.desk.views import connect

DAY = dt.timedelta(days=1)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Callable[..., Questions]]:
    """Return a function that writes articles and asks them."""
    open_ones = []

    def made(*rows: dict[str, Any], since: dt.datetime | None = None) -> Questions:
        write_rows(tmp_path / "set", "articles", rows)
        connection = connect(tmp_path / "set")
        open_ones.append(connection)
        return Questions(connection, since)

    yield made
    for connection in open_ones:
        connection.close()


def printed(questions: Questions) -> str:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as captured:
        console.print(stats.stats_view(questions, 120))
    return captured.get()


def test_what_is_unknown_is_a_group_of_its_own(asked: Callable[..., Questions]) -> None:
    questions = asked(
        article(1, published_at=LAST, domain="a.example", language="en"),
        article(2, published_at=LAST, domain="a.example"),
        article(3, published_at=LAST, language="en"),
        article(4, domain="a.example", language="fr"),
    )
    totals = questions.totals
    assert (totals.articles, totals.sources, totals.languages) == (4, 1, 2)
    assert (totals.undated, totals.without_language) == (1, 1)
    assert "1 article without a date left out." in coverage.over_time(questions).lead
    languages = coverage.voices(questions).parts[0]
    assert isinstance(languages, markup.Figure)
    assert languages.says == "2 languages. Of 1 article it is unknown."
    day = LAST.replace(tzinfo=None) - dt.timedelta(hours=18)
    assert questions.unit == "hour"
    assert {row[1:] for row in questions.volumes("source").rows} == {
        ("a.example", 1, 2),
        ("unknown", 99, 1),
    }
    assert {row[0] for row in questions.volumes("source").rows} == {
        day + dt.timedelta(hours=18)
    }
    assert ("unknown", 99, 1) in {row[1:] for row in questions.volumes("language").rows}
    assert questions.ask("source_countries").rows == ((None, 1, 4),)


def test_the_many_that_publish_little_are_others(
    asked: Callable[..., Questions],
) -> None:
    rows = [
        article(number, published_at=LAST, domain=f"site{number % 9}.example")
        for number in range(30)
    ]
    found = asked(*rows).volumes("source").records()
    others = [row for row in found if row["series"] == "other sources"]
    assert len(found) == 7
    assert sum(row["articles"] for row in found) == 30
    assert others[0]["articles"] == 9


def test_a_source_has_one_name_and_the_latest_revision_counts(
    asked: Callable[..., Questions],
) -> None:
    questions = asked(
        article(1, domain="a.example", source_name="The A", source_country="GB"),
        article(2, domain="a.example", source_name="The A"),
        article(3, domain="a.example", source_name="The A – Sports"),
        article(3, domain="a.example", source_name="The A – Sports", revision=1),
    )
    assert questions.totals.articles == 3
    assert questions.totals.revisions == 1
    [source] = questions.ask("largest_sources").records()
    assert (source["name"], source["country"], source["articles"]) == ("The A", "GB", 3)


def test_a_name_rises_against_the_days_before(asked: Callable[..., Questions]) -> None:
    rows = []
    for number in range(400):
        at = LAST - DAY * (number % 40)
        names = [entity("Usual", "PER", ""), entity(f"Rare {number}", "PER", "")]
        if number % 40 < 7 and number % 2:
            names.append(entity("Risen", "PER", ""))
        if number % 40 == 20:
            names.append(entity("Fallen", "PER", ""))
        rows.append(article(number, published_at=at, entities=names))
    # Copies of one report make nothing rise.
    rows += [
        article(
            1_000 + number,
            published_at=LAST,
            duplicate_of=identifier(0),
            entities=[entity("Copied", "PER", "")],
        )
        for number in range(50)
    ]
    questions = asked(*rows)
    assert questions.days is not None
    midnight = LAST.replace(hour=0, tzinfo=None)
    assert questions.days.closes == midnight + DAY
    assert questions.days.recent == midnight - 6 * DAY
    assert questions.days.earlier == midnight - 34 * DAY
    least, risen_names = questions.rising()
    [risen] = risen_names.records()
    assert (risen["name"], risen["now"], risen["before"]) == ("Risen", 30, 0)
    # Two names are in three articles or more.
    assert least == pytest.approx(2.13, abs=0.01)
    assert risen["z"] > least
    people, *others = [
        part for part in rising(questions).parts if isinstance(part, markup.Figure)
    ]
    assert [(row[0], row[1], row[2]) for row in people.rows] == [("Risen", 30, 0)]
    assert people.says == "Articles of the recent days, the surest rise on top."
    assert [other.says for other in others] == [
        "None rises more than chance explains."
    ] * 2
    lines = printed(questions)
    span = "18 to 24 November 2026 against 21 October to 17 November 2026"
    assert f"on the rise: {span}, copies left out\n" in lines
    assert "\npeople, copies left out\n" in lines
    z = f"{risen['z']:.1f}"
    assert re.search(rf"  Risen +30 articles, before 0; z {z}\n", lines)


def test_among_many_names_none_rises_by_chance(
    asked: Callable[..., Questions],
) -> None:
    rng = random.Random(3)  # noqa: S311 - the same each time
    rows = [
        article(
            number,
            published_at=LAST - DAY * (number % 40),
            entities=[
                entity(f"Name {rng.randrange(400)}", "PER", "") for _ in range(5)
            ],
        )
        for number in range(1_200)
    ]
    least, rising = asked(*rows).rising()
    assert least > 3.5
    assert not rising


def test_sources_that_are_called_alike_stay_apart(
    asked: Callable[..., Questions],
) -> None:
    questions = asked(
        *(article(n, domain=f"site{n}.example", source_name="News") for n in (1, 2)),
        article(3, domain="site3.example", source_name="unknown"),
        article(4),
    )
    names = {row["name"] for row in questions.ask("largest_sources").records()}
    assert names == {
        *("News (site1.example)", "News (site2.example)"),
        *("unknown (site3.example)", "unknown"),
    }


def test_few_days_make_no_rise(asked: Callable[..., Questions]) -> None:
    questions = asked(*(article(n, published_at=LAST - DAY * n) for n in range(3)))
    assert questions.days is None
    assert not questions.rising()[1]


def test_who_is_named_together(asked: Callable[..., Questions]) -> None:
    names = [entity("Ada", "PER", ""), entity("Bank", "ORG", "")]
    questions = asked(
        *(article(number, entities=names) for number in range(3)),
        article(3, entities=[*names, entity("Once", "PER", "")]),
        article(4, entities=names[:1]),
        article(5, entities=names, duplicate_of=identifier(4)),
    )
    assert questions.ask("together").records() == [
        {
            "one": "Ada",
            "one_type": "PER",
            "other": "Bank",
            "other_type": "ORG",
            "articles": 4,
            "of_one": 5,
            "of_other": 4,
        }
    ]
    together = named(questions).parts[-1]
    assert isinstance(together, markup.Figure)
    assert together.says == (
        "People and organisations in the same article: Ada and Bank (4)."
    )
    assert together.picture["data"]["values"][0]["count"] == 4


def test_a_story_has_sources_copies_and_voices(asked: Callable[..., Questions]) -> None:
    head = identifier(1)
    rows = [
        article(
            number,
            story_id=head,
            duplicate_of=original,
            domain=f"site{number}.example",
            agency=agency,
            title=f"Headline {number}",
            published_at=LAST + dt.timedelta(hours=number),
        )
        for number, original, agency in (
            (1, None, "AFP"),
            (2, head, None),
            (3, None, None),
            (4, None, "AFP"),
        )
    ]
    questions = asked(*rows, article(9, story_id=identifier(9)))
    largest, articles = questions.stories()
    [story] = largest.records()
    assert story["title"] == "Headline 1"
    assert story["first_source"] == "site1.example"
    counted = ("articles", "sources", "copies", "voices")
    assert [story[name] for name in counted] == [4, 4, 1, 2]
    assert [tick["is_copy"] for tick in articles.records()] == [
        False,
        True,
        False,
        False,
    ]


def test_since_leaves_out_what_is_earlier(asked: Callable[..., Questions]) -> None:
    questions = asked(
        article(1, published_at=LAST),
        article(2, published_at=LAST - DAY),
        article(3, fetched_at=LAST - 3 * DAY),
        since=LAST - 2 * DAY,
    )
    assert questions.totals.articles == 2


def test_volumes_are_drawn_by_a_unit_that_fits(asked: Callable[..., Questions]) -> None:
    rows = [article(n, published_at=LAST - 30 * n * DAY) for n in range(20)]
    questions = asked(*rows)
    assert questions.unit == "week"
    assert sum(row[-1] for row in questions.volumes("source").rows) == 20


def test_a_few_old_articles_make_no_scale(asked: Callable[..., Questions]) -> None:
    rows = [article(n, published_at=LAST - DAY * (n % 30)) for n in range(200)]
    rows.append(article(999, published_at=LAST - 9_000 * DAY))
    questions = asked(*rows)
    assert questions.unit == "day"
    assert questions.opens is not None
    assert questions.opens > LAST.replace(tzinfo=None) - 31 * DAY
    first = LAST - 9_000 * DAY
    assert (
        f"are left out; the first is of {first.day} {first:%B %Y}."
        in coverage.over_time(questions).lead
    )


def test_names_and_countries_are_marked_and_nothing_else_is_markup() -> None:
    text = "Ada <b>of</b> the Bank of Japan & France"

    def mention(name: str) -> dict[str, Any]:
        start = text.index(name)
        return {"start": start, "end": start + len(name), "field": "text"}

    row = {
        "entities": [
            {"type": "PER", "mentions": [mention("Ada")]},
            {"type": "ORG", "mentions": [mention("Bank of Japan")]},
        ],
        "countries": [
            {"code": "JP", "mentions": [mention("Japan")]},
            {"code": "FR", "mentions": [mention("France")]},
        ],
    }
    assert sample.marked(text, row, "text") == (
        '<mark class="PER" title="person">Ada</mark> &lt;b&gt;of&lt;/b&gt; the '
        '<mark class="ORG" title="organisation"><mark class="country" title="Japan">'
        "Bank of Japan<sup>JP</sup></mark></mark> &amp; "
        '<mark class="country" title="France">France<sup>FR</sup></mark>'
    )


def test_what_strangers_write_is_text_everywhere() -> None:
    evil = "</script><script>alert(1)</script>\u2028&"
    packed = markup.in_script({"title": evil})
    assert not re.search("[<>&\u2028]", packed)
    assert json.loads(packed) == {"title": evil}
    assert markup.text("\x1b[31m<i>\ud800") == "\ufffd[31m&lt;i&gt;\ufffd"
    csv = markup.as_csv(
        ("a", "b"), [("=1+1", -1), ("＝x", None), (LAST.replace(tzinfo=None), "x,y")]
    )
    assert csv.splitlines() == [
        "a,b",
        "'=1+1,-1",
        "'＝x,",
        '2026-11-24T18:00:00Z,"x,y"',
    ]


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://a.example/?q=1", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//a.example", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_only_the_web_is_linked(url: str | None, *, is_link: bool) -> None:
    assert markup.link(url, "x").startswith("<a ") is is_link


def test_shades_of_the_map_reach_from_one_to_the_most() -> None:
    for most in (1, 2, 3, 4, 5, 7, 40, 999, 12_345):
        shades = world.shades(most)
        starts = [start for start, _ in shades]
        assert starts[0] == 1
        assert starts == sorted(set(starts))
        assert starts[-1] <= most
        assert len(shades) <= 5
    assert [name for _, name in world.shades(100)][-1] == "30–100"


def test_what_it_draws_with_is_as_its_provenance_says() -> None:
    folder = ROOT / "pipeline" / "charts" / "data"
    listed = re.findall(
        r"\| `([\w.]+)` \| `(\w{64})`", (folder / "README.md").read_text()
    )
    assert len(listed) == 3
    for name, expected in listed:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    notice = (folder / "NOTICE").read_text()
    made = json.loads((folder / "package.json").read_text())["dependencies"]
    for package, version in made.items():
        assert f"\n{package} {version} (" in notice
    script = page._bundle()  # noqa: SLF001 - what each report begins with
    assert notice.strip() in script
    assert "</script" not in script.lower()


def test_every_country_of_iso_3166_is_on_the_map() -> None:
    geography = page._geography()  # noqa: SLF001 - as the page takes it
    shapes = geography["atlas"]["objects"]["countries"]["geometries"]
    drawn = [one["id"] for one in shapes if "id" in one]
    assert len(set(drawn)) == 174
    assert {"XK", "SO", "GL", "PS", "TW"} <= set(drawn)
    assert not set(drawn) & set(geography["dots"])
    assert len({*drawn, *geography["dots"]}) == 249
    assert all(
        -180 <= east <= 180 and -60 < north < 85
        for east, north in geography["dots"].values()
    )


def test_an_article_whose_text_is_not_kept_has_a_headline(
    asked: Callable[..., Questions],
) -> None:
    shown = sample.sample(
        asked(article(1, title="A headline", text="", word_count=200, language="en"))
    ).html()
    assert "A headline" in shown
    assert "Its text is not kept." in shown
