"""Compressed files: gzip, bzip2 and zstd, of one member or many, as one plain stream.

Archives have one member per record, log rotation appends members, and block devices and
tapes pad a file with zeros.  Python's and Arrow's own readers reject the padding, and with
it what was read before.
"""

from __future__ import annotations

import io
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Callable
from typing import Protocol

import zstandard

_STEP = 1_024
"""Bytes decoded at once: at most 32 MB, as 4 bytes of zstd can stand for 128 KiB."""


class _Decoder(Protocol):
    """What decodes one member: the part that zlib, bz2 and zstandard share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _gzip() -> _Decoder:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _zstd() -> _Decoder:
    return zstandard.ZstdDecompressor().decompressobj()


_CODECS: dict[bytes, Callable[[], _Decoder]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": BZ2Decompressor,
    b"\x28\xb5\x2f\xfd": _zstd,
}
"""By the first bytes of each member."""
_MAGIC_BYTES = max(map(len, _CODECS))


def decompressed(stream: io.BufferedReader, buffer_bytes: int) -> io.BufferedReader:
    """Return ``stream``, decompressed if it begins like a compressed file.

    Args:
      stream: A file's bytes from its start.
      buffer_bytes: How far the result can be peeked into.

    Returns:
      Its bytes.  Reading them raises OSError where a member is broken or cut off.
      Whatever follows the last member and is not a member is padding, as for gzip(1).
    """
    head = stream.peek(_MAGIC_BYTES)
    for magic, new in _CODECS.items():
        if head.startswith(magic):
            return io.BufferedReader(_Members(stream, magic, new), buffer_bytes)
    return stream


class _Members(io.RawIOBase):
    """The members of a compressed file, decoded one after the other."""

    def __init__(
        self, stream: io.BufferedReader, magic: bytes, new: Callable[[], _Decoder]
    ) -> None:
        self._stream = stream
        self._magic = magic
        self._new = new
        self._decoder = new()
        self._rest = b""
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed's Buffer is 3.12's
        """Fill ``buffer`` with what comes next; return how many bytes, 0 at the end."""
        while not self._plain:
            data = self._rest or self._stream.read(_STEP)
            self._rest = b""
            if self._decoder.eof:
                data += self._stream.read(max(len(self._magic) - len(data), 0))
                if not data.startswith(self._magic):
                    return 0
                self._decoder = self._new()
            if not data:
                raise OSError("the compressed file is cut off")
            try:
                self._plain = memoryview(self._decoder.decompress(data))
            except (zlib.error, zstandard.ZstdError, ValueError) as error:
                raise OSError(f"broken compressed data: {error}") from error
            if self._decoder.eof:
                self._rest = self._decoder.unused_data
        size = min(len(buffer), len(self._plain))
        buffer[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size
