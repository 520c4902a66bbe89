"""Copies and stories: what is one text, what is one event, whatever order it came in."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import wires
from hypothesis import given, settings
from hypothesis import strategies as st
from wires import article, cut, edited

from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.state.stories.links import Assigned
from pipeline.state.stories.window import Signed, signed_rows
from transforms.records import Article, Entity
from transforms.stories.forest import ALONE, Belonging, Member, places
from transforms.stories.likeness import STRONG, Comparison, Link, LinkKind
from transforms.stories.signature import MOST_BYTES, Signature, unpacked
from transforms.stories.signer import sign
from transforms.vocabulary import EntityType

DAYS = 7
COPY, STORY = LinkKind.COPY, LinkKind.STORY


def signature(text: str) -> Signature:
    packed = sign(article(text))
    assert packed is not None
    found = unpacked(packed)
    assert found is not None
    return found


def likeness(one: Signature, other: Signature, *, is_one_site: bool) -> Link | None:
    return Comparison(one, [other], [is_one_site]).link(0)


def kind(one: str, other: str, *, is_one_site: bool = False) -> LinkKind | None:
    link = likeness(signature(one), signature(other), is_one_site=is_one_site)
    return link.kind if link else None


@pytest.mark.parametrize("is_one_site", [True, False])
def test_no_link_is_stronger_than_the_most_that_it_may_have(is_one_site: bool) -> None:
    texts = (
        wires.REPORT,
        cut(wires.REPORT, 0.3),
        edited(wires.REPORT),
        wires.OTHER_WORDS,
        wires.FURNITURE,
    )
    others = [signature(text) for text in texts]
    others.append(signature(f"{wires.FURNITURE} {cut(wires.REPORT, 0.5)}"))
    kinds = set()
    for one in others:
        beside = Comparison(one, others, [is_one_site] * len(others))
        for place, most in enumerate(beside.most):
            link = beside.link(place)
            if link is not None:
                kinds.add(link.kind)
                assert link.strength <= most
                # A copy's is known without its words.
                assert link.kind is not COPY or link.strength >= most - 0.02
    assert kinds == {COPY, STORY}


# --- one text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(f"MALDONADO, March 2 (UPN) - {wires.REPORT}", id="dateline"),
        pytest.param(f"{wires.REPORT}\n\nWith material from UPN", id="credit"),
        pytest.param(cut(wires.REPORT), id="cut end"),
        pytest.param(cut(wires.REPORT, 0.3), id="short"),
        pytest.param(edited(wires.REPORT), id="edited"),
        pytest.param(f"{wires.REPORT}\n\n{wires.FURNITURE}", id="furniture"),
        pytest.param(wires.REPORT.upper(), id="capitals"),
    ],
)
def test_a_text_printed_again_is_a_copy(copy: str) -> None:
    assert kind(wires.REPORT, copy) is COPY


def test_pages_with_the_same_furniture_are_no_copies() -> None:
    one = f"{wires.REPORT}\n\n{wires.FURNITURE}"
    other = f"{wires.ELSEWHERE}\n\n{wires.FURNITURE}"
    assert kind(one, other) is None
    assert kind(one, other, is_one_site=True) is None


def test_another_report_of_the_event_is_no_copy() -> None:
    assert kind(wires.REPORT, wires.OTHER_WORDS) is STORY
    assert kind(wires.REPORT, wires.ELSEWHERE) is None


# --- one event in two languages --------------------------------------------------------


def named(number: int, text: str, language: str, *names: str) -> Article:
    entities = tuple(Entity(name, EntityType.PER, 2, ()) for name in names)
    return article(text, number, language=language, entities=entities)


def test_names_and_numbers_lead_from_language_to_language() -> None:
    names = ("Santa Rita", "Julia Ferrando", "Lobos", "Maldonado", "Lineas del Este")
    found = [
        unpacked(sign(named(number, text, language, *names)) or b"")
        for number, (text, language) in enumerate(
            [(wires.REPORT, "en"), (wires.IN_SPANISH, "es"), (wires.ELSEWHERE, "en")]
        )
    ]
    other = unpacked(
        sign(named(9, wires.ELSEWHERE, "en", "Arvids Kalnins", "Riga")) or b""
    )
    english, spanish, _ = found
    assert english is not None
    assert spanish is not None
    assert other is not None
    link = likeness(english, spanish, is_one_site=False)
    assert link is not None
    assert link.kind is STORY
    assert likeness(spanish, other, is_one_site=False) is None


# --- signatures --------------------------------------------------------------------------


@given(st.text(max_size=400), st.sampled_from(["en", "zh", "th", "", None, "ñ", "x-ü"]))
@settings(deadline=None, max_examples=60)
def test_any_text_has_a_small_signature_that_can_be_read(
    text: str, language: str | None
) -> None:
    packed = sign(article(text, language=language))
    if packed is not None:
        assert len(packed) <= MOST_BYTES
        found = unpacked(packed)
        assert found is not None
        assert found.packed() == packed


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x09en\0\0\0\0", b"\x02en\0\x05\0\0"])
def test_what_is_no_signature_is_none(data: bytes) -> None:
    assert unpacked(data) is None


def test_a_signature_of_another_version_is_none() -> None:
    packed = sign(article(wires.REPORT))
    assert packed is not None
    assert unpacked(packed) is not None
    assert unpacked(bytes([packed[0] + 1]) + packed[1:]) is None
    assert unpacked(packed[:-4]) is None


def test_a_text_of_a_few_words_is_compared_with_none() -> None:
    assert sign(article("No comment.")) is None
    assert signed([article("No comment.")]) == []


# --- many articles -----------------------------------------------------------------------


@contextlib.contextmanager
def index() -> Iterator[State]:
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / FILE_NAME)
        with contextlib.closing(state):
            yield state


def signed(articles: Iterable[Article]) -> list[Signed]:
    rows = [
        {
            "id": one.id,
            "url": None,
            "domain": one.domain,
            "published_at": one.published_at,
            "fetched_at": one.fetched_at,
            "signature": sign(one),
        }
        for one in articles
    ]
    return list(signed_rows(rows, 1))


def planted(batches: Iterable[Sequence[Signed]]) -> dict[bytes, Belonging]:
    """Return where articles belong that came in these batches."""
    with index() as state, state.transaction():
        everything: list[Signed] = []
        for batch in batches:
            state.stories.plant(batch, DAYS)
            everything += batch
        return {one.id: state.stories.links.place(one.id) for one in everything}


def key(number: int) -> bytes:
    return number.to_bytes(16)


CORPUS = [
    wires.REPORT,
    f"LOBOS (UPN) - {wires.REPORT}",
    cut(wires.REPORT, 0.6),
    wires.OTHER_WORDS,
    wires.ELSEWHERE,
    cut(wires.ELSEWHERE, 0.7),
    edited(wires.REPORT, 3),
    f"{wires.OTHER_WORDS} {wires.FURNITURE}",
]
ARTICLES = signed(article(text, number) for number, text in enumerate(CORPUS))


def test_the_first_is_the_original_and_heads_the_story() -> None:
    found = planted([ARTICLES])
    assert {number: found[key(number)].original for number in (0, 1, 2, 6)} == {
        0: None,
        1: key(0),
        2: key(0),
        6: key(0),
    }
    assert found[key(3)] == Belonging(key(0))
    assert found[key(7)] == Belonging(key(0), key(3))
    assert found[key(4)] == Belonging(key(4))
    assert found[key(5)] == Belonging(key(4), key(4))


@given(st.permutations(ARTICLES), st.lists(st.integers(0, len(ARTICLES)), max_size=7))
@settings(deadline=None, max_examples=40)
def test_neither_order_nor_batches_matter(order: list[Signed], cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(order)]
    batches = [order[a:b] for a, b in itertools.pairwise(edges)]
    assert planted(batches) == planted([ARTICLES])


def test_the_agencys_own_is_the_original_whenever_it_came() -> None:
    late = article(wires.REPORT, 50, domain="reuters.com")
    found = planted([ARTICLES, signed([late])])
    assert found[key(50)] == Belonging(key(50))
    assert found[key(0)] == Belonging(key(50), key(50))
    assert found[key(2)].original == key(50)


def test_an_article_outside_the_window_is_no_original() -> None:
    old = article(wires.REPORT, 0)
    new = article(wires.REPORT, (DAYS + 1) * 24 * 60)
    found = planted([signed([old, new])])
    assert all(place.original is None for place in found.values())


def test_what_was_forgotten_still_names_its_story() -> None:
    minutes = 5 * 24 * 60
    first, second, third = (article(wires.REPORT, n * minutes) for n in range(3))
    with index() as state, state.transaction():
        state.stories.plant(signed([first]), DAYS)
        state.stories.plant(signed([second]), DAYS)
        (signed_second,) = signed([second])
        state.stories.forget_before(signed_second.minute)
        (assigned,) = state.stories.plant(signed([third]), DAYS)
    assert assigned.story == assigned.original == bytes.fromhex(first.id)


def test_a_link_to_what_was_forgotten_yields_to_no_weaker_one() -> None:
    """The agency's own page is before all others, also one of another report."""
    first = article(wires.REPORT, 0, domain="afp.com")
    copies = [article(cut(wires.REPORT), n, domain=f"paper{n}.example") for n in (9, 8)]
    other = article(wires.OTHER_WORDS, 5 * 24 * 60, domain="afp.com")
    with index() as state, state.transaction():
        state.stories.plant(signed([first, *copies]), DAYS)
        (signed_other,) = signed([other])
        state.stories.forget_before(signed([first])[0].minute + 1)
        state.stories.plant([signed_other], DAYS)
        found = [state.stories.links.place(bytes.fromhex(copy.id)) for copy in copies]
    first_id = bytes.fromhex(first.id)
    assert found == 2 * [Belonging(first_id, first_id)]


