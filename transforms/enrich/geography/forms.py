"""Reads the gazetteer's table, as ``data/build_gazetteer.py`` writes it.

A line is a form with its meaning, a class of endings that forms take, words that play a
role in a language, or the letters that stand for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.wordforms import EVERY, INITIALS, Wordform, is_padded
from transforms.vocabulary import Kind

TRAP = "trap"
HINT = "hint"
COMBINING = "combining"
PAIR = "pair"
"""What a form may be beside the kinds that name a country.

A combining form (``franco-``) names its country only together with another one, and a
pair (``日米``) names two, a letter each.
"""
_ARTICLE = "ال"
_TO_THE = "لل"
"""The Arabic article, and its form after the preposition "to"."""


class Row(NamedTuple):
    """A form and what it stands for."""

    form: Wordform
    codes: tuple[str, ...]
    kind: str
    populations: tuple[int, ...]
    namesakes: tuple[str, ...]


def read_table(
    table: str,
    words: dict[tuple[str, str], frozenset[str]],
    letters: dict[str, str],
) -> Iterable[tuple[str, Row]]:
    """Yield the rows with the pattern to look for; fill ``words`` and ``letters``."""
    endings: dict[str, frozenset[str] | None] = {"": None}
    languages: dict[str, frozenset[str]] = {}
    for line in table.splitlines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0] == "suffix":
            endings[cells[1]] = frozenset(
                ending if ending == EVERY else fold(ending).strip()
                for ending in cells[2].split(" ")
            )
            continue
        if cells[0] == "words":
            words[cells[1], cells[2]] = frozenset(map(fold, cells[3].split(" ")))
            continue
        if cells[0] == "letters":
            for pair in cells[1].split(" "):
                letter, _, written = pair.partition("=")
                letters[letter] = written
            continue
        form, codes, kind, used_in, class_, populations, namesakes, _ = cells
        if used_in not in languages:
            languages[used_in] = frozenset(used_in.split(" "))
        folded = fold(form).rstrip()
        text = form[: len(folded)]
        row = Row(
            Wordform(
                text,
                form[len(text) :],
                languages[used_in],
                endings[class_],
                kind != Kind.DEMONYM,
                kind == Kind.NAME,
                _loud(form, kind, languages[used_in], words),
            ),
            tuple(codes.split("|")),
            kind,
            tuple(int(n) for n in populations.split("|")) if populations else (),
            tuple(namesakes.split("|")) if namesakes else (),
        )
        yield f" {folded}" if is_padded(form[0]) else folded, row
        if folded.startswith(_ARTICLE):
            yield _TO_THE + folded.removeprefix(_ARTICLE), row


def _loud(
    form: str,
    kind: str,
    languages: frozenset[str],
    words: dict[tuple[str, str], frozenset[str]],
) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return by language the words that initials need before them among capitals."""
    if not form.isalpha() or len(form) > INITIALS:
        return ()
    if kind in {Kind.REGION, HINT}:
        return ((EVERY, frozenset()),) if form.isupper() else ()
    folded = fold(form)
    return tuple(
        (
            language,
            words.get(("loud-after", language), frozenset()) | {""}
            if role == "loud"
            else frozenset(),
        )
        for (role, language), listed in words.items()
        if role in {"loud", "drowned"}
        and folded in listed
        and (EVERY in languages or language in languages)
    )
