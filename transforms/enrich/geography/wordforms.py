"""Defines how a form of the gazetteer may stand in a text: as a word, in its case.

Texts are compared without case and diacritics, but a match counts only as a whole word:
with the endings that its language inflects it by, after the prefixes that Arabic and
Hebrew write as one with it, or anywhere in a script without spaces.
"""

from __future__ import annotations

from typing import NamedTuple

from transforms.enrich.geography.folding import is_katakana, is_prefixing, is_unspaced

EVERY = "*"
"""Stands for every language, and for every ending."""
_NO_ENDING = frozenset(("", EVERY))
_LONGEST_ENDING = 12
"""Code points that an inflectional ending may have at most."""
INITIALS = 4
"""Letters that initials such as US and USSR have at most."""
_NEAR = 24
"""Code points on each side of a match that show whether the passage is in capitals."""
_AFTER_LATIN = 0x0250
_NO_SYLLABLE = 5
_NO_WORD = 8
"""Letters from which a name, or an adjective, without its accents is no other word."""

_SEMITIC_PREFIXES = {
    "am": frozenset("የ በ ከ ለ ስለ እንደ ወደ እና የአ".split()),
    "ar": frozenset(
        "و ف ب ل ك ال لل وال فال بال كال ولل فلل وب ول وك فب فل فك".split()
    ),
    "he": frozenset(
        "ו ה ב ל מ ש כ וה וב ול ומ וש וכ שב של שה מה לה כש שמ בה וכש ושב ושל".split()
    ),
}
"""Articles, conjunctions and prepositions that are written as one with the word."""
_LONGEST_PREFIX = 3
_ARTICLES = {"ar": ("ال", "لل"), "he": ("ה",)}
_TONGUES = frozenset("語语어")
"""What makes a language of a country's name in Japanese, Chinese and Korean."""
_STOPS = frozenset(".!?…:;,\n•–—|-/\"'“”«»„(")
"""What a clause starts after."""


class Wordform(NamedTuple):
    """A form, and how it may be written.

    Attributes:
      text: The form, without what follows its last letter.
      tail: That: the last dot of U.S., the sign of US$.
      languages: The languages that have it.
      endings: What may be appended; None where nothing may.
      is_name: Whether it keeps its meaning without its accents.
      is_country: Whether it is a country's name, which takes no article.
      loud: The languages in which initials are a word in capitals, too (US and us), each
        with the words that they then must come after, "" for the start of a clause.
    """

    text: str
    tail: str
    languages: frozenset[str]
    endings: frozenset[str] | None
    is_name: bool
    is_country: bool = False
    loud: tuple[tuple[str, frozenset[str]], ...] = ()


def is_padded(char: str) -> bool:
    """Return whether a word that starts with ``char`` has a space before it, always."""
    return not (is_unspaced(char) or is_prefixing(char))


def end_of(
    form: Wordform,
    text: str,
    folded: str,
    span: tuple[int, int],
    languages: frozenset[str] | None,
) -> int | None:
    """Return where the word ends that ``form`` reads at ``span``, or None.

    Args:
      form: A form whose folded text is at ``span``.
      text: The text.
      folded: The same, folded, with a space before and one behind.
      span: Start and end in ``text``.
      languages: The languages of the text; None where they are unknown.
    """
    start, end = span
    last = _word_end(folded, start + 1, end + 1, form, languages)
    if last is None or not _same_case(text, start, end, form, languages):
        return None
    last -= 1
    if text.startswith(form.tail, last):
        return last + len(form.tail)
    # Ala. and US$ do not count without their last character, but U.S. does.
    return last if "." in form.text else None


