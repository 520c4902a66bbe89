"""A configuration as TOML, every default filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.configuration.config import Config
from transforms.redaction import redact_input

# Characters; a longer list is written one item a line.
_LINE = 80


def resolved(config: Config) -> str:
    """Return the configuration as TOML, every default filled in, secrets masked."""
    lines = []
    for name, section in config.model_dump(mode="json").items():
        lines.append(f"[{name}]")
        lines += _assignments(section)
        lines.append("")
    return "\n".join(lines).rstrip()


def _assignments(section: Mapping[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for key, value in section.items():
        if isinstance(value, dict) and value and key != "serve":
            # A domain has dots of its own.
            name = json.dumps(key) if "." in key else key
            lines += _assignments(value, f"{prefix}{name}.")
        elif value is None:
            lines.append(f"# {prefix}{key} is not set")
        else:
            lines.append(f"{prefix}{key} = {_toml(value)}")
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(key)} = {_toml(item)}"
            for key, item in value.items()
            if item is not None
        )
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        items = [_toml(item) for item in value]
        if sum(map(len, items)) > _LINE:
            return "".join(("[\n", *(f"  {item},\n" for item in items), "]"))
        return f"[{', '.join(items)}]"
    if isinstance(value, str) and "://" in value:
        value = redact_input(value)
    # JSON's strings, numbers and booleans are TOML's too.
    return json.dumps(value, ensure_ascii=False)
