"""Content codings of HTTP: gzip, deflate, br, zstd, one inside the other, bounded.

A body is decoded here rather than while it arrives, because only so can two things be
told that readers of feeds must know: that a body is too large, before it is in memory,
and that it broke off, which a decoder that streams passes over.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

import brotli
import zstandard

ACCEPTED = "gzip, deflate, br, zstd"
"""Value of ``Accept-Encoding``."""

_MAX_CODINGS = 3
"""Nested codings; two are seen where a proxy compresses what is compressed."""
_ZSTD_WINDOW = 8 * 1024 * 1024
"""Bytes; the most that RFC 9659 lets a server use."""
_ZSTD_STEP = 1_024
"""Bytes decoded at once: at most 32 MB, as 4 bytes can stand for one block of 128 KiB."""
_MAX_MEMBERS = 100
"""Compressed files within a gzip file; servers send one, log rotation makes a few."""
_GZIP = b"\x1f\x8b"


class CodingError(ValueError):
    """A body cannot be decoded: broken, broken off, or in a coding nobody asked for."""


class TooLargeError(ValueError):
    """A body is larger than the limit."""


def decode_body(body: bytes, codings: str, limit: int) -> bytes:
    """Undo the content codings of a body.

    Args:
      body: As it came.
      codings: Value of ``Content-Encoding``: the codings in the order of application.
      limit: The largest result, in bytes, also of each step between.

    Returns:
      The decoded body; as it is where there is no coding.

    Raises:
      CodingError: See there.
      TooLargeError: As soon as the limit is passed.
    """
    names = [name for name in re.split(r"[\s,]+", codings.lower()) if name]
    names = [name for name in names if name != "identity"]
    if len(names) > _MAX_CODINGS:
        raise CodingError(f"{len(names)} content codings, one inside the other")
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise CodingError("an unknown content coding")
        try:
            body = decoder(body, limit) if body else body
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise CodingError(f"broken {name}") from error
    if len(body) > limit:
        raise TooLargeError(f"more than {limit} bytes")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    plain = b""
    for _ in range(_MAX_MEMBERS):
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        plain += _inflated(decoder, body, limit - len(plain))
        body = decoder.unused_data
        # What follows the last member and is none itself is padding.
        if not body.startswith(_GZIP):
            return plain
    raise CodingError(f"more than {_MAX_MEMBERS} gzip members")


def _inflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflated(zlib.decompressobj(), body, limit)
    except zlib.error:
        # Some servers send the bare format of RFC 1951 where RFC 9110 asks for zlib's.
        return _inflated(zlib.decompressobj(-zlib.MAX_WBITS), body, limit)


def _inflated(decoder: zlib._Decompress, body: bytes, limit: int) -> bytes:
    plain = decoder.decompress(body, limit + 1)
    return _whole(plain, limit, is_whole=decoder.eof)


def _unbrotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    plain = bytearray(decoder.process(body, output_buffer_limit=limit + 1))
    while not decoder.is_finished() and len(plain) <= limit:
        more = decoder.process(b"", output_buffer_limit=limit + 1)
        if not more:
            break
        plain += more
    return _whole(bytes(plain), limit, is_whole=decoder.is_finished())


def _unzstd(body: bytes, limit: int) -> bytes:
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    decoder = context.decompressobj()
    plain = bytearray()
    at = 0
    while at < len(body) and len(plain) <= limit:
        if decoder.eof:
            decoder = context.decompressobj()
        step = body[at : at + _ZSTD_STEP]
        plain += decoder.decompress(step)
        at += len(step) - len(decoder.unused_data)
    return _whole(bytes(plain), limit, is_whole=decoder.eof)


def _whole(plain: bytes, limit: int, *, is_whole: bool) -> bytes:
    if len(plain) > limit:
        raise TooLargeError(f"more than {limit} bytes")
    if not is_whole:
        raise CodingError("the compressed body broke off")
    return plain


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
