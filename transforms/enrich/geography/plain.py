"""Removes from a text what keeps its letters from matching the gazetteer's forms.

Such are the marks for vowels and the line that stretches a word in Arabic, accents apart
from their letter, and letters in the widths that Chinese and Japanese computers had.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence

_SILENT = r"\u0640\u064b-\u0652\u0670"
_MARKS = rf"\u0300-\u0345\u0653-\u0655\u3099\u309a\uff9e\uff9f{_SILENT}"
_IS_SILENT = re.compile(f"[{_SILENT}]")
_ODD = re.compile(rf"[^\s{_MARKS}]?[{_MARKS}]{{1,30}}|[\u1100-\u11ff]+|[\uff01-\uffdc]")
"""What is not written plainly: a letter with its marks, a syllable in pieces."""
_ANY_ODD = re.compile(rf"[{_MARKS}\u1100-\u11ff\uff01-\uffdc]")
_WIDTHS = "\uff01"
"""From here on are letters that differ from others in their width alone."""


def make_plain(text: str) -> tuple[str, Sequence[int] | None]:
    """Return ``text`` plainly written, and where each of its code points was.

    Returns:
      The plain text, with the offset in ``text`` of each of its code points and of its
      end; None instead of the offsets where the two are the same.
    """
    if text.isascii() or _ANY_ODD.search(text) is None:
        return text, None
    plain: list[str] = []
    offsets = array("l")
    done = 0
    for odd in _ODD.finditer(text):
        start, end = odd.span()
        plain.append(text[done:start])
        offsets.extend(range(done, start))
        done = end
        is_wide = odd[0][-1] >= _WIDTHS
        written = unicodedata.normalize("NFKC" if is_wide else "NFC", odd[0])
        written = _IS_SILENT.sub("", written)
        plain.append(written)
        offsets.extend([start] * len(written))
    plain.append(text[done:])
    offsets.extend(range(done, len(text) + 1))
    return "".join(plain), offsets
