"""The report in a browser: every picture drawn, nothing asked for, nothing run."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from chromium import MARKS, PICTURES, Look
from invented import article, entity, write_rows

pytestmark = pytest.mark.browser

Report = Callable[..., Path]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1_600])
def test_every_picture_is_drawn_and_fits(
    page: Path,
    look: Look,
    width: int,
    scheme: Literal["dark", "light"],
) -> None:
    seen = look(page, width=width, scheme=scheme)
    assert seen.said == []
    assert seen.asked == [page.as_uri()]
    marks = dict(seen.ask(MARKS))
    assert set(marks) == set(PICTURES)
    assert all(count > 0 for count in marks.values()), marks
    assert seen.ask("document.documentElement.scrollWidth") == width
    wide = "[...document.querySelectorAll('.plot svg')].filter(one => "
    wide += "one.getBoundingClientRect().right > innerWidth).length"
    assert seen.ask(wide) == 0


def test_pictures_follow_the_width_of_the_page(page: Path, look: Look) -> None:
    seen = look(page)
    seen.page.set_viewport_size({"width": 500, "height": 900})
    seen.page.wait_for_selector("html[data-drawn='500']")
    assert seen.ask("document.documentElement.scrollWidth") == 500
    assert seen.said == []


def test_a_mark_that_is_pointed_at_says_its_numbers(page: Path, look: Look) -> None:
    seen = look(page)
    assert not seen.page.is_visible("#tip")
    seen.page.hover("#languages .plot svg .mark-rect path >> nth=0")
    assert seen.page.locator("#tip dt").all_inner_texts()[:2] == ["name", "articles"]
    assert seen.page.locator("#tip dd").all_inner_texts()[0] == "English"


def test_the_numbers_are_there_as_table_and_as_csv(page: Path, look: Look) -> None:
    seen = look(page)
    seen.page.click("#languages summary")
    cells = seen.page.locator("#languages tbody tr").first.locator("td")
    first = cells.all_inner_texts()
    with seen.page.expect_download() as saved:
        seen.page.click("#languages a[download]")
    assert saved.value.suggested_filename == "languages.csv"
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    assert rows[0]["language"] == first[0] == "English"
    assert f"{int(rows[0]['articles']):,}" == first[2]
    assert any(row["code"] == "" and row["language"] == "unknown" for row in rows)


def test_a_keyboard_gets_everywhere(page: Path, look: Look) -> None:
    seen = look(page)
    keyboard = seen.page.keyboard
    keyboard.press("Tab")
    assert seen.page.inner_text(":focus") == "Skip to the report"
    keyboard.press("Enter")
    assert seen.ask("document.activeElement.id") == "main"
    for _ in range(40):
        keyboard.press("Tab")
        if seen.ask("document.activeElement.localName") == "summary":
            break
    assert seen.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keyboard.press("Enter")
    assert seen.ask("document.activeElement.parentElement.open")
    keyboard.press("Tab")
    # A table that scrolls can be scrolled by keys.
    assert seen.ask("document.activeElement.className") == "scroll"


def test_what_is_read_aloud(page: Path, look: Look) -> None:
    seen = look(page)
    assert seen.ask("document.documentElement.lang") == "en"
    said = seen.ask(
        "[...document.querySelectorAll('.plot')].map(place => "
        "[place.getAttribute('role'), place.getAttribute('aria-label').length])"
    )
    assert len(said) == len(PICTURES)
    assert all(role == "img" and length > 30 for role, length in said)
    levels = seen.ask(
        "[...document.querySelectorAll('h1,h2,h3')].map(head => +head.localName[1])"
    )
    assert levels[0] == 1
    steps = itertools.pairwise(levels)
    assert all(after - before <= 1 for before, after in steps)
    assert seen.ask("document.querySelectorAll('table caption').length") == seen.ask(
        "document.querySelectorAll('table').length"
    )


# As WCAG 2.2 defines it; text needs 4.5.
CONTRAST = """
(names => {
  const probe = document.body.appendChild(document.createElement('i'));
  const light = name => {
    probe.style.color = `var(--${name})`;
    const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3);
    const [r, g, b] = parts.map(one => one / 255).map(
      one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  return names.map(([one, other]) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return [one, (high + .05) / (low + .05)];
  });
})
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(
    page: Path,
    look: Look,
    scheme: Literal["dark", "light"],
) -> None:
    seen = look(page, scheme=scheme)
    texts = ["ink", "soft", "accent"]
    pairs = [[text, ground] for text in texts for ground in ("paper", "card")]
    pairs += [["ink", kind] for kind in ("per", "org", "loc", "misc")]
    found = seen.page.evaluate(CONTRAST, pairs)
    assert all(ratio >= 4.5 for _, ratio in found), found


def test_without_scripts_the_numbers_stay(page: Path, look: Look) -> None:
    seen = look(page, scripts=False)
    assert "drawn by JavaScript" in seen.page.inner_text("noscript")
    seen.page.click("#languages summary")
    assert "English" in seen.page.inner_text("#languages table")


def test_paper_shows_what_the_screen_shows(page: Path, look: Look) -> None:
    seen = look(page, scheme="dark")
    seen.page.emulate_media(media="print")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert seen.ask(paper) == "rgb(255, 255, 255)"
    assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_what_is_unknown_is_called_so(
    tmp_path: Path, report: Report, look: Look
) -> None:
    text = "Ada Berit spoke of the harbour. " * 30
    row = article(1, text=text, entities=[entity("Ada Berit", "PER", text)])
    write_rows(tmp_path / "set", "articles", [row])
    seen = look(report(tmp_path / "set"))
    assert seen.said == []
    tiles = seen.page.locator(".totals div").all_inner_texts()
    assert [" ".join(tile.split()) for tile in tiles[:3]] == [
        "articles 1",
        "sources unknown",
        "languages unknown",
    ]
    assert "is unknown" in seen.page.inner_text("header")
    assert seen.page.inner_text("article h3") == "Without headline"
    assert seen.page.inner_text("article mark.PER") == "Ada Berit"


def test_an_empty_dataset_says_so(tmp_path: Path, report: Report, look: Look) -> None:
    (tmp_path / "set" / "_runs").mkdir(parents=True)
    seen = look(report(tmp_path / "set"))
    assert "There is no article in it" in seen.page.inner_text("header")
    assert seen.said == []
