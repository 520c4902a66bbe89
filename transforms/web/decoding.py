"""Content codings of HTTP: gzip, deflate, br, zstd, one inside the other, bounded.

A body is decoded here rather than while it arrives.  Only then can two things be detected
that a reader of feeds must know: that a body is too large, before it is in memory, and
that it was cut off, which a streaming decoder does not report.
"""

from __future__ import annotations

import dataclasses
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
_GZIP = b"\x1f\x8b\x08"
_NO_CODINGS = {"identity", "none"}
# How markup and JSON begin.  Servers declare codings that they did not apply.
_DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<{\[]")


class CodingError(ValueError):
    """A body cannot be decoded: broken, broken off, or in a coding nobody asked for."""


class TooLargeError(ValueError):
    """A body is larger than the limit."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Bound:
    """The largest result, and whether a larger one is cut or refused."""

    most: int
    is_cut: bool


def decode_body(body: bytes, codings: str, limit: int, *, cut: bool = False) -> bytes:
    """Undo the content codings of a body.

    Args:
      body: As it came.
      codings: Value of ``Content-Encoding``: the codings in the order of application.
        Names of charsets are passed over: servers confuse the two.
      limit: The largest result, in bytes, also of each step between.
      cut: Return the beginning of a body that is larger.

    Returns:
      The decoded body; as it is where there is no coding, or where it is a document
      that the coding was never applied to.  gzip is undone undeclared as well.

    Raises:
      CodingError: See there.
      TooLargeError: As soon as the limit is passed.
    """
    names = [name for name in re.split(r"[\s,]+", codings.lower()) if name]
    names = [
        name for name in names if name not in _NO_CODINGS and not _is_charset(name)
    ]
    if len(names) > _MAX_CODINGS:
        raise CodingError(f"{len(names)} content codings, one inside the other")
    bound = _Bound(limit, is_cut=cut)
    for name in reversed(names):
        body = _undone(name, body, bound)
    for _ in range(_MAX_CODINGS):
        # A file that was compressed beforehand, and is served as if it were not.
        if body.startswith(_GZIP):
            body = _undone("gzip", body, bound)
    if len(body) > limit and not cut:
        raise TooLargeError(f"more than {limit} bytes")
    return body[:limit]


def _undone(name: str, body: bytes, bound: _Bound) -> bytes:
    """Undo one coding; a document that never had it stays as it is."""
    decoder = _DECODERS.get(name)
    try:
        if decoder is not None:
            return decoder(body, bound) if body else body
        problem = CodingError("an unknown content coding")
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        problem = CodingError(f"broken {name}")
        problem.__cause__ = error
    except CodingError as error:
        problem = error
    if _DOCUMENT.match(body):
        return body
    raise problem


def _is_charset(name: str) -> bool:
    """Return whether a header that should name a coding names a charset."""
    try:
        return b" ".decode(name) == " "
    except (LookupError, ValueError):
        return False


def _gunzip(body: bytes, bound: _Bound) -> bytes:
    plain = b""
    for _ in range(_MAX_MEMBERS):
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        left = bound.most - len(plain)
        plain += _inflated(decoder, body, dataclasses.replace(bound, most=left))
        body = decoder.unused_data
        # Whatever follows the last member and is not a member is padding.
        if not body.startswith(_GZIP) or (bound.is_cut and len(plain) >= bound.most):
            return plain
    raise CodingError(f"more than {_MAX_MEMBERS} gzip members")


def _inflate(body: bytes, bound: _Bound) -> bytes:
    try:
        return _inflated(zlib.decompressobj(), body, bound)
    except zlib.error:
        # Some servers send the bare format of RFC 1951 where RFC 9110 asks for zlib's.
        return _inflated(zlib.decompressobj(-zlib.MAX_WBITS), body, bound)


def _inflated(decoder: zlib._Decompress, body: bytes, bound: _Bound) -> bytes:
    plain = decoder.decompress(body, bound.most + 1)
    return _whole(plain, bound, is_whole=decoder.eof)


def _unbrotli(body: bytes, bound: _Bound) -> bytes:
    decoder = brotli.Decompressor()
    # Less than the limit comes only where nothing is left of the body.
    plain = decoder.process(body, output_buffer_limit=bound.most + 1)
    return _whole(plain, bound, is_whole=decoder.is_finished())


def _unzstd(body: bytes, bound: _Bound) -> bytes:
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    decoder = context.decompressobj()
    plain = bytearray()
    at = 0
    while at < len(body) and len(plain) <= bound.most:
        if decoder.eof:
            decoder = context.decompressobj()
        step = body[at : at + _ZSTD_STEP]
        plain += decoder.decompress(step)
        at += len(step) - len(decoder.unused_data)
    return _whole(bytes(plain), bound, is_whole=decoder.eof)


def _whole(plain: bytes, bound: _Bound, *, is_whole: bool) -> bytes:
    if len(plain) > bound.most and bound.is_cut:
        return plain[: bound.most]
    if len(plain) > bound.most:
        raise TooLargeError(f"more than {bound.most} bytes")
    if not is_whole:
        raise CodingError("the compressed body was cut off")
    return plain


_DECODERS: dict[str, Callable[[bytes, _Bound], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
