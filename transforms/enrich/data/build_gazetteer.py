"""Generates ``gazetteer.tsv.gz`` and ``towns.tsv.gz``.

They are made from packaged data and the reviewed files of ``languages/``.

Usage::

    npm install --prefix DIR cldr-localenames-full cldr-subdivisions-full \
        cldr-dates-full i18n-iso-countries
    python -m transforms.enrich.data.build_gazetteer --packages DIR/node_modules

Every source claims that a form names a country in a language.  Per form and language
the reviewed files decide where they speak; else the code with most sources wins, and a
draw is kept as an ambiguity.  Forms that at least ``_WIDESPREAD`` languages agree on
hold in every language.  The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from transforms.enrich.data import sources
from transforms.enrich.data.cities import NAMESAKE_INHABITANTS, cities, namesakes, towns
from transforms.enrich.data.orthography import spellings
from transforms.enrich.data.sources import Claim
from transforms.enrich.geography.folding import fold

_HERE = Path(__file__).parent
_COLUMNS = "form codes kind languages endings populations namesakes sources"
_REVIEWED = "reviewed"
_WIDESPREAD = 3
"""Languages that must agree on a form before it is read so in all of them."""
_SHORTEST_WIDESPREAD = 5
_SHORTEST = 3
"""Letters of a form from a package; shorter ones are initials or need a review."""
_SHORTEST_STEM = 3
_LENDING = frozenset(("name", "capital", "region"))
"""Kinds whose forms smaller places elsewhere have borrowed: Paris, Lebanon, Kent."""
_KINDS = (
    *("name", "demonym", "capital", "government", "region"),
    *("trap", "hint", "combining", "pair", "city"),
)
"""Best first: what a form means that could be two of them."""
_INFLECTED = frozenset(("name", "capital", "region"))
"""Kinds whose forms from packages are inflected by rule."""


class Form(NamedTuple):
    """A form in a language, with the class of the endings it takes."""

    language: str
    text: str
    endings: str = ""


class Meaning(NamedTuple):
    """What a form stands for, and who says so."""

    codes: str
    kind: str
    sources: frozenset[str]


class Languages(NamedTuple):
    """The reviewed files: classes of endings, stem rules, and the forms."""

    endings: dict[str, str]
    stems: dict[str, tuple[str, str, tuple[str, ...]]]
    forms: dict[Form, Meaning]
    words: dict[tuple[str, str], str]


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    options = parser.parse_args()
    _write("gazetteer.tsv.gz", build(options.packages))
    _write("towns.tsv.gz", towns())


def _write(name: str, lines: Iterable[str]) -> None:
    table = "".join(f"{line}\n" for line in lines)
    with (
        (_HERE / name).open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as file,
    ):
        file.write(table.encode())


def build(packages: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    languages = read_languages()
    yield "# " + _COLUMNS.replace(" ", "\t")
    for name, endings in sorted(languages.endings.items()):
        yield f"suffix\t{name}\t{endings}"
    given = sources.given_names()
    city_names = {city.name for city in sources.cities(NAMESAKE_INHABITANTS)}
    words = languages.words | {
        ("given", "*"): " ".join(sorted(given)),
        ("surname", "*"): " ".join(sorted(sources.surnames() & city_names)),
    }
    spoken = {form.language for form in languages.forms} - {"*"}
    for language, codes in sources.speakers(sorted(spoken)):
        words["spoken", language] = " ".join(codes)
    for (role, language), listed in sorted(words.items()):
        yield f"words\t{role}\t{language}\t{listed}"
    forms = inflect(vote(_claims(packages)), languages)
    reviewed = {
        (form.language, fold(form.text))
        for form, meaning in languages.forms.items()
        if meaning.kind != "demonym"
    }
    forms = {
        form: meaning
        for form, meaning in forms.items()
        if (form.language, fold(form.text)) not in reviewed
    }
    aliases = {
        form.text: meaning.codes
        for form, meaning in languages.forms.items()
        if meaning.kind == "city"
    }
    forms |= {f: m for f, m in languages.forms.items() if m.kind != "city"}
    forms = _respelt(forms) | forms
    names = {form.text for form, meaning in forms.items() if meaning.kind == "name"}
    yield "letters\t" + " ".join(
        f"{letter}={latin}" for letter, latin in sources.letters(names)
    )
    people = {fold(name) for name in given}
    yield from _rows(forms, aliases, people)


def read_languages() -> Languages:
    """Read ``languages/``; raise ValueError where a line is not understood."""
    languages = Languages({}, {}, {}, {})
    for path in sorted((_HERE / "languages").glob("*.tsv")):
        language = "*" if path.stem == "all" else path.stem
        for line in path.read_text("utf-8").splitlines():
            if not line.startswith("#"):
                _read_line(line, language, languages)
    return languages


def _read_line(line: str, language: str, languages: Languages) -> None:
    kind, code, text = line.split("\t")
    if kind == "suffix":
        languages.endings[f"{language}.{code}"] = text
    elif kind == "words":
        languages.words[code, language] = text
    elif kind == "stem":
        whole, cut = code.split(" ")
        languages.stems[language] = (whole, cut, tuple(text.split(" ")))
    elif kind in _KINDS:
        for written in text.split(";"):
            for form in _expand(written.strip(), language, languages.endings):
                known = languages.forms.get(form)
                meant, codes = kind, code
                if known is not None and known.kind == kind:
                    codes = "|".join(
                        dict.fromkeys((*known.codes.split("|"), *code.split("|")))
                    )
                elif known is not None:
                    meant, codes = known.kind, known.codes
                languages.forms[form] = Meaning(codes, meant, frozenset((_REVIEWED,)))
    else:
        raise ValueError(f"{language}: {line}")


def _expand(form: str, language: str, endings: dict[str, str]) -> Iterator[Form]:
    """Yield a reviewed form: the class of the last word stays, others are spelt out."""
    if not fold(form).strip():
        raise ValueError(f"{language}: an empty form")
    *head, last = (word.partition("/") for word in form.split(" "))
    choices = [
        [
            stem + ending.removeprefix("-")
            for ending in (endings[f"{language}.{name}"].split(" ") if name else [""])
        ]
        for stem, _, name in head
    ]
    stem, _, name = last
    class_ = f"{language}.{name}" if name else ""
    if class_ and class_ not in endings:
        raise ValueError(f"{language}: {form}: no such class")
    for words in itertools.product(*choices):
        yield Form(language, " ".join((*words, stem)), class_)


def _claims(packages: Path) -> Iterator[Claim]:
    yield from sources.cldr_territories(packages)
    yield from sources.cldr_subdivisions(packages)
    yield from sources.us_counties()
    yield from sources.iso_countries(packages)
    yield from sources.django_countries()
    yield from sources.country_names()


def vote(claims: Iterable[Claim]) -> dict[Form, Meaning]:
    """Give each form to the code that most sources claim it for, or to a draw."""
    votes: dict[Form, dict[tuple[str, str], set[str]]] = defaultdict(dict)
    for claim in claims:
        for text in _clean(claim.form):
            by_meaning = votes[Form(claim.language, text)]
            by_meaning.setdefault((claim.code, claim.kind), set()).add(claim.source)
    decided = {}
    for form, by_meaning in votes.items():
        for meaning, by in votes.get(Form("", form.text), {}).items():
            if meaning in by_meaning:
                by_meaning[meaning] |= by
        most = max(map(len, by_meaning.values()))
        best = sorted(m for m in by_meaning if len(by_meaning[m]) == most)
        decided[form] = Meaning(
            "|".join(dict.fromkeys(code for code, _ in best)),
            best[0][1],
            frozenset().union(*(by_meaning[meaning] for meaning in best)),
        )
    return decided


def _clean(form: str) -> Iterator[str]:
    """Yield the ways to write a form of a package: in NFC, with and without remarks."""
    form = unicodedata.normalize("NFC", form).replace("\u00ad", "").strip(" .*")
    form = re.sub(r"\s+", " ", form.replace("’", "'"))
    bare = re.sub(r"\s*[\(\[（].*?[\)\]）]", "", form).strip(" ,")
    for written in dict.fromkeys((form, bare)):
        letters = sum(char.isalpha() for char in written)
        is_initials = written.isascii() and written.isupper()
        if (
            letters >= (_SHORTEST if written.isascii() else 2)
            and not (is_initials and letters <= _SHORTEST + 1)
            and not fold(written).startswith(" ")
        ):
            yield written


def inflect(forms: dict[Form, Meaning], languages: Languages) -> dict[Form, Meaning]:
    """Give the forms of packages the endings that their language's stem rule says."""
    inflected: dict[Form, Meaning] = {}
    for form, meaning in forms.items():
        rule = languages.stems.get(form.language)
        if rule is None or meaning.kind not in _INFLECTED:
            inflected.setdefault(form, meaning)
        else:
            inflected.setdefault(_stem(form, *rule, languages.endings), meaning)
    return inflected


