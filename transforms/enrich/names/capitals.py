"""Headlines in capitals, as the model reads them: with capitals where names have them.

A model that recognises names by their capitals finds less than half of them where every
letter is a capital.  The article itself shows how most words of its headline are written.
The other words get a capital as their first letter.  The length of a text never changes.
"""

from __future__ import annotations

import collections
import re

_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 8
"""Letters from which a line can be in capitals; fewer may be initials."""
_SHARE = 0.8
"""Share of a line's letters that are capitals where the line is in capitals."""
_INSIDE = re.compile(r"(?<=[\w,;:]\s)[^\W\d_]+")


def spelt_out(text: str, article: str) -> str:
    """Return ``text`` with the lines that are in capitals in ordinary letters.

    Args:
      text: A headline, or a text.
      article: The article's text, which shows how its words are written.
    """
    if not _is_loud(text) and not any(map(_is_loud, text.split("\n"))):
        return text
    written = _written(article)
    return "\n".join(
        _WORD.sub(lambda word: _quiet(word[0], written), line)
        if _is_loud(line)
        else line
        for line in text.split("\n")
    )


def _is_loud(line: str) -> bool:
    capitals = sum(map(str.isupper, line))
    if capitals < _LEAST or " " not in line.strip():
        return False
    return capitals >= _SHARE * (capitals + sum(map(str.islower, line)))


def _written(article: str) -> dict[str, str]:
    """Return by word in capitals how the article writes it within its sentences."""
    counted: dict[str, collections.Counter[str]] = {}
    for line in article.split("\n"):
        if not _is_loud(line):
            for word in _INSIDE.findall(line):
                forms = counted.setdefault(word.upper(), collections.Counter())
                forms[word] += 1
    return {upper: forms.most_common(1)[0][0] for upper, forms in counted.items()}


def _quiet(word: str, written: dict[str, str]) -> str:
    known = written.get(word)
    if known is not None and len(known) == len(word):
        return known
    return word[0] + "".join(
        low if len(low := letter.lower()) == 1 else letter for letter in word[1:]
    )
