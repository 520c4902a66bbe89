from __future__ import annotations

import contextlib
import functools
import gzip
import time
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from transforms.web.decoding import CodingError, TooLargeError, decode_body

TEXT = "Nouvelles du port — ".encode() * 500
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": raw_deflate,
    "br": functools.partial(brotli.compress, quality=5),
    "zstd": zstandard.ZstdCompressor().compress,
}


def encoded(data: bytes, *names: str) -> tuple[bytes, str]:
    for name in names:
        data = ENCODERS[name](data)
    return data, ", ".join(name.removeprefix("raw ") for name in names)


CHAINS = [*((name,) for name in ENCODERS), ("gzip", "br"), ("zstd", "gzip", "deflate")]


@pytest.mark.parametrize("names", CHAINS, ids=" ".join)
def test_what_was_encoded_comes_back(names: tuple[str, ...]) -> None:
    body, codings = encoded(TEXT, *names)
    assert decode_body(body, codings, LIMIT) == TEXT
    assert decode_body(body, codings.upper(), len(TEXT)) == TEXT


@pytest.mark.parametrize("names", CHAINS, ids=" ".join)
def test_what_broke_off_is_reported(names: tuple[str, ...]) -> None:
    body, codings = encoded(TEXT, *names)
    for length in (1, len(body) // 2, len(body) - 1):
        with pytest.raises(CodingError):
            decode_body(body[:length], codings, LIMIT)


@pytest.mark.parametrize("names", CHAINS, ids=" ".join)
def test_the_limit_holds_to_the_byte(names: tuple[str, ...]) -> None:
    body, codings = encoded(TEXT, *names)
    with pytest.raises(TooLargeError):
        decode_body(body, codings, len(TEXT) - 1)


@pytest.mark.parametrize("name", ENCODERS)
def test_of_what_is_larger_the_beginning_may_be_wanted(name: str) -> None:
    body, coding = encoded(TEXT, name)
    for limit in (1, 100, len(TEXT) - 1, len(TEXT)):
        assert decode_body(body, coding, limit, cut=True) == TEXT[:limit]


@pytest.mark.parametrize("names", CHAINS, ids=" ".join)
def test_bombs_stop_at_the_limit(names: tuple[str, ...]) -> None:
    body, codings = encoded(bytes(100_000_000), *names)
    start = time.thread_time()
    with pytest.raises(TooLargeError):
        decode_body(body, codings, LIMIT)
    # Decoding all of it takes longer than the moment that this takes.
    assert time.thread_time() - start < 1


def test_many_members_and_frames() -> None:
    for name, coding in (("gzip", "gzip"), ("zstd", "zstd")):
        parts = b"".join(encoded(b"part", name)[0] for _ in range(50))
        assert decode_body(parts, coding, LIMIT) == b"part" * 50
    with pytest.raises(CodingError):
        decode_body(gzip.compress(b"") * 500_000, "gzip", LIMIT)


def test_padding_after_gzip_is_passed_over() -> None:
    assert decode_body(gzip.compress(TEXT) + bytes(100), "gzip", LIMIT) == TEXT


@pytest.mark.parametrize("codings", ["", "identity", " , Identity"])
def test_without_coding_the_body_is_itself(codings: str) -> None:
    assert decode_body(TEXT, codings, LIMIT) == TEXT
    with pytest.raises(TooLargeError):
        decode_body(TEXT, codings, 5)


@pytest.mark.parametrize(
    "codings", ["compress", "gzip, aes128gcm", "gzip," * 4, "\x00"]
)
def test_codings_that_nobody_asked_for(codings: str) -> None:
    with pytest.raises(CodingError):
        decode_body(TEXT, codings, LIMIT)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_garbage_is_refused(garbage: bytes, coding: str) -> None:
    with contextlib.suppress(CodingError):
        assert len(decode_body(garbage, coding, LIMIT)) <= LIMIT
