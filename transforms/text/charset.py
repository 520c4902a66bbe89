"""Bytes to text: by byte-order mark, then declaration, then detection; never a crash.

A declaration is believed if the bytes decode under it and look like it.  A text that is
UTF-8 except for a few bytes stays UTF-8, and those bytes are read as windows-1252: a footer
or a quote was pasted into it.  Names of charsets are read as browsers read them (the WHATWG
Encoding Standard: Latin-1 means windows-1252), because publishers test with browsers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import cast

from charset_normalizer import from_bytes

from transforms.text import latin

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# https://encoding.spec.whatwg.org/#names-and-labels, where Python's codec differs.
_WHATWG = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "johab": "cp949",
    # A document whose declaration can be read byte by byte is not in UTF-16 or UTF-7.
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
    "utf-7": "utf-8",
}
# HTML wants the declaration within 1,024 bytes; pages in the wild are less tidy.
_HEAD_BYTES = 4_096
_DECLARATION = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']?\s*([\w.:-]+)"""
    rb"""|<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]+)""",
    re.IGNORECASE,
)
# What browsers know; detection would else find code pages of old terminals and Macs.
_WEB_CHARSETS = (
    "utf_8 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874"
    " iso8859_2 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_15 koi8_r koi8_u"
    " cp932 euc_jp iso2022_jp gb18030 big5hkscs cp949"
).split()
# Any bytes decode as windows-1252, and templates name it for pages in Cyrillic or Greek.
# No language written in it has this many letters beyond ASCII in a row, except as ornament.
_NOT_WESTERN = re.compile(rb"[\xc0-\xff]{5,}")
_FEW_WORDS = 20
# Valid UTF-8 characters per invalid byte; declared UTF-8 is given more credit.
_UTF_8_SHARE = 2.0
_DECLARED_SHARE = 0.25
# A declared code page is believed unless it has at least this many more wrong letters than
# another one, and at least this many times as many.
_MISFITS = 2
_FEWER = 4
_OTHER_SCRIPTS = frozenset(
    "cp1251 cp1253 cp1255 cp1256 cp866 cp874 koi8-r koi8-u iso8859-5 iso8859-6 iso8859-7"
    " iso8859-8".split()
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_FEW_LETTERS = 60
_LATIN = frozenset(latin.CODE_PAGES) | {
    "iso8859-2",
    "iso8859-15",
    "iso8859-4",
    "iso8859-3",
}
# Detection reads this much: enough for a statistic, cheap on a book-sized file.
_SAMPLE_BYTES = 20_000


def codec_of(label: str | None) -> str | None:
    """Return the Python codec that a declared ``label`` stands for, None if unknown."""
    try:
        name = codecs.lookup((label or "").strip().lower()).name
        # Codecs such as ``hex`` or ``zip`` are no charsets, and refuse to be one.
        b"x".decode(name, errors="ignore")
    except (LookupError, ValueError):
        return None
    return _WHATWG.get(name, name)


def decode(data: bytes, declared: str | None = None) -> str:
    """Return ``data`` as text.

    Args:
      data: The bytes of a text, page or feed.
      declared: The charset that came with the data, from an HTTP header say.

    Returns:
      The text; bytes that belong to no charset at all come out as U+FFFD.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data.decode(codec, errors="replace")
    if data.isascii() and b"\x1b$" in data:
        # Seven bits, and therefore valid UTF-8, but Japanese.
        return data.decode("iso2022_jp_2", errors="replace")
    try:
        # Few other charsets produce valid UTF-8 by accident, many declarations are
        # left over from a template: what is valid UTF-8 is UTF-8.
        return data.decode()
    except UnicodeDecodeError:
        pass
    found = _DECLARATION.search(data[:_HEAD_BYTES])
    in_document = (found[1] or found[2]).decode("ascii") if found else None
    names = [name for name in map(codec_of, (declared, in_document)) if name]
    sample = latin.sample_of(data)
    mixed = _mixed_utf_8(
        data, is_declared="utf-8" in names, is_latin=latin.is_latin(sample)
    )
    if mixed is not None:
        return mixed
    for name in names:
        believed = _try(data, name) if _can_be(data, sample, name) else None
        if believed is not None:
            return believed
    return data.decode(_detected(data, sample), errors="replace")


def _detected(data: bytes, sample: bytes) -> str:
    """Return the charset that the bytes themselves suggest."""
    if latin.is_latin(sample):
        return latin.best_code_page(sample)
    guess = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=_WEB_CHARSETS).best()
    return guess.encoding if guess is not None else "utf-8"


def _mixed_utf_8(data: bytes, *, is_declared: bool, is_latin: bool) -> str | None:
    """Return a text in UTF-8 with odd bytes in it; None where it is no such text."""
    text = data.decode("utf-8", errors=_APART)
    odd = len(_ODD_BYTES.findall(text))
    whole = len(text) - len(text.encode("ascii", "ignore")) - odd
    is_mixed = whole >= _UTF_8_SHARE * odd
    if is_declared and is_latin:
        # Of a page in English, one quotation mark may be all that is not ASCII.
        few = 1 + len(text) // 1_000
        is_mixed |= whole >= max(1, _DECLARED_SHARE * odd) or odd <= few
    return text.translate(_APART_IN_1252) if is_mixed else None


def _apart(error: UnicodeDecodeError) -> tuple[str, int]:
    """Mark a byte that is not UTF-8; drop what is left of a character that was cut."""
    bad = error.object[error.start : error.end]
    before = error.object[max(error.start - 1, 0) : error.start]
    # A letter and the mark after it, at the end of a word: they look like one that was cut.
    is_word = before.isalpha() and len(bad) == 2 and bad[1] in _MARKS  # noqa: PLR2004
    is_cut = (len(bad) > 1 and not is_word) or error.end == len(error.object)
    # As a letter it would be a capital after a small one.
    is_cut |= before.islower() and bad[0] in _CAPITALS
    apart = "\ufffd" if is_cut else "".join(chr(_APART_AT + byte) for byte in bad)
    return apart, error.end


# In windows-1252; in UTF-8 they begin a character.
_CAPITALS = frozenset(range(0xC2, 0xDF)) - {0xD7}
_MARKS = frozenset("…‘’“”–—«»\u00a0".encode("cp1252"))
_APART = "newsbeam-apart"
# Nothing encodes with it.
codecs.register_error(_APART, cast("Callable[[UnicodeError], tuple[str, int]]", _apart))
# Lone surrogates, which no text in UTF-8 can hold, as Python's "surrogateescape" has it.
_APART_AT = 0xDC00
_ODD_BYTES = re.compile("[\udc80-\udcff\ufffd]")
_APART_IN_1252 = {
    _APART_AT + byte: bytes([byte]).decode("cp1252", errors="replace")
    for byte in range(128, 256)
}


def _can_be(data: bytes, sample: bytes, codec: str) -> bool:
    """Return whether a text can be in the charset that it is declared to be in."""
    if codec == "utf-8":
        return False
    if codec in _LATIN and not latin.is_latin(sample):
        few = len(_BEYOND_ASCII.findall(sample)) < _FEW_LETTERS
        return few and len(_NOT_WESTERN.findall(data)) < _FEW_WORDS
    if latin.is_latin(sample) and codec in _LATIN | _OTHER_SCRIPTS:
        # In another script, no letter is alone among those of ASCII.
        beyond = len(_BEYOND_ASCII.findall(sample))
        wrong = beyond if codec in _OTHER_SCRIPTS else latin.misfits(sample, codec)
        if wrong < _MISFITS:
            return True
        least = latin.misfits(sample, latin.best_code_page(sample))
        return wrong - least < _MISFITS or least * _FEWER > wrong
    return True


def _try(data: bytes, codec: str) -> str | None:
    """Decode, allowing a few broken bytes: one bad character does not mean another charset."""
    text = data.decode(codec, errors="replace")
    broken = text.count("\ufffd")
    # One in 1,000: a truncated multi-byte character or a pasted foreign byte.
    return text if broken <= 1 + len(text) // 1_000 else None
