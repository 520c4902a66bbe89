"""What is wrong with a configuration, said so that its author can repair it."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from pipeline.configuration.wording import in_plain_words
from pipeline.sample.folder import CONFIG
from transforms.redaction import redact_input

_TABLE = in_plain_words("Input should be a valid dictionary")
_OUTPUT = {("output",), ("output", "path")}
# Characters of a value that are shown; longer ones are cut.
_SHOWN = 120


def problem(details: Any, model: type[pydantic.BaseModel], *, has_file: bool) -> str:
    """Return one line for one error of pydantic.

    Args:
      details: The error.
      model: What was validated.
      has_file: Whether there is a configuration file to repair it in.
    """
    place = tuple(details["loc"])
    where = ".".join(str(part) for part in place)
    if details["type"] == "missing":
        return f"{where}: missing; {_remedy(place, has_file=has_file)}"
    if details["type"] == "extra_forbidden":
        return f"{where}: unknown key; {_known(place, model)}"
    message = in_plain_words(str(details["msg"]))
    value = details["input"]
    given = "" if isinstance(value, Mapping) else f" (given: {_shown(value)})"
    return f"{where}: {message[:1].lower()}{message[1:]}{given}"


def odd_sections(
    file: Mapping[str, Any], model: type[pydantic.BaseModel]
) -> dict[str, str]:
    """Return sections of a file that are no tables, each with a line that says so.

    Flags and variables of such a section would take its place, and nobody would know.
    """
    return {
        name: f"{name}: {_TABLE} (given: {_shown(value)})"
        for name, value in file.items()
        if name in model.model_fields and not isinstance(value, Mapping)
    }


def _remedy(place: tuple[Any, ...], *, has_file: bool) -> str:
    if place not in _OUTPUT:
        return "set it in the configuration"
    if has_file:
        return "set path under [output] in the configuration, or give --output"
    return (
        f"there is no {CONFIG} here: newsbeam init writes one; or name a configuration, "
        "or give --output with --files or --feed"
    )


def _known(place: tuple[Any, ...], model: type[pydantic.BaseModel]) -> str:
    """Return which key may have been meant, and which there are."""
    *sections, key = place
    known = _keys(model, sections)
    close = difflib.get_close_matches(str(key), known, n=1)
    if close:
        meant = close[0]
    else:
        # The right key in the wrong section.
        homes = [name for name in _keys(model, ()) if key in _keys(model, [name])]
        meant = f"{homes[0]}.{key}" if homes else ""
    parts = [f"did you mean {meant}?"] if meant else []
    if known:
        parts.append(f"known: {', '.join(known)}")
    return " ".join(parts) or "nothing can be set here"


def _keys(model: Any, place: Sequence[Any]) -> list[str]:
    """Return the keys that a place of the configuration may have."""
    for part in place:
        field = getattr(model, "model_fields", {}).get(part)
        model = _model(field.annotation) if field else _model(model)
    return list(getattr(model, "model_fields", {}))


def _model(annotation: Any) -> Any:
    """Return the options in an annotation, itself or what it lists; None without any."""
    if hasattr(annotation, "model_fields"):
        return annotation
    if isinstance(annotation, types.UnionType) or typing.get_args(annotation):
        found = (_model(part) for part in typing.get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None


def _shown(value: Any) -> str:
    """Return what was given, without secrets and as a configuration writes it."""
    text = json.dumps(_redacted(value), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _redacted(value: Any) -> Any:
    # It may be an address, or part of one.
    if isinstance(value, (list, tuple)):
        return [_redacted(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _redacted(item) for key, item in value.items()}
    return redact_input(value) if isinstance(value, str) else value
