"""What a reject says of where it came from, and what of it can be read again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest
from streams import NOON, article

from transforms.dedup.known_rejects import is_known
from transforms.encryption import Cipher, shown_payload, whole_payload
from transforms.origin import Target, article_origin, document_origin, read_target
from transforms.records import Declared, Document, Reject
from transforms.vocabulary import Media, Reason, Stage, TextSource

LINK = "https://news.example/a?token=abcdef"


def test_what_a_file_holds_is_read_from_it_again() -> None:
    path = "in/a.jsonl!3"
    document = Document(
        b"", Media.HTML, TextSource.FILE, NOON, path=path, declared=Declared(url=LINK)
    )
    found = dataclasses.replace(article(1), path=path, url=LINK)
    for key, payload in (document_origin(document), article_origin(found)):
        assert key == path
        assert "abcdef" not in json.dumps(payload)
        assert read_target(json.dumps(payload)) == Target(path=path)


@pytest.mark.parametrize(
    "payload",
    ["no JSON", "", "3", "[]", "{}", '{"listed": 3}', '{"raw": {"path": []}}'],
)
def test_a_payload_that_names_nothing_is_no_target(payload: str) -> None:
    assert read_target(payload) is None


def test_a_payload_without_a_key_for_it_is_shown_without_its_secret() -> None:
    payload = json.dumps({"listed": {"entry": {"url": LINK, "title": "Gates"}}})
    masked = {"entry": {"url": LINK.replace("abcdef", "***"), "title": "Gates"}}
    shown = shown_payload(payload, None)
    assert json.loads(shown) == {"listed": masked}
    # Its page cannot be requested any more.
    assert read_target(shown) is None
    cipher = Cipher(b"of the dataset")
    assert whole_payload(shown_payload(payload, cipher), cipher) == payload


@dataclasses.dataclass
class RejectedLater:
    """A dataset that holds each reject, from a run later than any file."""

    at: dt.datetime = NOON + dt.timedelta(days=36_500)

    def rejected_at(self, key: bytes) -> dt.datetime:
        del key
        return self.at


def test_the_reject_of_a_file_that_is_gone_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.touch()

    def reject(path: str) -> Reject:
        payload = json.dumps({"path": path})
        return Reject(Stage.READ, Reason.MALFORMED, path, "not readable", payload)

    records = [reject(str(file)), reject(f"{file}!3")]
    assert [is_known(one, RejectedLater()) for one in records] == [True, True]
    file.unlink()
    assert [is_known(one, RejectedLater()) for one in records] == [False, False]
    assert not is_known(reject("a\0b"), RejectedLater())
