from __future__ import annotations

import pytest
from growth import grows_too_fast, repeated

from transforms.extract.titles import Headlines, choose_title

URL = "https://www.harbour.example/2026/gates"
NAMES = ("The Harbour",)
TITLE = "Lock gates shut until spring"


@pytest.mark.parametrize(
    "said",
    [
        Headlines(element=f"{TITLE} | The Harbour"),
        Headlines(element=f"{TITLE} | Port | The Harbour"),
        Headlines(element=f"{TITLE} - The Harbour"),
        Headlines(element=f"The Harbour: {TITLE}", headings=(TITLE,)),
        Headlines(element=f"The Harbour - {TITLE}"),
        Headlines(open_graph=f"{TITLE} – SG – 13.06.2023", headings=(TITLE,)),
        Headlines(open_graph=f"{TITLE} – The Harbour – 13.06.2023"),
        Headlines(open_graph=f"{TITLE} - Harbour.example"),
        Headlines(open_graph=f"{TITLE} - Hafen-Zeitung"),
        Headlines(json_ld=TITLE, open_graph=f"{TITLE}: all that is known"),
        Headlines(headings=("The Harbour", TITLE), element=TITLE),
        Headlines(headings=(f"2 March 2026 {TITLE}",), open_graph=TITLE),
        Headlines(headings=(TITLE,), open_graph=f"{TITLE} » Port » Selwyn"),
        Headlines(
            json_ld=TITLE, open_graph="Six weeks without a lock", headings=(TITLE,)
        ),
    ],
)
def test_the_name_of_the_site_is_cut(said: Headlines) -> None:
    assert choose_title(said, NAMES, URL).text == TITLE


@pytest.mark.parametrize(
    "title",
    [
        "Spider-Man - a review - and Selwyn v. Dunmore: 2-1",
        "Opinion | The lock gates that nobody wanted to repair",
        "Breaking: gates shut",
        "Plan 2030: what changes",
    ],
)
def test_a_headline_stays_whole(title: str) -> None:
    found = choose_title(Headlines(element=title), (), None)
    assert (found.text, found.cut) == (title, None)


def test_what_was_cut_may_name_the_site() -> None:
    found = choose_title(
        Headlines(element=f"{TITLE} | Port | The Selwyn Gazette"), (), None
    )
    assert found.cut == "The Selwyn Gazette"


def test_chinese_titles_need_no_spaces() -> None:
    found = choose_title(
        Headlines(element="港口关闭六周_海港新闻网", headings=("港口关闭六周",)),
        (),
        None,
    )
    assert found.text == "港口关闭六周"


def test_a_live_blog_has_its_own_title() -> None:
    said = Headlines(
        "Storm live", "Storm live: no ferries", ("Update 18",), None, is_live=True
    )
    assert choose_title(said, (), None).text == "Storm live"


def test_a_page_without_words_has_no_title() -> None:
    assert choose_title(Headlines(headings=("",), element=" | "), (), None).text in {
        None,
        "|",
    }


@pytest.mark.parametrize("piece", [" | ", " - ", "a - ", ": "])
def test_hostile_titles_cost_nothing(piece: str) -> None:
    def choose(text: str) -> object:
        return choose_title(Headlines(element=text, open_graph=text[:200]), NAMES, URL)

    assert not grows_too_fast(choose, repeated(piece))


def test_a_headline_of_several_parts_stays_whole_where_a_heading_ends_so() -> None:
    letters = "Letters: Coddling criminals | Undermining road | Recount cost"
    said = Headlines(
        json_ld=letters,
        open_graph=letters,
        headings=(f"Opinion {letters}",),
        element=f"{letters} | The Harbour Post",
    )
    assert choose_title(said, ("The Harbour Post",), None).text == letters