def test_a_repeated_article_changes_nothing() -> None:
    with index() as state, state.transaction():
        state.stories.plant(ARTICLES, DAYS)
        assert state.stories.plant(ARTICLES, DAYS) == []


def test_boilerplate_pages_do_not_chain() -> None:
    """Pages of many sites that share furniture alone stay apart."""
    rng = random.Random(5)  # noqa: S311 - no secret
    vocabulary = [f"{a}{b}" for a in ("ba", "ke", "mi", "lo") for b in ("rat", "nos")]
    texts = [
        " ".join(rng.choices(vocabulary, k=10) + [f"item{rng.random():.9f}"] * 3)
        for _ in range(30)
    ]
    pages = [
        article(
            f"{text} {wires.FURNITURE}", number, domain=f"paper{number % 3}.example"
        )
        for number, text in enumerate(texts)
    ]
    mixed = [*pages, article(wires.REPORT, 90), article(wires.ELSEWHERE, 91)]
    found = planted([signed(mixed)])
    assert found[key(90)] == Belonging(key(90))
    assert found[key(91)] == Belonging(key(91))


def test_two_stories_that_grew_are_two_whatever_links_them() -> None:
    weak, firm = Link(STORY, 1.1), Link(STORY, STRONG + 1)
    names = [key(number) for number in range(2 * ALONE)]
    links = dict.fromkeys(names[1:ALONE], (names[0], firm))
    links[names[ALONE]] = (names[0], weak)
    links |= dict.fromkeys(names[ALONE + 1 :], (names[ALONE], firm))
    tree = [Member(name, 0, number) for number, name in enumerate(names)]
    found = places(tree, links, Belonging(names[0]))
    assert {place.story for place in found.values()} == {names[0], names[ALONE]}
    # One fewer, and they are one.
    fewer = {name: links[name] for name in names[1:-1]}
    found = places(tree[:-1], fewer, Belonging(names[0]))
    assert {place.story for place in found.values()} == {names[0]}


