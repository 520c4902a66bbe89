"""What libraries say of bad values, in words for people who do not write Python."""

from __future__ import annotations

import re

# As pydantic writes them, and typer, which asks pydantic; the first that fits is taken.
_WORDS = (
    (r"Input should be a valid boolean.*", "must be true or false"),
    (r"Input should be a valid integer.*", "must be a whole number"),
    (r"Input should be a valid number.*", "must be a number"),
    (r"Input should be a finite number", "must be a number"),
    (r"Input should be a valid (string|bytes).*", "must be a text in quotes"),
    (
        r"Input should be a valid (list|tuple|set|frozenset).*",
        'must be a list: ["…", "…"]',
    ),
    (
        r"Input should be (a valid (dictionary|mapping)|an object).*",
        'must be a table: { key = "value" }',
    ),
    (r"Input (should be|is not) a (valid )?path.*", "must name a file or folder"),
    (r"Input should be greater than or equal to (.+)", r"must be at least \1"),
    (r"Input should be less than or equal to (.+)", r"must be at most \1"),
    (r"Input should be greater than (.+)", r"must be more than \1"),
    (r"Input should be less than (.+)", r"must be less than \1"),
    (r"Input should be (.+)", r"must be \1"),
    (r"(List|Tuple|Set|Dictionary|String) should have (.+)", r"must have \2"),
    (r"(.+) is not in the range (.+)\.", r"must be in the range \2"),
    (r"(.+) is not a valid int(eger)?( range)?\.?", "must be a whole number"),
    (r"(.+) is not a valid (float|number)( range)?\.?", "must be a number"),
)


def in_plain_words(message: str) -> str:
    """Return the message of a library in plain words."""
    message = message.removeprefix("Value error, ")
    for pattern, words in _WORDS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match:
            return match.expand(words)
    return message
