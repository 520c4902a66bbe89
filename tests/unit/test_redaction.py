from __future__ import annotations

import string
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from transforms.redaction import redact, redact_feed, redact_input, redact_message

TOKEN = "0f9d8c7b6a5e4d3c2b1a"  # noqa: S105 - of nothing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:pw@h.example/a", "https://h.example/a"),
        ("https://token@h.example/a", "https://h.example/a"),
        ("https://me:p@w@h.example/a", "https://h.example/a"),
        ("https://me:p/w@h.example/a", "https://h.example/a"),
        ("https://me:p?w#@h.example/a", "https://h.example/a"),
        ("https://me:p[w]@h.example/a", "https://h.example/a"),
        ("https://me:p w@h.example/a", "https://h.example/a"),
        ("https://me:12/34@h.example/a", "https://h.example/a"),
        ("https://me:pw@h .example/a", "https://h .example/a"),
        ("https://h.example/?token=x&id=3", "https://h.example/?token=***&id=3"),
        ("https://h.example/?token=x;y&id=3", "https://h.example/?token=***&id=3"),
        ("https://h.example/?apiKey=x;b=1", "https://h.example/?apiKey=***;b=1"),
        ("https://h.example/?oauth_x=y", "https://h.example/?oauth_x=***"),
        (
            "https://h.example/?X-Amz-Signature=x",
            "https://h.example/?X-Amz-Signature=***",
        ),
        ("https://h.example/?%74oken=x", "https://h.example/?%74oken=***"),
        ("https://h.example/#access_token=x", "https://h.example/#access_token=***"),
        ("https://h.example/eyJhbGciOiJIUzI1.eyJzdWI.sig", "https://h.example/***"),
        (
            "https://h.example/?to=https%3A%2F%2Fme%3Apw%40i.example%2F%3Fkey%3Dx",
            "https://h.example/?to=https%3A%2F%2Fi.example%2F%3Fkey%3D***",
        ),
        ("https://h.example/?a=b&key%3Dx&c=d", "https://h.example/?a=b&key%3D***&c=d"),
        (f"https://h.example/private/{TOKEN}/rss", "https://h.example/private/***/rss"),
        ("https://h.example/token/ab12cd34", "https://h.example/token/***"),
        ("GET //a:b@h.example: no route", "GET //h.example: no route"),
        (
            "https://h.example:80/@author?keyword=k",
            "https://h.example:80/@author?keyword=k",
        ),
        ("https://h.example/private/lives-of-the-rich", None),
        ("https://h.example/api/v2/news", None),
        (f"https://h.example/news/{TOKEN}", None),
        ("http://[::1]:80/@author", None),
        ("http://localhost:80/@author", None),
        ("/data/me@home/pages.jsonl!12", None),
        (f"/data/private/{TOKEN}/pages.jsonl", None),
        ("https://h.example: cannot be read; write to me@i.example", None),
    ],
)
def test_redact(text: str, expected: str | None) -> None:
    assert redact(text) == (text if expected is None else expected)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"https://h.example/{TOKEN}/feed.xml", "https://h.example/***/feed.xml"),
        (f"https://h.example/feed-{TOKEN}.xml", "https://h.example/***"),
        (
            "https://h.example/f/123e4567-e89b-12d3-a456-426614174000",
            "https://h.example/f/***",
        ),
        ("https://h.example/world-news-2026/politics/rss20.xml", None),
        ("https://h.example/internationalpoliticsandculture", None),
        (f"https://{TOKEN}.h.example/feed", None),
        (f"/data/{TOKEN}-00000.0-bfd0f5baabaf.parquet: no such file", None),
        (f"file:///data/{TOKEN}/feed.xml", None),
    ],
)
def test_redact_feed(url: str, expected: str | None) -> None:
    assert redact_feed(url) == (url if expected is None else expected)


@pytest.mark.parametrize(
    "url",
    [
        *("bob:hunter2@h.example/feed", "https:/bob:hunter2@h.example/feed"),
        *("https:bob:hunter2@h.example", "htps://bob:hunter2@h.example"),
        *("https//bob:hunter2@h.example/feed", "//bob:hunter2@h.example"),
        *("https://bob:hunter2@", "https://bob:hunter2@h .example/feed"),
        *("https://bob:hun ter2 hunter2@h.example", "https://bob:80/hunter2@h.example"),
        *("https://bob smith:hunter2@h.example", "https://bob:[hunter2@h.example"),
        *("https://h .example/?q=hunter2", "https://[/?sid=a hunter2"),
        *("https://bob:a\nhunter2@h.example/feed", "https://bob:?hunter2@h.example"),
        *("https://bob:#hunter2@h.example", "https://bob:/hunter2@h.example"),
    ],
)
def test_redact_input_takes_the_worst_for_granted(url: str) -> None:
    assert "hunter2" not in redact_input(url)


CHARACTERS = string.ascii_letters + string.digits + "#/[]@:?&%=;, !$'()*+~\\|é"
SECRETS = st.text(CHARACTERS, min_size=6, max_size=24)


@given(SECRETS, st.sampled_from(["https://", "http://", "//", "", "https:/"]))
def test_no_password_is_shown_whatever_is_in_it(secret: str, scheme: str) -> None:
    assume(secret[:6] not in "https://h.example/feed?x=1#***")
    shown = redact_input(f"{scheme}bob:{secret}@h.example/feed?x=1#y")
    assert secret not in shown
    assert "bob" not in shown
    assert secret[:6] not in shown


@given(SECRETS, st.sampled_from(["token", "sid", "api-key", "X-Sig", "clientSecret"]))
def test_no_parameter_is_shown_whatever_is_in_it(secret: str, name: str) -> None:
    value = quote(secret, safe="")
    for url in (
        f"https://h.example/a?x=1&{name}={value}&y=2",
        f"https://h.example/a#{name}={value}",
        f"https://h.example/?u={quote(f'https://i.example/?{name}={value}', safe='')}",
    ):
        shown = redact(f"no answer from {url} in time")
        assert value not in shown
        assert secret not in shown


@pytest.mark.parametrize(
    "piece",
    [
        "eyJa",
        "a",
        "a.",
        "/",
        "//",
        "//a:",
        "@",
        "%",
        "%2",
        "&a",
        "=",
        ";",
        " ",
        "a-",
        "7",
    ],
)
def test_a_long_text_takes_the_time_that_it_is_long(piece: str) -> None:
    def spent(length: int) -> float:
        text = "https://h.example/?a=" + piece * (length // len(piece))
        start = time.thread_time()
        redact_feed(text)
        redact_input(text)
        return time.thread_time() - start

    # A hundredfold is ten thousandfold for a pattern that looks back.
    assert spent(200_000) < 1_000 * max(spent(2_000), 0.001)


def test_what_is_on_this_machine_is_named_whole(tmp_path: Path) -> None:
    folder = tmp_path / "archive2026of27papers4"
    (folder / "in").mkdir(parents=True)
    for text in (
        f"{folder}/in is damaged",
        f"cannot read '{folder}/in': no such file",
        f"move {folder}/_runs/20261126T083659Z-1c76/00000 out of it",
        f"{folder}/articles/date=2026-11-26/slot-1-00000.0-84111ad4989d.parquet, gone",
        "raw/date=2026-11-26/20261126T083659Z-1c76-00000.0.warc.gz is gone",
    ):
        assert redact_message(text) == text
    secret = "abcdef0123456789abcdef"  # noqa: S105 - made up
    for text in (
        f"https://h.test{folder}/{secret}",
        f"https://h.test/{secret}-00000.0",
    ):
        assert secret not in redact_message(text)