def printed(*days_of_sites: Sequence[int], strength: float = 2.5) -> set[bytes]:
    """Return the stories of pages that sites print on these days, each like the one before."""
    tree = sorted(
        (
            Member(key(100 * site + day), day, site)
            for site, days in enumerate(days_of_sites)
            for day in days
        ),
        key=lambda member: (member.day, member.site),
    )
    link = Link(STORY, strength)
    links = {
        later.id: (earlier.id, link) for earlier, later in itertools.pairwise(tree)
    }
    found = places(tree, links, Belonging(tree[0].id))
    return {place.story for place in found.values()}


def test_what_most_sites_print_day_after_day_is_no_story() -> None:
    assert len(printed((1, 2, 3))) == 3
    assert len(printed((1, 2, 3), (1, 2, 3, 4), (2,), (3,))) == 9
    assert len(printed((1, 2), (1, 2))) == 1
    assert len(printed((1, 2, 3), (1, 2), (2,))) == 1
    # They are not very like each other.
    assert len(printed((1, 2, 3), (2, 3, 4), strength=STRONG - 0.1)) == 1


def test_of_a_series_the_copies_of_one_day_stay_together() -> None:
    tree = [Member(key(day), day // 2, day % 2) for day in range(2, 8)]
    copy = Link(COPY, 3.95)
    links = {
        later.id: (earlier.id, copy) for earlier, later in itertools.pairwise(tree)
    }
    found = places(tree, links, Belonging(tree[0].id))
    for day in (2, 4, 6):
        assert found[key(day)] == Belonging(key(day))
        assert found[key(day + 1)] == Belonging(key(day), key(day))


def test_an_article_that_is_read_again_at_another_time_makes_no_circle() -> None:
    first, second = signed([article(wires.REPORT, 10), article(wires.REPORT, 20)])
    moved = dataclasses.replace(first, minute=second.minute + 30)
    with index() as state, state.transaction():
        state.stories.plant([first, second], DAYS)
        assert state.stories.links.place(second.id) == Belonging(first.id, first.id)
        # Its file is gone, and its source lists it still.
        state.stories.forget_days([first.day])
        state.stories.plant([second, moved], DAYS)
        found = {one.id: state.stories.links.place(one.id) for one in (second, moved)}
    assert found[moved.id].original == second.id
    assert found[second.id].original is None


def test_links_in_a_circle_end() -> None:
    one, other = signed([article(wires.REPORT, 10), article(wires.REPORT, 20)])
    with index() as state, state.transaction():
        state.stories.plant([one, other], DAYS)
        links = state.stories.links
        backward = Link(LinkKind.COPY, 1.0)
        links.note(Assigned(one.id, one.id, other.id, other.id, backward))
        assert links.root(one.id) in {one.id, other.id}
        ordered = links.tree(one.id).members
    assert {member.id for member in ordered} == {one.id, other.id}
