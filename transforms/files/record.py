"""One JSON record of an article: which of its keys means what.

The keys are the columns of the articles table; the names that other tools and
schema.org give them are accepted too.  What has an odd type is left out, never the whole
record: an archive is written by many hands.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from transforms.listings import Moment
from transforms.text.dates import parse_date
from transforms.text.strings import one_line

T = TypeVar("T")

ALIASES: Mapping[str, Sequence[str]] = {
    column: keys.split()
    for column, keys in {
        "url": "url link canonical_url mainEntityOfPage",
        "title": "title headline name",
        "text": "text maintext content articleBody body content_text",
        "html": "html content_html raw_html",
        "description": "description summary excerpt abstract",
        "section": "section articleSection category",
        "image_url": "image_url image urlToImage thumbnailUrl",
        "authors": "authors author byline creator",
        "tags": "tags keywords",
        "published_at": (
            "published_at date_publish datePublished publishedAt date_published pubDate date"
        ),
        "modified_at": "modified_at date_modify dateModified date_modified",
        "fetched_at": "fetched_at date_download",
        "source_name": "source_name sitename publisher source",
        "source_country": "source_country",
    }.items()
}
"""The keys that a column is read from; the first that has a value counts."""

# How schema.org's objects say in one string what they are.
_LABELS = ("name", "@value", "url", "contentUrl", "@id", "headline")
_LOCATIONS = ("url", "contentUrl", "@id", "@value")
_NAME_PARTS = ("givenName", "familyName")
_COUNTRY = re.compile("[A-Za-z]{2}")


class OddValueError(ValueError):
    """A value from which its column cannot be read."""


def read_string(value: Any) -> str | None:
    """Return a string: itself, or a list's parts as paragraphs.

    Raises:
      OddValueError: For anything else but null.
    """
    if isinstance(value, list):
        parts = [part for part in map(read_string, value) if part and part.strip()]
        return "\n\n".join(parts) or None
    return _string(value, _LABELS, with_numbers=False)


def read_line(value: Any) -> str | None:
    """Return a string on one line: of an object its name, of a list the first.

    Raises:
      OddValueError: For anything else but null.
    """
    return one_line(_string(_first(value), _LABELS))


def read_address(value: Any) -> str | None:
    """Return a URL: of an object its address, of a list the first.

    Raises:
      OddValueError: For anything else but null.
    """
    return one_line(_string(_first(value), _LOCATIONS))


def read_names(value: Any) -> tuple[str, ...]:
    """Return names: of one string or object, of a list of them, or of a list in a string.

    Raises:
      OddValueError: When no name is in it, and it is not empty.
    """
    values = _listed(value)
    names = [name for each in values if (name := _name(each))]
    if any(each not in (None, "") for each in values) and not names:
        raise OddValueError
    return tuple(names)


def read_labels(value: Any) -> tuple[str, ...]:
    """Return labels: as names, and of one string what commas separate.

    Raises:
      OddValueError: When no label is in it, and it is not empty.
    """
    if isinstance(value, str) and not value.lstrip().startswith("["):
        value = value.split(",")
    return tuple(label for label in read_names(value) if label)


def read_date(value: Any) -> Moment | None:
    """Return the moment that a string or number declares.

    Raises:
      OddValueError: When it declares none, and is not empty.
    """
    text = _string(_first(value), ("@value", "$date"))
    moment = parse_date(text)
    if moment is None and text and text.strip():
        raise OddValueError
    return moment


def read_country(value: Any) -> str | None:
    """Return an ISO 3166-1 alpha-2 code.

    Raises:
      OddValueError: For anything else but null.
    """
    text = _string(value, ("@value", "identifier"))
    if text and not _COUNTRY.fullmatch(text):
        raise OddValueError
    return text.upper() if text else None


def column(
    record: Mapping[str, Any], name: str, read: Callable[[Any], T | None], odd: set[str]
) -> T | None:
    """Return the value of a column: that of the first of its keys that has one.

    Args:
      record: The JSON object.
      name: The column, a key of :data:`ALIASES`.
      read: Makes a value of the column from one of JSON.
      odd: Takes the keys whose value could not be read.
    """
    for key in ALIASES[name]:
        try:
            value = read(record.get(key))
        except OddValueError:
            odd.add(key)
            continue
        if value and (not isinstance(value, str) or value.strip()):
            return value
    return None


def _string(
    value: Any, labels: Iterable[str], *, with_numbers: bool = True
) -> str | None:
    if isinstance(value, dict):
        named = (value[label] for label in labels if value.get(label))
        value = next(named, None)
        if value is None or isinstance(value, (dict, list)):
            raise OddValueError
    if value is None or isinstance(value, str):
        return value
    if with_numbers and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise OddValueError


def _first(value: Any) -> Any:
    if isinstance(value, list):
        return next((each for each in value if each), None)
    return value


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("@list"), list):
        value = value["@list"]
    if isinstance(value, str) and value.lstrip().startswith("["):
        # Tables keep a list as the text of a JSON or Python literal.
        for read in (json.loads, ast.literal_eval):
            try:
                found = read(value.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            return found if isinstance(found, list) else [value]
    return value if isinstance(value, list) else [value]


def _name(value: Any) -> str | None:
    try:
        if isinstance(value, dict) and not value.get("name"):
            parts = [read_line(value.get(part)) for part in _NAME_PARTS]
            if any(parts):
                return " ".join(filter(None, parts))
        return one_line(_string(value, ("name", "@value"), with_numbers=False))
    except OddValueError:
        return None
