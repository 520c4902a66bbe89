"""The base of every stage's options: frozen, and strict about what it does not know."""

from __future__ import annotations

import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic

# Texts that can only mean a boolean; they come from the environment.
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_YES = {"yes", "y", "on", "t", "ja", "oui", "si", "sí"}
_NO = {"no", "n", "off", "f", "nein", "non"}
# How many of a unit are a century: longer spans overflow where times are added up.
_CENTURY = {"seconds": 3_155_760_000, "minutes": 52_596_000, "hours": 876_600}


class Options(pydantic.BaseModel):
    """Options of one stage; a section of the configuration file is made of these."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Reject what pydantic would silently convert to something else."""
        kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
        if bool in kinds and not isinstance(value, bool) and value is not None:
            return _boolean(value)
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise ValueError("must be a number")
        if Path in kinds and isinstance(value, str) and not value.strip():
            # As a path it would be the folder that newsbeam runs in.
            raise ValueError("must name a file or folder")
        return value

    @pydantic.field_validator("*")
    @classmethod
    def _is_within_a_century(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Reject a span of time that no run will see the end of."""
        most = _CENTURY.get(str(info.field_name).rpartition("_")[2])
        if most is not None and isinstance(value, int | float) and value > most:
            raise ValueError(f"must be at most {most}, a century")
        return value


def checked(problem_of: Callable[[str], str | None]) -> pydantic.AfterValidator:
    """Return a validator of texts; ``problem_of`` says what is wrong with one, if anything."""

    def check(text: str) -> str:
        problem = problem_of(text)
        if problem is not None:
            raise ValueError(problem)
        return text

    return pydantic.AfterValidator(check)


def _boolean(value: Any) -> bool:
    text = str(value).strip().lower()
    if isinstance(value, str) and text in _BOOLEANS:
        return _BOOLEANS[text]
    meant = text in _YES or text == "1" if text in _YES | _NO | {"0", "1"} else None
    hint = "" if meant is None else f"; did you mean {str(meant).lower()}?"
    raise ValueError(f"must be true or false, without quotes{hint}")


def _kinds(annotation: Any) -> set[Any]:
    """Return the types that an annotation allows."""
    parts = typing.get_args(annotation)
    return {annotation, *parts}
