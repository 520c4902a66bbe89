"""JSON Lines and JSON: records that name an article's parts.

A record needs ``text`` or ``html``; :mod:`transforms.files.record` says what else it
may have.  Unknown keys are passed over.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from transforms.errors import Unreadable
from transforms.files import record
from transforms.files.feed import read_feed
from transforms.files.file import SourceFile, reject_file, too_large
from transforms.records import Declared, Document, Reject
from transforms.text import charset
from transforms.text.fragment import fragment_text, has_markup
from transforms.text.strings import clean
from transforms.vocabulary import DateSource, Media, Reason, TextSource

log = logging.getLogger(__name__)

# After this many broken lines without a good one, the file is not JSON Lines.
_HOPELESS_LINES = 100
# The lines of a list that somebody wrote with one record a line.
_BRACKETS = {b"[", b"]", b"],"}
# Under these an answer of a web API keeps its records.
_LISTS = ("articles", "items", "results", "data", "docs", "documents", "news", "hits")


def read_json_lines(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield a document for each good line and a reject for each broken one.

    Raises:
      Unreadable: When not one line is a record.
    """
    good = False
    broken: list[Reject] = []
    odd: set[str] = set()
    for where, line in _lines(file):
        try:
            document = _document(_parse(line, file.max_bytes), where, file, odd)
        except Unreadable as error:
            broken.append(reject_file(where, error))
            if not good and len(broken) > _HOPELESS_LINES:
                break
        else:
            good = True
            yield document
        if good:
            yield from broken
            broken.clear()
    if broken:
        first = broken[0]
        raise Unreadable(first.reason, f"no line is an article; {first.detail}")
    if not good:
        raise Unreadable(Reason.EMPTY, "nothing in it")


def _lines(file: SourceFile) -> Iterator[tuple[str, bytes]]:
    """Yield the lines that are not blank with their names, too long ones cut."""
    number = 0
    with _readline(file.stream) as readline:
        while line := readline(file.max_bytes + 1):
            number += 1
            rest = line
            while len(rest) > file.max_bytes and not rest.endswith(b"\n"):
                rest = readline(file.max_bytes + 1)
            stripped = line.removeprefix(codecs.BOM_UTF8).strip()
            if stripped and stripped not in _BRACKETS:
                yield f"{file.path}!#{number}", line


@contextlib.contextmanager
def _readline(stream: io.BufferedReader) -> Iterator[Callable[[int], bytes]]:
    """Give what reads a line; of UTF-16, in which a byte 10 ends none, as UTF-8."""
    if not stream.peek(2).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield stream.readline
        return
    text = io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline="\n")
    try:
        yield lambda size: text.readline(size).encode("utf-8", "replace")
    finally:
        # Who opened the stream closes it, and may have done so.
        if not stream.closed:
            text.detach()


def read_json(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield the documents of one object, a list of objects, or a JSON Feed.

    The list may be wrapped in an object, as web APIs answer, and the objects may stand
    one after the other, on a line each or spread over many.
    """
    data = file.read_whole()
    try:
        value = _parse(data, file.max_bytes)
    except Unreadable:
        values = _one_after_the_other(charset.decode(data))
        if values:
            yield from _documents(values, file)
        else:
            # One object a line is JSON Lines, whatever the file is called.
            if b"}\n" not in data.strip().replace(b"\r", b""):
                raise
            yield from read_json_lines(file.holding(data))
        return
    if isinstance(value, dict) and {"version", "items"} <= value.keys():
        yield from read_feed(file.holding(data))
        return
    records = _wrapped(value)
    if records is None:
        yield _document(value, file.path, file, set())
    elif records:
        yield from _documents(records, file)
    else:
        raise Unreadable(Reason.EMPTY, "an empty list")


def _documents(records: list[Any], file: SourceFile) -> Iterator[Document | Reject]:
    odd: set[str] = set()
    for number, value in enumerate(records, 1):
        where = f"{file.path}!#{number}"
        try:
            yield _document(value, where, file, odd)
        except Unreadable as error:
            yield reject_file(where, error)


def _wrapped(value: Any) -> list[Any] | None:
    """Return the records of a list, or of an object around one; None for a record."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or (
        record.column(value, "text", record.read_string, set()) is not None
    ):
        return None
    lists = (value.get(key) for key in _LISTS)
    return next(
        (
            each
            for each in lists
            if each and isinstance(each, list) and _is_record(each)
        ),
        None,
    )


def _is_record(records: list[Any]) -> bool:
    return isinstance(records[0], dict)


def _one_after_the_other(text: str) -> list[Any]:
    """Return the JSON values that ``text`` consists of, none where it is broken."""
    decoder = json.JSONDecoder()
    values: list[Any] = []
    at = 0
    while at < len(text):
        if text[at] in " \t\r\n,\x1e\ufeff":
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        values.append(value)
    return values


def _parse(data: bytes, max_bytes: int) -> Any:
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    text = charset.decode(data).strip().removesuffix(",")
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unreadable(Reason.MALFORMED, f"not JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable(Reason.MALFORMED, "JSON nested too deeply") from error


def _document(
    value: Any, where: str, file: SourceFile, known_odd: set[str]
) -> Document:
    """Return the document of a record.

    Args:
      value: The record.
      where: Its name, for a reject.
      file: The file that it is in.
      known_odd: The keys of the file with odd values that were reported before.

    Raises:
      Unreadable: When it is no object, or has neither text nor HTML.
    """
    if not isinstance(value, dict):
        raise Unreadable(Reason.MALFORMED, "not a JSON object")
    odd: set[str] = set()
    text = record.column(value, "text", record.read_string, odd)
    content = text or record.column(value, "html", record.read_string, odd)
    if not content:
        fields = f"; not text: {', '.join(sorted(odd))}" if odd else ""
        raise Unreadable(Reason.EMPTY, f"neither text nor html in the record{fields}")
    media = Media.FRAGMENT if text and has_markup(text) else Media.TEXT
    media = media if text else Media.HTML
    identity = value.get("id")
    is_named = isinstance(identity, (str, int)) and not isinstance(identity, bool)
    fetched = record.column(value, "fetched_at", record.read_date, odd)
    document = Document(
        content=content,
        media=media,
        text_source=TextSource.FILE,
        fetched_at=fetched.at if fetched else file.read_at,
        path=f"{file.path}!{identity}" if is_named else where,
        declared=_declared(value, odd),
    )
    for key in sorted(odd - known_odd):
        log.warning(
            "%s: the value of %r cannot be used and is left out; the record stays",
            clean(where),
            key,
        )
    known_odd |= odd
    return document


def _declared(value: dict[str, Any], odd: set[str]) -> Declared:
    published = record.column(value, "published_at", record.read_date, odd)
    modified = record.column(value, "modified_at", record.read_date, odd)
    title = record.column(value, "title", record.read_line, odd)
    return Declared(
        url=record.column(value, "url", record.read_address, odd),
        title=fragment_text(title) if title and has_markup(title) else title,
        description=record.column(value, "description", record.read_line, odd),
        section=record.column(value, "section", record.read_line, odd),
        image_url=record.column(value, "image_url", record.read_address, odd),
        authors=record.column(value, "authors", record.read_names, odd) or (),
        tags=record.column(value, "tags", record.read_labels, odd) or (),
        published=published,
        published_source=DateSource.FILE if published else None,
        modified_at=modified.at if modified else None,
        source_name=record.column(value, "source_name", record.read_line, odd),
        source_country=record.column(value, "source_country", record.read_country, odd),
    )
