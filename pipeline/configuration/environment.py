"""The names of our variables in the environment: those that nobody would read are errors.

What reads the values looks up the names that it knows, and reads past all others.
"""

from __future__ import annotations

import difflib
import os

import pydantic

_PREFIX = "newsbeam_"


def environment_problems(config: type[pydantic.BaseModel]) -> list[str]:
    """Return a line for each variable that was meant for us and is not read.

    Args:
      config: The configuration; its fields are the sections.
    """
    sections = config.model_fields
    single = _single(config)
    problems = []
    for name in sorted(os.environ):
        if not name.lower().startswith(_PREFIX):
            continue
        rest = name.lower().removeprefix(_PREFIX)
        section, _, key = rest.partition("__")
        if key and section not in sections:
            close = difflib.get_close_matches(section, sections, n=1)
            hint = f"did you mean {_variable(close[0], key)}? " if close else ""
            problems.append(
                f"environment: {name}: unknown section {section}; {hint}known: "
                f"{', '.join(sections)}"
            )
        elif not key and rest in single:
            problems.append(
                f"environment: {name}: not read; did you mean {single[rest]}, with two "
                "underscores?"
            )
    return problems


def _variable(section: str, key: str) -> str:
    return f"{_PREFIX}{section}__{key}".upper()


def _single(config: type[pydantic.BaseModel]) -> dict[str, str]:
    """Return what people write with one underscore, and the variable that it means."""
    return {
        f"{section}_{key}": _variable(section, key)
        for section, field in config.model_fields.items()
        for key in getattr(field.annotation, "model_fields", ())
    }