def _stem(
    form: Form, whole: str, cut: str, last: tuple[str, ...], endings: dict[str, str]
) -> Form:
    """Return the form that takes endings, where need be without its own last letters.

    Args:
      form: A form as packages have it.
      whole: The class of endings for a form that stays whole.
      cut: The class for one that loses its last letters.
      last: The letters that may be lost.
      endings: The classes of endings.
    """
    for ending in sorted(last, key=len, reverse=True):
        stem = form.text.removesuffix(ending)
        if stem != form.text and len(stem.split(" ")[-1]) >= _SHORTEST_STEM:
            class_ = f"{form.language}.{cut}"
            if ending in endings[class_].split(" "):
                return Form(form.language, stem, class_)
            return form
    return form._replace(endings=f"{form.language}.{whole}")


def _respelt(forms: dict[Form, Meaning]) -> dict[Form, Meaning]:
    """Return what the other spellings of the forms stand for."""
    return {
        form._replace(text=text): meaning
        for form, meaning in forms.items()
        # The endings are those of one script.
        if not (form.endings and form.language == "sr")
        for text in spellings(form.text, form.language)
    }


def _rows(
    forms: dict[Form, Meaning], aliases: dict[str, str], people: set[str]
) -> Iterator[str]:
    grouped: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    said_by: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for form, meaning in forms.items():
        key = (form.text, meaning.codes, meaning.kind, form.endings)
        grouped[key].add(form.language)
        said_by[key] |= meaning.sources
    # Jordan and Chad are people in languages that call the countries otherwise.
    own = people | {fold(form.text) for form in forms if form.language == "*"}
    cells = [
        (
            *key,
            " ".join(_spread(key[0], key[2], languages, fold(key[0]) not in own)),
            "",
            " ".join(sorted(said_by[key])),
        )
        for key, languages in grouped.items()
    ]
    cells += (
        (form, codes, "city", "", "*", inhabitants, "geonames")
        for form, codes, inhabitants in cities(aliases)
    )
    cells.sort(key=lambda cell: (fold(cell[0]), _KINDS.index(cell[2]), cell))
    small = namesakes()
    for text, codes, kind, endings, languages, inhabitants, said in cells:
        others = ""
        # Only the names of great regions are translated: of England, say.
        if kind in _LENDING and not (kind == "region" and "cldr" in said):
            others = "|".join(
                code for code in small.get(fold(text), ()) if code not in codes
            )
        yield "\t".join(
            (text, codes, kind, languages, endings, inhabitants, others, said)
        )


def _spread(form: str, kind: str, languages: set[str], is_free: bool) -> list[str]:
    """Return the languages of a row: all where enough agree and no review objects."""
    told = sorted(language for language in languages if language)
    if "*" in told or (
        is_free
        and kind not in ("demonym", "trap")
        and len(told) >= _WIDESPREAD
        and len(form) >= _SHORTEST_WIDESPREAD
    ):
        return ["*"]
    return told or ["-"]


if __name__ == "__main__":
    main()
