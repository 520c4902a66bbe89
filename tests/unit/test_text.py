from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.stories.terms import plain, words
from transforms.text.strings import (
    clean,
    content_hash,
    folded,
    for_models,
    one_line,
    paragraphs,
    unwrapped,
    word_count,
)


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("e\u0301te\u0301", "été"),
        ("dix\u00a0mille\u202f000", "dix mille 000"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07shown", "shown"),
        ("a\x00b\x07c\x9fd", "abcd"),
        ("lone\ud800surrogate", "lone\ufffdsurrogate"),
        ("soft\u00adhyphen, zero\u200bwidth\ufeff", "softhyphen, zerowidth"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("\u202egnp.exe", "gnp.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_clean(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@given(st.text(st.characters()))
def test_what_is_cleaned_is_storable_printable_and_stays_so(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned) == cleaned
    assert "\x1b" not in cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\ntwo", "one\n\ntwo"),
        ("one\r\n\r\n\r\n two \r\n", "one\n\ntwo"),
        ("one\ntwo", "one\n\ntwo"),
        ("wrapped\nline\n\nnext", "wrapped\nline\n\nnext"),
        ("  a   b  ", "a b"),
        ("", ""),
    ],
)
def test_paragraphs(text: str, expected: str) -> None:
    assert paragraphs(text) == expected


@given(st.text())
def test_paragraphs_are_stable(text: str) -> None:
    assert paragraphs(paragraphs(text)) == paragraphs(text)


def test_one_line() -> None:
    assert one_line(" a\n b\u00a0c ") == "a b c"
    assert one_line(" \n ") is None
    assert one_line(None) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’accord d'armement, dit-il.", 3),
        ("北京的天气", 5),
        ("서울 시장", 2),
        ("", 0),
        ("e-mail 42", 2),
        # Vowels are marks, and joiners stand inside words.
        ("नरेंद्र मोदी ने कहा", 4),
        ("প্রধানমন্ত্রী শেখ হাসিনা", 3),
        ("நரேந்திர மோடி", 2),
        ("ప్రధాని మోదీ", 2),
        ("שָׁלוֹם עולם", 2),
        ("السَّلام عليكم", 2),
        ("می‌خواهم بروم", 2),
        ("ราคา น้ำมัน", 10),
        ("❤️ Via 1️⃣", 2),
        ("a ा b", 2),
    ],
)
def test_word_count(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [("मोदी", "मादा"), ("நரி", "நரை"), ("น้ำ", "นำ"), ("शांति", "शांत")],
)
def test_words_of_other_vowels_are_others(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert folded(f" {one.upper()}, ") == folded(one)


def test_a_text_with_points_has_the_words_of_one_without() -> None:
    pairs = [("שָׁלוֹם עולם", "שלום עולם"), ("السَّلام عليكم", "السلام عليكم")]
    pairs.append(("می‌خواهم", "میخواهم"))
    for one, other in pairs:
        assert list(map(plain, words(one))) == list(map(plain, words(other)))


def test_content_hash_ignores_layout_and_nothing_else() -> None:
    assert content_hash("Un  texte.\n\nDeux") == content_hash("un texte. deux")
    assert content_hash("Un texte.") != content_hash("Un texte")
    assert len(content_hash("")) == 32


@given(st.text())
def test_for_models_moves_no_offset(text: str) -> None:
    assert len(for_models(text)) == len(text)
    assert for_models("l’armée\u00a0!") == "l'armée !"


WRAPPED = """\
PORT SELWYN CLOSES ITS BASIN
By Ruth Adler

The harbour board of Port Selwyn, led by Anna
Lindqvist, voted on Tuesday to close the northern
basin for six weeks while divers repair it. The
president of the United
States sent his regards.

Boats may use
- the ferry terminal
- the river quay
"""


def test_lines_of_a_fixed_width_are_joined() -> None:
    assert unwrapped(WRAPPED).split("\n\n") == [
        "PORT SELWYN CLOSES ITS BASIN\nBy Ruth Adler",
        "The harbour board of Port Selwyn, led by Anna Lindqvist, voted on Tuesday to "
        "close the northern basin for six weeks while divers repair it. The president of "
        "the United States sent his regards.",
        "Boats may use\n- the ferry terminal\n- the river quay\n",
    ]


def test_a_wrapped_text_without_blank_lines_is_joined() -> None:
    lines = WRAPPED.split("\n\n")[1]
    assert "\n" not in unwrapped(lines)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (
            "港の委員会は火曜日に北の水門を閉じることを決\nめた。修理は六週間かかると市長は記者団に語り\nました。",
            "港の委員会は火曜日に北の水門を閉じることを決めた。修理は六週間かかると市長は記者団に語りました。",
        ),
        (
            "Совет порта решил во вторник закрыть северную\nчасть гавани на шесть недель.",
            "Совет порта решил во вторник закрыть северную часть гавани на шесть недель.",
        ),
        (
            "Der Hafenrat beschloss am Dienstag, das Nord-\nbecken sechs Wochen zu sperren.",
            "Der Hafenrat beschloss am Dienstag, das Nord-becken sechs Wochen zu sperren.",
        ),
    ],
)
def test_wrapped_texts_of_other_languages(text: str, joined: str) -> None:
    assert unwrapped(text) == joined


@pytest.mark.parametrize(
    "text",
    [
        "One line.",
        "Harbour Office\n12 Quay Street\nPort Selwyn",
        "Basin closes\nFerry sails\nMayor resigns\nStorm ends",
        "The board voted to close the basin.\nFishing crews had asked for a later date.\n"
        "Engineers found cracks in both of the hinges.",
        "The first paragraph is long. " * 8 + "\n" + "And the second as well. " * 8,
        "apples\npears\nplums",
        "",
    ],
)
def test_other_lines_stay(text: str) -> None:
    assert unwrapped(text) == text


def test_digits_of_all_scripts_are_the_same_number() -> None:
    assert plain("٢٠٢٦") == plain("２０２６") == "2026"