def _word_end(
    folded: str,
    start: int,
    end: int,
    form: Wordform,
    languages: frozenset[str] | None,
) -> int | None:
    """Return where the word ends that starts with ``folded[start:end]``, if it is one.

    None means that the match is a part of some other word.
    """
    first = folded[start]
    if folded[end] in _TONGUES:
        return None
    if is_unspaced(first):
        is_part = is_katakana(first) and (
            is_katakana(folded[start - 1]) or is_katakana(folded[end])
        )
        return None if is_part else end
    if folded[start - 1] != " " and not _is_prefixed(folded, start, form, languages):
        return None
    endings = form.endings
    if folded[end] == " ":
        return end if endings is None or endings & _NO_ENDING else None
    last = folded.find(" ", end, end + _LONGEST_ENDING + 1)
    is_ending = endings is not None and (
        EVERY in endings or folded[end:last] in endings
    )
    return last if last > 0 and is_ending else None


def _is_prefixed(
    folded: str, start: int, form: Wordform, languages: frozenset[str] | None
) -> bool:
    """Return whether all before a form, in its word, is one of its language's prefixes.

    Only forms of scripts that join prefixes are looked for within words.
    """
    space = folded.rfind(" ", max(0, start - _LONGEST_PREFIX - 1), start)
    before = folded[space + 1 : start]
    return space >= 0 and any(
        before in prefixes
        # With an article a country's name is an adjective, or another word.
        and not (form.is_country and before.endswith(_ARTICLES.get(language, ())))
        for language, prefixes in _SEMITIC_PREFIXES.items()
        if languages is None or language in languages
    )


def _same_case(
    text: str, start: int, end: int, form: Wordform, languages: frozenset[str] | None
) -> bool:
    """Return whether ``text[start:end]`` is written as the form may be.

    A form with a capital needs one, initials need theirs.  Accents may be left out in
    capitals and in names.
    """
    surface, written = text[start:end], form.text
    if surface.isupper():
        return not _is_drowned(text, start, end, form, languages)
    if surface == written:
        return True
    if written.isupper() or not _has_capitals(surface, written):
        return False
    last = written.rfind(" ") + 1
    if last and surface[last].islower() and not _last_word(text, start):
        # ``La paz`` starts a sentence: only the second capital shows that it is not a word.
        return not all(word[0].isupper() for word in written.split(" "))
    return ord(written[0]) >= _AFTER_LATIN or _same_accents(surface, form)


def _has_capitals(surface: str, written: str) -> bool:
    """Return whether the first capital of a form is one in the text, too."""
    capital = next((n for n, char in enumerate(written) if char.isupper()), None)
    return capital is None or surface[capital].isupper()


def _same_accents(surface: str, form: Wordform) -> bool:
    """Return whether ``surface`` has the accents of a form, or may go without."""
    if all(
        a == b or not a.isalpha()
        for a, b in zip(surface.lower(), form.text.lower(), strict=False)
    ):
        return True
    if surface.isascii():
        return len(form.text) >= (_NO_SYLLABLE if form.is_name else _NO_WORD)
    # An ending may change the last letter of the stem: rus, ruși.
    return form.endings is not None and form.text.isascii()


def _is_drowned(
    text: str, start: int, end: int, form: Wordform, languages: frozenset[str] | None
) -> bool:
    """Return whether initials stand where, in capitals, they are some other word."""
    return (
        bool(form.loud)
        and _is_shouting(text, start, end)
        and any(
            _last_word(text, start) not in words
            for language, words in form.loud
            if language == EVERY or languages is None or language in languages
        )
    )


def _last_word(text: str, start: int) -> str:
    """Return the word before ``start`` in lower case, "" where a clause starts there."""
    head = text[max(0, start - _NEAR) : start].rstrip(" \u00a0")
    return "" if not head or head[-1] in _STOPS else head.split()[-1].lower()


def _is_shouting(text: str, start: int, end: int) -> bool:
    """Return whether the words around ``text[start:end]`` are all in capitals."""
    near = text[max(0, start - _NEAR) : start] + text[end : end + _NEAR]
    letters = [char for char in near if char.isalpha()]
    return len(letters) > INITIALS and all(char.isupper() for char in letters)
