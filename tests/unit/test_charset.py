from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.charset import codec_of, decode

FRENCH = "Le président a été reçu à l'Élysée, où l'on s'inquiète de la sécheresse. " * 5
RUSSIAN = "Президент прибыл в Казань, где его встретил министр обороны. " * 5
JAPANESE = "大統領は火曜日に到着し、会談に臨む予定だ。" * 8
ARABIC = "وصل الرئيس إلى العاصمة يوم الثلاثاء للقاء الوزير. " * 6


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "iso-8859-15"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "windows-1251"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        (ARABIC, "windows-1256"),
    ],
)
def test_a_declared_charset_is_used(text: str, codec: str) -> None:
    data = text.encode(codec)
    assert decode(data, codec) == text
    html = f"<html><head><meta charset={codec}></head>{text}"
    assert decode(html.encode(codec)) == html
    xml = f'<?xml version="1.0" encoding="{codec}"?><a>{text}</a>'
    assert decode(xml.encode(codec)) == xml


@pytest.mark.parametrize(
    ("text", "codec"),
    [(RUSSIAN, "windows-1251"), (JAPANESE, "shift_jis"), (FRENCH, "cp1252")],
)
def test_what_nobody_declares_is_detected(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize("bom", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(bom: str) -> None:
    assert decode(FRENCH.encode(bom), "iso-8859-1") == FRENCH


def test_a_wrong_declaration_is_not_believed() -> None:
    assert decode(RUSSIAN.encode(), "iso-8859-1") == RUSSIAN
    assert decode(JAPANESE.encode("euc-jp"), "utf-8") == JAPANESE


@pytest.mark.parametrize("text", [RUSSIAN, FRENCH])
def test_latin_1_is_believed_of_western_languages_only(text: str) -> None:
    codec = "windows-1251" if text == RUSSIAN else "windows-1252"
    page = f'<html><head><meta charset="iso-8859-1"></head><p>{text * 5}</p></html>'
    assert decode(page.encode(codec)) == page
    assert decode(page.encode(codec), "iso-8859-1") == page


def test_latin_1_is_read_as_browsers_read_it() -> None:
    assert decode(b"\x93quoted\x94 \x80", "iso-8859-1") == "“quoted” €"


@pytest.mark.parametrize("label", ["hex", "zip", "no-such", "", None, "rot13", "\0"])
def test_what_is_no_charset_is_none(label: str | None) -> None:
    assert codec_of(label) is None


@given(st.binary(), st.one_of(st.none(), st.text(max_size=12)))
def test_any_bytes_become_text(data: bytes, declared: str | None) -> None:
    assert isinstance(decode(data, declared), str)


def test_a_cut_bom_is_no_crash() -> None:
    assert isinstance(decode(codecs.BOM_UTF16_LE + b"\x00"), str)


LONG = "The council of Málaga met the mayor of São Paulo in a café by the sea. " * 9


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        (b"Zo\xeb Bront\xeb\x92s fa\xe7ade", "Zoë Brontë’s façade"),
        (b"\xa9 S\xc3O PAULO", "© SÃO PAULO"),
        # Of a character that was cut, nothing is left.
        (b"the caf\xc3...", "the caf\ufffd..."),
        (b"so \xe2\x80 it is", "so \ufffd it is"),
        (b"the end\xc3", "the end\ufffd"),
    ],
)
def test_odd_bytes_in_utf_8_are_read_apart(odd: bytes, read: str) -> None:
    assert decode(LONG.encode() + odd) == LONG + read
    page = b"<html><head><meta charset=utf-8></head><p>Caf\xc3\xa9: " + odd
    assert decode(page).endswith("Café: " + read)


def test_a_page_in_utf_8_may_have_more_odd_bytes_than_others() -> None:
    footer = "Café Zoë, façade, Brontë</p>".encode("cp1252")
    page = b"<meta charset=utf-8><p>Caf\xc3\xa9</p>" + b"<p>A bridge.</p>" * 20 + footer
    assert decode(page).startswith("<meta charset=utf-8><p>Café</p>")
    assert decode(page).endswith("Café Zoë, façade, Brontë</p>")


@pytest.mark.parametrize(
    ("text", "codec"), [(JAPANESE, "iso2022_jp"), (RUSSIAN, "cp866")]
)
def test_rare_charsets_are_detected(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text
