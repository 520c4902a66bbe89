"""Bytes to text: by byte-order mark, then declaration, then detection; never a crash.

A declaration is believed when the bytes decode under it, and look like it.  Names are
read as browsers read them (the WHATWG Encoding Standard: what is called Latin-1 is
windows-1252), because that is what publishers test with.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

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
# Any bytes decode as windows-1252, and templates name it for pages in Cyrillic or Greek.  No
# language that it serves has so many letters beyond ASCII in a row, but for an ornament.
_NOT_WESTERN = re.compile(rb"[\xc0-\xff]{5,}")
_FEW_WORDS = 20
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
    try:
        # Few other charsets produce valid UTF-8 by accident, many declarations are
        # left over from a template: what is valid UTF-8 is UTF-8.
        return data.decode()
    except UnicodeDecodeError:
        pass
    found = _DECLARATION.search(data[:_HEAD_BYTES])
    in_document = (found[1] or found[2]).decode("ascii") if found else None
    for label in (declared, in_document):
        name = codec_of(label)
        if name == "cp1252" and len(_NOT_WESTERN.findall(data)) >= _FEW_WORDS:
            continue
        believed = _try(data, name) if name else None
        if believed is not None:
            return believed
    guess = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=_WEB_CHARSETS).best()
    if guess is not None:
        return data.decode(guess.encoding, errors="replace")
    return data.decode("utf-8", errors="replace")


def _try(data: bytes, codec: str) -> str | None:
    """Decode, forgiving a few broken bytes: one bad character is not another charset."""
    text = data.decode(codec, errors="replace")
    broken = text.count("\ufffd")
    # One in 1,000: a truncated multi-byte character or a pasted foreign byte.
    return text if broken <= 1 + len(text) // 1_000 else None
