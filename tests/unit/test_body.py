"""Which text of a page is its article, told by shape."""

from __future__ import annotations

import json

import pytest
from lxml.html import HtmlElement, document_fromstring

from transforms.extract.body import page_text, prose_share, tidy, with_standfirst
from transforms.text.strings import folded

SENTENCES = [
    "The harbour board of Port Selwyn voted on Tuesday to close the northern basin.",
    "Fishing crews had asked for a later date because the herring season opens soon.",
    "Engineers found cracks in both hinges during an inspection in the autumn.",
    "About forty vessels use the basin and were offered berths at the ferry terminal.",
    "The repair will cost two million, of which the regional fund pays a third.",
    "Shopkeepers along the quay said that they feared an empty spring this year.",
]
PARAGRAPHS = [f"{one} {two}" for one in SENTENCES for two in SENTENCES if one != two]


def markup(paragraphs: list[str]) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def text_of(
    body: str, *, declared: str | None = None, description: str | None = None
) -> str:
    page = f"<html><head><title>Basin closes</title></head><body>{body}</body></html>"
    tree: HtmlElement = document_fromstring(page)
    tidy(tree)
    text = page_text(tree, None, focus="balance", tables=True, declared=declared)
    return with_standfirst(text, tree, ["Basin closes"], description)


def test_also_read_is_no_part_of_the_text() -> None:
    inside = "<p>Also read: <a href='/x'>Peru closes its ports</a></p>"
    body = markup(PARAGRAPHS[:4]) + inside + markup(PARAGRAPHS[4:8])
    text = text_of(f"<article><h1>Basin closes</h1>{body}</article>")
    assert text.split("\n\n") == PARAGRAPHS[:8]


def test_a_call_to_subscribe_is_no_part_of_the_text() -> None:
    body = markup(
        [*PARAGRAPHS[:6], "Subscribe to our newsletter for the port in your inbox."]
    )
    assert text_of(f"<article>{body}</article>").split("\n\n") == PARAGRAPHS[:6]


def test_breaks_that_are_spans_part_sentences() -> None:
    inside = "<span class='br'></span>".join(SENTENCES)
    text = text_of(f"<article>{markup(PARAGRAPHS[:6])}<p>{inside}</p></article>")
    assert SENTENCES[0] + SENTENCES[1] not in text
    assert all(sentence in text for sentence in SENTENCES)


@pytest.mark.parametrize(
    "attribute",
    ["itemprop='articleBody'", "class='story-body col'", "class='article__body'"],
)
def test_all_pieces_of_a_body_are_taken(attribute: str) -> None:
    pieces = [PARAGRAPHS[:4], PARAGRAPHS[4:8], PARAGRAPHS[8:12]]
    advertisement = "<div class='ad'><p>Advertisement</p></div>"
    body = advertisement.join(
        f"<div {attribute}>{markup(piece)}</div>" for piece in pieces
    )
    text = text_of(f"<main><article><h1>Basin closes</h1>{body}</article></main>")
    assert text.split("\n\n") == PARAGRAPHS[:12]


def test_pieces_of_two_articles_are_not_joined() -> None:
    one, two = markup(PARAGRAPHS[:8]), markup(PARAGRAPHS[20:24])
    text = text_of(
        f"<article><h1>Basin closes</h1><div itemprop='articleBody'>{one}</div></article>"
        f"<article><h1>Next</h1><div itemprop='articleBody'>{two}</div></article>"
    )
    assert PARAGRAPHS[0] in text
    assert PARAGRAPHS[20] not in text


@pytest.mark.parametrize("around", ["main", "div"])
def test_a_piece_below_a_headline_of_its_own_is_another_article(around: str) -> None:
    pieces = [
        f"<div><div class='story-body'><h1>{title}</h1>{markup(text)}</div></div>"
        for title, text in (
            ("Basin closes", PARAGRAPHS[:8]),
            ("Next", PARAGRAPHS[20:24]),
        )
    ]
    text = text_of(f"<{around}>{''.join(pieces)}</{around}>")
    assert text.split("\n\n") == PARAGRAPHS[:8]


def test_a_menu_is_not_taken_for_the_article() -> None:
    menu = "".join(f"<div><span>Service {number}</span></div>" for number in range(200))
    body = f"<div class='content'>{menu}</div><div class='txt'>{markup(PARAGRAPHS[:5])}</div>"
    text = text_of(f"<div id='page'>{body}</div>")
    assert "Service 150" not in text
    assert PARAGRAPHS[0] in text


MENU = "<td class='sidebar'><a href='/'>Home</a> <a href='/archive'>Archive</a></td>"


@pytest.mark.parametrize(
    "cell",
    [
        f"<h1>Basin closes</h1>{markup(PARAGRAPHS[:6])}",
        "<br><br>".join(PARAGRAPHS[:6]),
        f"<table><tr><td>{'<br><br>'.join(PARAGRAPHS[:6])}</td></tr></table>",
        f"<table role='presentation'><tr><td>{markup(PARAGRAPHS[:6])}</td></tr></table>",
    ],
)
def test_a_table_that_lays_out_the_page_is_no_table(cell: str) -> None:
    text = text_of(f"<table><tr>{MENU}<td class='main'>{cell}</td></tr></table>")
    assert text.split("\n\n") == PARAGRAPHS[:6]


