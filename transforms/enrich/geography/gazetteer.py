"""Finds the expressions that name a country: names, demonyms, capitals, cities.

The table ``data/gazetteer.tsv.gz`` holds every form with its country, its kind and the
languages that use it so; ``data/build_gazetteer.py`` generates it.  Here the forms go
into one Aho-Corasick automaton, and a match of the automaton counts when it is a word
of the text: its edges are word boundaries or an ending (a prefix, a particle) that the
language allows, and its case is that of the form.  Which matches mean the country is
for :mod:`transforms.enrich.countries` to decide.

Source of the method: Aho & Corasick, "Efficient string matching", CACM 18(6), 1975.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import importlib.resources
from collections.abc import Iterator

from ahocorasick_rs import AhoCorasick, MatchKind

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.forms import (
    COMBINING,
    HINT,
    PAIR,
    TRAP,
    Row,
    read_table,
)
from transforms.enrich.geography.matches import (
    Found,
    Match,
    Page,
    both_of,
    is_whole,
    match_of,
    restore,
    weigh,
)
from transforms.enrich.geography.plain import make_plain
from transforms.enrich.geography.wordforms import EVERY, end_of
from transforms.vocabulary import Kind

_TABLE = "gazetteer.tsv.gz"
_RANK = {kind: rank for rank, kind in enumerate((TRAP, PAIR, COMBINING, *Kind, HINT))}
"""Which reading counts when the same words have two."""
_HYPHENS = frozenset("-\u2010\u2011\u2013\u2212")
_FOLLOWER = 8
"""Letters after a pair in which the noun that belongs to it stands."""
_PARTICLES = " 가는의와과이은"
"""What may stand between the two."""
_PARTNERS = frozenset((Kind.NAME, Kind.DEMONYM))
"""What a combining form may be joined to."""
_SCANS = 4
"""Texts whose matches are cached: title and text of two articles."""
_BARE = 80
"""Code points of a text that may be nothing but a name."""

_RELATED = {
    language: tuple(related)
    for language, *related in map(
        str.split,
        (
            "no nb nn; nb nn; nn nb; hr bs sr; bs hr sr; sr bs hr; sh bs hr sr; ms id;"
            "id ms; yue zh; wuu zh; tl fil; iw he; ne hi; pcm en"
        ).split(";"),
    )
}
"""Languages close enough for the names of one to be read in the other."""


GAZETTEER = "newsbeam-gazetteer"
"""What the version of the gazetteer begins with."""


class Gazetteer:
    """All forms, and the automaton that finds them; build it once in each process.

    Attributes:
      version: Name of the table and the first 8 hex digits of its SHA-256.
      letters: How the letters beyond a to z are written in those.
    """

    version: str

    def __init__(self, table: str) -> None:
        """Build from the text of a table as ``build_gazetteer.py`` writes it."""
        digest = hashlib.sha256(table.encode()).hexdigest()
        self.version = f"{GAZETTEER}/1+{digest[:8]}"
        rows: dict[str, list[Row]] = {}
        self._words: dict[tuple[str, str], frozenset[str]] = {}
        self._roles: dict[tuple[str, str | None], frozenset[str]] = {}
        self.letters: dict[str, str] = {}
        for pattern, row in read_table(table, self._words, self.letters):
            rows.setdefault(pattern, []).append(row)
        for same in rows.values():
            # US$ is tried before US, Париж before the words of which it is the stem, and
            # Lusa before lusa, which takes either case.
            same.sort(
                key=lambda row: (
                    -len(row.form.tail),
                    row.kind != Kind.CAPITAL,
                    row.form.text[0].islower(),
                )
            )
        self._rows = list(rows.values())
        self._masks: dict[frozenset[str] | None, bytes] = {}
        self._patterns: dict[str, list[int]] = {}
        for number, same in enumerate(self._rows):
            for row in same:
                for language in row.form.languages:
                    self._patterns.setdefault(language, []).append(number)
        self._known = self._patterns.keys() - {EVERY}
        # Entities and countries read the same texts, one stage right after the other.
        self._scan = functools.lru_cache(maxsize=_SCANS)(self._find_all)
        # A word that takes no ending is looked for with the space behind it.
        self._is_whole = bytes(map(is_whole, self._rows))
        self._automaton = AhoCorasick(
            [
                f"{pattern} " if whole else pattern
                for pattern, whole in zip(rows, self._is_whole, strict=True)
            ],
            matchkind=MatchKind.Standard,
        )

    @classmethod
    def load(cls) -> Gazetteer:
        """Return the gazetteer of the packaged table."""
        folder = importlib.resources.files("transforms.enrich") / "data"
        return cls(gzip.decompress((folder / _TABLE).read_bytes()).decode())

    def find(self, text: str, language: str | None) -> list[Match]:
        """Return the matches in ``text``, leftmost and longest first, none overlapping.

        Args:
          text: Any text; offsets count its code points.
          language: BCP 47 tag of the text.  Where it is ``None`` or a language that the
            gazetteer does not know, and where the text is nothing but a form, the forms
            of all languages count.
        """
        return list(self.scan(text, language).matches)

    def scan(self, text: str, language: str | None) -> Found:
        """Return what :meth:`find` does, and the hints beside it.

        A hint is an expression that is at home in one country (sheriff's deputies,
        Crown Court): it names no country, but shows which Paris a text may mean.  The
        result is kept for the next stage and must not be changed.
        """
        return self._scan(text, language)

    def _find_all(self, text: str, language: str | None) -> Found:
        languages = self._languages(language)
        found = self._search(text, languages)
        if not found.matches and languages is not None and len(text) <= _BARE:
            bare = text.strip()
            matches = self._search(text, None).matches
            return Found([m for m in matches if m.surface == bare], found.hints)
        return found

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the names of countries in all languages, each with its one code."""
        for rows in self._rows:
            for row in rows:
                if row.kind == Kind.NAME and len(row.codes) == 1:
                    yield row.form.text, row.codes[0]

    def knows(self, language: str | None) -> bool:
        """Return whether there are forms of ``language``, or of a related one."""
        return self._languages(language) is not None

    def words(self, role: str, language: str | None) -> frozenset[str]:
        """Return the folded words that play ``role`` in ``language`` and in all."""
        if (role, language) not in self._roles:
            self._roles[role, language] = self._words_of(role, language)
        return self._roles[role, language]

    def _words_of(self, role: str, language: str | None) -> frozenset[str]:
        languages = self._languages(language)
        return frozenset().union(
            *(
                words
                for (of, in_), words in self._words.items()
                if of == role
                and (in_ == EVERY or languages is None or in_ in languages)
            )
        )

    def _languages(self, tag: str | None) -> frozenset[str] | None:
        primary = (tag or "").replace("_", "-").partition("-")[0].lower()
        if primary in self._known:
            return frozenset((primary, *_RELATED.get(primary, ())))
        related = frozenset(_RELATED.get(primary, ()))
        return related or None

    def _search(self, text: str, languages: frozenset[str] | None) -> Found:
        plain, offsets = make_plain(text)
        page = self._open(plain, languages)
        matches: list[Match] = []
        hinted: set[Row] = set()
        free = partner = 0
        for begin in sorted(page.starts):
            if begin < free:
                continue
            reading = self._longest(page, begin)
            if reading is None:
                continue
            row, end = reading
            if row.kind == HINT:
                hinted.add(row)
                continue
            free = end
            if row.kind == COMBINING:
                matches.append(match_of(page, row, begin, end, is_paired=True))
                joined = self._joined(page, end)
                if joined is not None:
                    matches.append(joined)
                    free = joined.end
                partner = free + 1
            elif row.kind == PAIR:
                matches += both_of(page, row, begin)
            elif row.kind != TRAP:
                is_paired = begin == partner > 0
                matches.append(match_of(page, row, begin, end, is_paired=is_paired))
        if offsets is not None:
            matches = [restore(match, text, offsets) for match in matches]
        return Found(matches, weigh(hinted))

    def _open(self, text: str, languages: frozenset[str] | None) -> Page:
        """Return ``text`` with the patterns that are in it."""
        folded = f" {fold(text)} "
        padding = self._readable(languages)
        starts: dict[int, list[tuple[int, int]]] = {}
        for pattern, start, end in self._automaton.find_matches_as_indexes(
            folded, overlapping=True
        ):
            if padding[pattern]:
                # A padded pattern takes in the space before the word, and ``folded``
                # has one code point before the text.
                begin = start if folded[start] == " " else start - 1
                starts.setdefault(begin, []).append((end - padding[pattern], pattern))
        return Page(text, folded, languages, starts)

    def _joined(self, page: Page, begin: int) -> Match | None:
        """Return the adjective that the letters from ``begin`` to the word's end are."""
        if page.folded[begin + 1] == " ":
            return None
        end = page.folded.find(" ", begin + 1) - 1
        found = self._search(page.text[begin:end], page.languages).matches
        if len(found) != 1 or found[0].surface != page.text[begin:end]:
            return None
        if found[0].kind is not Kind.DEMONYM:
            return None
        return dataclasses.replace(
            found[0], start=begin, end=end, is_paired=True, bare=end
        )

    def _is_joined(self, page: Page, end: int) -> bool:
        """Return whether a combining form that ends at ``end`` is joined to a country."""
        if page.text[end : end + 1] not in _HYPHENS:
            return self._joined(page, end) is not None
        reading = self._longest(page, end + 1)
        return reading is not None and (
            reading[0].kind in _PARTNERS or reading[0].kind == COMBINING
        )

    def _is_pair(self, page: Page, row: Row, start: int, end: int) -> bool:
        """Return whether letters that name a country each are not parts of other words."""
        rest = page.text[end : end + _FOLLOWER].lstrip(_PARTICLES)
        followers = [self.words("paired", name) for name in row.form.languages]
        return rest.startswith(tuple(frozenset().union(*followers))) and not any(
            reading[1] > end
            for begin in range(start + 1, end)
            if (reading := self._longest(page, begin)) is not None
        )

    def _readable(self, languages: frozenset[str] | None) -> bytes:
        """Return the extra length around each pattern, 0 where it is not read.

        That is one code point before the text, and a space behind a whole word.
        """
        if languages not in self._masks:
            mask = bytearray(len(self._rows))
            spoken = self._patterns if languages is None else (*languages, EVERY)
            for language in spoken:
                for pattern in self._patterns.get(language, ()):
                    mask[pattern] = 1 + self._is_whole[pattern]
            self._masks[languages] = bytes(mask)
        return self._masks[languages]

    def _longest(self, page: Page, begin: int) -> tuple[Row, int] | None:
        """Return the row that reads the longest word or words, and where they end."""
        best: tuple[Row, int] | None = None
        for end, pattern in sorted(page.starts.get(begin, ()), reverse=True):
            reading = self._choose(page, begin, end, self._rows[pattern])
            if reading is None:
                continue
            row, stop = reading
            if best is None or (-stop, _RANK[row.kind]) < (
                -best[1],
                _RANK[best[0].kind],
            ):
                best = reading
        return best

    def _choose(
        self, page: Page, start: int, end: int, rows: list[Row]
    ) -> tuple[Row, int] | None:
        """Return the row that reads ``text[start:end]``, and where its word ends."""
        languages = page.languages
        general: tuple[Row, int] | None = None
        for row in rows:
            spoken = row.form.languages
            own = languages is None or not spoken.isdisjoint(languages)
            if not own and (EVERY not in spoken or general is not None):
                continue
            if row.kind == COMBINING:
                last = end if self._is_joined(page, end) else None
            else:
                last = end_of(row.form, page.text, page.folded, (start, end), languages)
                if row.kind == PAIR and not self._is_pair(page, row, start, end):
                    last = None
            if last is None:
                continue
            if own and EVERY not in spoken:
                return row, last
            general = general or (row, last)
        return general


@functools.cache
def load_gazetteer() -> Gazetteer:
    """Return the packaged gazetteer, built once in a process."""
    return Gazetteer.load()
