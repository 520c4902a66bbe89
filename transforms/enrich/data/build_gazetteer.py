"""Generates ``gazetteer.tsv.gz`` from packaged data and the reviewed ``languages/``.

Usage::

    npm install --prefix DIR cldr-localenames-full cldr-subdivisions-full \
        cldr-dates-full i18n-iso-countries i18n-nationality
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

from transforms.enrich.data import sources
from transforms.enrich.data.sources import Claim
from transforms.enrich.gazetteer import fold

_HERE = Path(__file__).parent
_REVIEWED = "reviewed"
_WIDESPREAD = 3
"""Languages that must agree on a form before it is read so in all of them."""
_SHORTEST_WIDESPREAD = 5
_SHORTEST = 3
"""Letters of a form from a package; shorter ones are initials or need a review."""
_CITY_INHABITANTS = 15_000
_CITY_ALIAS_INHABITANTS = 300_000
"""Cities from this size on are known by their other names too."""
_KINDS = "name demonym capital government region trap city".split()

type_Key = tuple[str, str]


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    options = parser.parse_args()
    table = "".join(f"{line}\n" for line in build(options.packages))
    target = _HERE / "gazetteer.tsv.gz"
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(table.encode())


def build(packages: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    endings, reviewed = _read_languages()
    yield "# form, codes, kind, languages, suffix class, populations, sources"
    for name, forms in sorted(endings.items()):
        yield f"suffix\t{name}\t{forms}"
    rows: dict[tuple[str, str, str, str], dict[str, set[str]]] = defaultdict(dict)
    for (language, form), (codes, kind, class_, votes) in sorted(
        _decide(reviewed, _claims(packages)).items()
    ):
        rows[form, codes, kind, class_].setdefault(language, set()).update(votes)
    lines = []
    for (form, codes, kind, class_), by_language in rows.items():
        votes = set().union(*by_language.values())
        lines.append(
            (
                fold(form),
                _KINDS.index(kind),
                "\t".join(
                    (
                        form,
                        codes,
                        kind,
                        " ".join(sorted(_spread(form, kind, by_language))),
                        class_,
                        "",
                        " ".join(sorted(votes)),
                    )
                ),
            )
        )
    taken = {folded for folded, _, _ in lines}
    for line in _cities():
        folded = fold(line.partition("\t")[0])
        lines.append((folded, _KINDS.index("city"), line))
    del taken
    yield from (line for *_, line in sorted(lines))


def _spread(form: str, kind: str, by_language: dict[str, set[str]]) -> Iterable[str]:
    languages = {language for language in by_language if language}
    if "*" in languages:
        return ["*"]
    if (
        kind != "demonym"
        and len(languages) >= _WIDESPREAD
        and len(form) >= _SHORTEST_WIDESPREAD
    ):
        return ["*"]
    return languages or ["-"]


def _read_languages() -> tuple[dict[str, str], dict[type_Key, list[tuple[str, str, str]]]]:
    """Read the reviewed files: the suffix classes, and what is said of each form."""
    endings: dict[str, str] = {}
    forms: dict[type_Key, list[tuple[str, str, str]]] = defaultdict(list)
    for path in sorted((_HERE / "languages").glob("*.tsv")):
        language = "*" if path.stem == "all" else path.stem
        for line in path.read_text("utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            kind, code, text = line.split("\t")
            if kind == "suffix":
                endings[f"{language}.{code}"] = text
                continue
            if kind not in _KINDS:
                raise ValueError(f"{path.name}: {line}")
            for form in text.split(";"):
                for written, class_ in _expand(form.strip(), language, endings):
                    if fold(written).strip():
                        forms[language, written].append((code, kind, class_))
    return endings, forms


def _expand(form: str, language: str, endings: dict[str, str]) -> Iterator[type_Key]:
    """Yield a form without its suffix classes: the last is kept, others spelt out."""
    *head, last = form.split(" ")
    choices = []
    for word in head:
        stem, slash, name = word.partition("/")
        ends = endings[f"{language}.{name}"].split(" ") if slash else ["-"]
        choices.append([stem + ("" if end == "-" else end) for end in ends])
    stem, _, name = last.partition("/")
    if name:
        endings[f"{language}.{name}"]  # noqa: B018 - an unknown class is an error
    for words in itertools.product(*choices):
        yield " ".join((*words, stem)), f"{language}.{name}" if name else ""


def _claims(packages: Path) -> Iterator[Claim]:
    yield from sources.cldr_territories(packages)
    yield from sources.cldr_subdivisions(packages)
    yield from sources.iso_countries(packages)
    yield from sources.django_countries()
    yield from sources.country_names()


def _decide(
    reviewed: dict[type_Key, list[tuple[str, str, str]]], claims: Iterable[Claim]
) -> dict[type_Key, tuple[str, str, str, set[str]]]:
    votes: dict[type_Key, dict[tuple[str, str], set[str]]] = defaultdict(dict)
    for claim in claims:
        for form in _clean(claim.form):
            votes[claim.language, form].setdefault(
                (claim.code, claim.kind), set()
            ).add(claim.source)
    untold = {form: codes for (lang, form), codes in votes.items() if not lang}
    decided: dict[type_Key, tuple[str, str, str, set[str]]] = {}
    for (language, form), codes in votes.items():
        for vote, by in untold.get(form, {}).items():
            if language and vote in codes:
                codes[vote] = codes[vote] | by
        most = max(map(len, codes.values()))
        best = sorted(vote for vote in codes if len(codes[vote]) == most)
        kind = best[0][1]
        decided[language, form] = (
            "|".join(code for code, _ in best),
            kind,
            "",
            set().union(*(codes[vote] for vote in best)),
        )
    by_fold = defaultdict(list)
    for language, form in decided:
        by_fold[language, fold(form)].append((language, form))
    for (language, form), said in reviewed.items():
        for key in by_fold.get((language, fold(form)), ()):
            decided.pop(key, None)
        code, kind, class_ = said[0]
        codes = "|".join(dict.fromkeys(c for code, _, _ in said for c in code.split("|")))
        decided[language, form] = (codes if len({k for _, k, _ in said}) == 1 else code, kind, class_, {_REVIEWED})
    return decided


def _clean(form: str) -> Iterator[str]:
    """Yield the ways to write a form as packages have it: without remarks, in NFC."""
    form = unicodedata.normalize("NFC", form).replace("\u00ad", "").strip(" .*")
    form = re.sub(r"\s+", " ", form.replace("’", "'"))
    bare = re.sub(r"\s*[\(\[（].*?[\)\]）]", "", form).strip(" ,")
    for written in dict.fromkeys((form, bare)):
        if fold(written).startswith(" "):
            continue
        letters = [char for char in written if char.isalpha()]
        if len(letters) >= (_SHORTEST if written.isascii() else 2) and not (
            written.isascii() and written.isupper() and len(written) < 5
        ):
            yield written


def _cities() -> Iterator[str]:
    """Yield the rows of the cities: per name the largest city in each country."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    spelling: dict[str, str] = {}
    for city in sources.cities(_CITY_INHABITANTS):
        names = [city.name]
        if city.population >= _CITY_ALIAS_INHABITANTS:
            names += [name for name in city.others if _is_city_name(name)]
        for name in names:
            name = unicodedata.normalize("NFC", name).replace("’", "'")
            folded = fold(name)
            if len(name) < 2 or folded.startswith(" ") or not folded.strip():
                continue
            spelling.setdefault(folded, name)
            found[folded].setdefault(city.code, city.population)
    for folded, countries in sorted(found.items()):
        ordered = sorted(countries.items(), key=lambda item: (-item[1], item[0]))
        yield "\t".join(
            (
                spelling[folded],
                "|".join(code for code, _ in ordered),
                "city",
                "*",
                "",
                "|".join(str(inhabitants) for _, inhabitants in ordered),
                "geonames",
            )
        )


def _is_city_name(name: str) -> bool:
    return len(name) >= (4 if name < "\u0250" else 2) and not name[0].islower()


if __name__ == "__main__":
    main()