def test_a_table_of_data_stays_one() -> None:
    rows = "".join(f"<tr><td>Gate {n}</td><td>{1900 + n}</td></tr>" for n in range(4))
    body = markup(PARAGRAPHS[:6]) + f"<table>{rows}</table>" + markup(PARAGRAPHS[6:9])
    assert "Gate 1 | 1901" in text_of(f"<article>{body}</article>")
    # One whose columns have names stays one whatever is in its cells.
    rows = "<tr><th>Gate</th><th>State</th></tr>" + "".join(
        f"<tr><td>Gate {n}</td><td><p>Built {1900 + n}</p><p>Shut</p></td></tr>"
        for n in range(4)
    )
    body = markup(PARAGRAPHS[:6]) + f"<table>{rows}</table>" + markup(PARAGRAPHS[6:9])
    assert "Gate 1 | Built 1901 Shut" in text_of(f"<article>{body}</article>")


def test_a_few_short_sentences_are_an_article() -> None:
    short = ["The basin is shut.", "Boats must go by noon.", "It opens again in May."]
    assert text_of(f"<article>{markup(short)}</article>").split("\n\n") == short


def test_an_article_that_only_a_script_holds() -> None:
    html = "".join(f"<p class='x'>{paragraph}</p>" for paragraph in PARAGRAPHS[:8])
    state = json.dumps({"page": {"content": html}}).replace("<", "\\u003c")
    # Strings without markup, no JSON, and without an end: none of them is an article.
    plain, broken = " ".join(PARAGRAPHS), f"\\u003cp>{'y' * 300}\\x"
    others = f'["{plain}", "{broken}", {state}, "\\u003cp>{plain}'
    text = text_of(
        f"<div id='app'><p>Loading</p></div><script>window.S={others}</script>"
    )
    assert text.split("\n\n") == PARAGRAPHS[:8]


def test_what_the_page_declares_wins_over_another_text() -> None:
    declared = "\n\n".join(PARAGRAPHS[20:30])
    body = f"<article>{markup(PARAGRAPHS[:2])}</article>"
    assert text_of(body, declared=declared).split("\n\n") == PARAGRAPHS[20:30]


def test_what_was_found_stays_where_the_page_declares_the_same() -> None:
    declared = " ".join(PARAGRAPHS[:12])
    body = f"<article>{markup(PARAGRAPHS[:12])}</article>"
    assert text_of(body, declared=declared).split("\n\n") == PARAGRAPHS[:12]


def test_a_teaser_that_the_page_declares_is_not_taken() -> None:
    body = f"<article>{markup(PARAGRAPHS[:12])}</article>"
    text = text_of(body, declared=PARAGRAPHS[25])
    assert text.split("\n\n") == PARAGRAPHS[:12]


STANDFIRST = (
    "Divers repair the lock gates while forty vessels move to the ferry terminal"
)


def test_a_standfirst_on_the_page_stands_first() -> None:
    body = (
        f"<header><h1>Basin closes</h1><div class='dek'>{STANDFIRST}</div></header>"
        f"<article>{markup(PARAGRAPHS[:8])}</article>"
    )
    parts = text_of(body, description=STANDFIRST).split("\n\n")
    assert parts == [STANDFIRST, *PARAGRAPHS[:8]]


def test_a_description_that_the_page_does_not_show_is_no_text() -> None:
    text = text_of(
        f"<article>{markup(PARAGRAPHS[:8])}</article>", description=STANDFIRST
    )
    assert STANDFIRST not in text


@pytest.mark.parametrize("shown", ["Divers at work", " ".join([STANDFIRST] * 8)])
def test_a_slogan_and_a_whole_text_are_no_standfirst(shown: str) -> None:
    body = f"<header><h1>Basin closes</h1><div class='dek'>{shown}</div></header>"
    body += f"<article>{markup(PARAGRAPHS[:8])}</article>"
    assert text_of(body, description=shown).split("\n\n") == PARAGRAPHS[:8]


def test_a_standfirst_in_the_text_is_not_repeated() -> None:
    body = f"<article>{markup([STANDFIRST + '.', *PARAGRAPHS[:8]])}</article>"
    assert text_of(body, description=STANDFIRST).count(STANDFIRST) == 1


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_repeated_headline_goes(position: int) -> None:
    paragraphs = PARAGRAPHS[:8]
    repeated = [*paragraphs[:position], "BASIN CLOSES!", *paragraphs[position:]]
    text = text_of(f"<h1>Basin closes</h1><article>{markup(repeated)}</article>")
    assert text.split("\n\n") == paragraphs


def test_readings_go() -> None:
    ruby = "<ruby>酒田市<rp>(</rp><rt>さかたし</rt><rp>)</rp></ruby>は火曜日に水門を閉じた。"
    text = text_of(f"<article><p>{ruby * 12}</p></article>")
    assert "さかたし" not in text
    assert "酒田市は" in text


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("\n\n".join(PARAGRAPHS[:4]), 1, 1),
        ("Home\n\nSport\n\nContact", 0, 0),
        (
            "港の委員会は火曜日に北の水門を六週間閉じることを決めたと市長が記者団に語りました。",
            1,
            1,
        ),
        ("", 0, 0),
    ],
)
def test_prose_share(text: str, least: float, most: float) -> None:
    assert least <= prose_share(text) <= most


def test_folded() -> None:
    assert folded("Port’s “Basin”\n CLOSES!") == "port s basin closes"
