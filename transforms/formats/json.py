"""JSON Lines and JSON: records that name an article's parts.

The keys are the columns of the articles table, with the names that other tools give
them as second choice; unknown keys are passed over.  A record needs ``text`` or
``html``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pydantic
from pydantic import AliasChoices, BeforeValidator, ConfigDict

from transforms import charset
from transforms.dates import parse_date
from transforms.errors import Unreadable
from transforms.formats.feed import read_feed
from transforms.formats.file import SourceFile, reject_file, too_large
from transforms.records import (
    DateSource,
    Declared,
    Document,
    Media,
    Moment,
    Reason,
    Reject,
    TextSource,
)

# So many broken lines before the first good one, and the file is no JSON Lines at all.
_HOPELESS_LINES = 100


def _names(value: Any) -> Any:
    """Accept one name, a list of names, and schema.org's objects with a name."""
    if isinstance(value, (str, dict)):
        value = [value]
    if isinstance(value, list):
        return [v.get("name", v) if isinstance(v, dict) else v for v in value]
    return value if value is not None else []


def _country(value: Any) -> Any:
    """Accept an ISO 3166-1 alpha-2 code; anything else tells no country."""
    code = value.upper() if isinstance(value, str) else ""
    return code if re.fullmatch("[A-Z]{2}", code) else None


def _moment(value: Any) -> Moment | None:
    return None if value is None else parse_date(str(value))


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Country = Annotated[str | None, BeforeValidator(_country)]
Date = Annotated[Moment | None, BeforeValidator(_moment)]


def _also(*names: str) -> Any:
    return pydantic.Field(default=None, validation_alias=AliasChoices(*names))


class ArticleRecord(pydantic.BaseModel):
    """One JSON object, as it may be written."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    id: str | int | None = None
    url: str | None = _also("url", "link")
    title: str | None = _also("title", "headline")
    text: str | None = _also("text", "maintext", "content", "articleBody", "body")
    html: str | None = _also("html", "content_html", "raw_html")
    description: str | None = _also("description", "summary", "excerpt")
    section: str | None = _also("section", "articleSection")
    image_url: str | None = _also("image_url", "image")
    authors: Names = pydantic.Field(
        default=(), validation_alias=AliasChoices("authors", "author", "byline")
    )
    tags: Names = pydantic.Field(
        default=(), validation_alias=AliasChoices("tags", "keywords")
    )
    published_at: Date = _also("published_at", "date_publish", "datePublished", "date")
    modified_at: Date = _also("modified_at", "date_modify", "dateModified")
    fetched_at: Date = _also("fetched_at", "date_download")
    source_name: str | None = _also("source_name", "sitename", "publisher")
    source_country: Country = None


def read_json_lines(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield a document for each good line and a reject for each broken one.

    Raises:
      Unreadable: When not one line is a record.
    """
    good = False
    broken: list[Reject] = []
    for where, line in _lines(file):
        try:
            document = _document(_parse(line, file.max_bytes), where, file)
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
    while line := file.stream.readline(file.max_bytes + 1):
        number += 1
        rest = line
        while len(rest) > file.max_bytes and not rest.endswith(b"\n"):
            rest = file.stream.readline(file.max_bytes + 1)
        if line.strip():
            yield f"{file.path}!#{number}", line


def read_json(file: SourceFile) -> Iterator[Document | Reject]:
    """Yield the documents of one object, a list of objects, or a JSON Feed."""
    data = file.read_whole()
    try:
        value = _parse(data, file.max_bytes)
    except Unreadable:
        # One object a line is JSON Lines, whatever the file is called.
        if b"}\n" not in data.strip().replace(b"\r", b""):
            raise
        yield from read_json_lines(file.holding(data))
        return
    if isinstance(value, dict) and {"version", "items"} <= value.keys():
        yield from read_feed(file.holding(data))
        return
    if not isinstance(value, list):
        yield _document(value, file.path, file)
        return
    if not value:
        raise Unreadable(Reason.EMPTY, "an empty list")
    for number, record in enumerate(value, 1):
        where = f"{file.path}!#{number}"
        try:
            yield _document(record, where, file)
        except Unreadable as error:
            yield reject_file(where, error)


def _parse(data: bytes, max_bytes: int) -> Any:
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    try:
        return json.loads(charset.decode(data))
    except ValueError as error:
        raise Unreadable(Reason.MALFORMED, f"no JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable(Reason.MALFORMED, "JSON nested too deeply") from error


def _document(value: Any, where: str, file: SourceFile) -> Document:
    try:
        record = ArticleRecord.model_validate(value)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "record"
        raise Unreadable(Reason.MALFORMED, f"{key}: {first['msg']}") from error
    content = record.text or record.html
    if not content or not content.strip():
        raise Unreadable(Reason.EMPTY, "neither text nor html in the record")
    return Document(
        content=content,
        media=Media.TEXT if record.text else Media.HTML,
        text_source=TextSource.FILE,
        fetched_at=_fetched_at(record, file.read_at),
        path=where if record.id is None else f"{file.path}!{record.id}",
        declared=Declared(
            url=record.url,
            title=record.title,
            description=record.description,
            section=record.section,
            image_url=record.image_url,
            authors=record.authors,
            tags=record.tags,
            published=record.published_at,
            published_source=DateSource.FILE if record.published_at else None,
            modified_at=record.modified_at.at if record.modified_at else None,
            source_name=record.source_name,
            source_country=record.source_country,
        ),
    )


def _fetched_at(record: ArticleRecord, read_at: dt.datetime) -> dt.datetime:
    return record.fetched_at.at if record.fetched_at else read_at
