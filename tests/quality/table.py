"""Writes docs/quality.md: what the gate measures, and the development sets if they are there.

``make quality``; with ``NEWSBEAM_DEV_SETS=FOLDER`` the sets in that folder are scored
too, by the scorers that lie beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.quality.measures import FOLDER, ROWS, measure

ROOT = FOLDER.parents[1]
PAGE = ROOT / "docs" / "quality.md"
COUNTRIES = "transforms.enrich.countries:countries_of"
# Scorer, what it is told, and the figures of its answer that matter.
DEV_SETS: list[tuple[str, list[str], list[str]]] = [
    ("score_geo", ["--task", "docs", "--callable", COUNTRIES], ["f1", "primary_acc"]),
    (
        "score_geo",
        ["--task", "context", "--callable", COUNTRIES],
        ["recall", "extra_per_row"],
    ),
    (
        "score_geo",
        ["--task", "context", "--callable", "tests.quality.dev_sets:named_countries"],
        ["recall", "extra_per_row"],
    ),
    (
        "score_geo",
        ["--task", "names", "--callable", COUNTRIES],
        ["acc.name", "acc.demonym_en", "acc.demonym_fr"],
    ),
    *(
        (
            "score_ner",
            ["--langs", language, "--callable", f"tests.quality.dev_sets:{kind}"],
            ["strict.f1", "span.f1"],
        )
        for language in ("fr", "en", "ru")
        for kind in ("raw_model", "newsbeam")
    ),
    (
        "score_extract",
        ["--set", "zyte", "--callable", "tests.quality.dev_sets:article"],
        ["f1"],
    ),
]


COLUMNS = FOLDER / "columns.md"


def main() -> None:
    """Measure and write the page."""
    folder = os.environ.get("NEWSBEAM_DEV_SETS")
    columns = [*COLUMNS.read_text("utf-8").splitlines(), ""]
    lines = [*_own(), *columns, *(_dev(Path(folder)) if folder else _dev_as_before())]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is written\n")


def _own() -> Iterator[str]:
    floors = tomllib.loads((FOLDER / "floors.toml").read_text())
    languages = len({row["lang"] for row in ROWS})
    yield "# Quality"
    yield ""
    yield (
        f"Measured by `make quality` on {len(ROWS)} short news texts in {languages} "
        "languages (`tests/quality/texts`, written and annotated by one person for this "
        "project, full of traps) and on the pages of the offline sample "
        "(`seeds/offline`). The tests fail below the floors. The rules were written "
        "with these texts at hand: take the figures as a check against getting worse, "
        "not as an estimate for other texts."
    )
    yield ""
    yield "| figure | value | floor |"
    yield "|---|---|---|"
    for name, value in measure().items():
        yield f"| {name} | {value:.3f} | {floors.get(name, '–')} |"
    yield ""
    yield (
        "F1 of entities counts people, organisations and places whose span and type are "
        "both right, in the text. A trap is a country that a text seems to name and "
        "does not. Unmeasured languages are those whose rows say so in "
        "`entity_quality`. None of those with texts here is below .3, where its names "
        "would be switched off; Hebrew is the weakest."
    )
    yield ""


def _dev(folder: Path) -> Iterator[str]:
    yield _HEADING
    yield ""
    yield (
        "Not part of the repository: `NEWSBEAM_DEV_SETS=FOLDER make quality` scores them "
        "where they are. The rules were tuned on the first three; `raw_model` is the "
        "entity model as it comes."
    )
    yield ""
    yield "| scorer | figures |"
    yield "|---|---|"
    for scorer, arguments, figures in DEV_SETS:
        answer = _score(folder / f"{scorer}.py", arguments)
        told = ", ".join(f"{name} {_figure(answer, name):.3f}" for name in figures)
        call = " ".join(argument.rpartition(":")[2] for argument in arguments)
        yield f"| `{scorer} {call}` | {told} |"

    yield ""
    yield _EXTRAS


_HEADING = "## Development sets"
_EXTRAS = (
    "`extra_per_row` of `context` counts each country of a sentence that its gold does "
    "not list, and the gold lists only those that a place calls by name. One reader, who "
    "knew the rules, went through all 321 that `countries_of` had given for the 1,000 "
    "sentences before the rules were last changed: 306 were in the sentence (118 of them "
    "as adjectives, the others as names, capitals, cities or regions that the gold leaves "
    "out), 9 were not (people, words, places of the same name), 6 stood for a language "
    "or a breed. Of these 15, 5 are gone since. So what gives every country that is "
    "there cannot come below about 0.3. `named_countries` counts only countries called "
    "by name, as taggers do that know nothing but names; nearly all of its extras are "
    "names that the gold leaves out."
)


def _dev_as_before() -> Iterator[str]:
    """Keep what was measured where the sets were at hand."""
    before = PAGE.read_text("utf-8") if PAGE.exists() else ""
    start = before.find(_HEADING)
    if start >= 0:
        yield before[start:].rstrip()


def _score(scorer: Path, arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(scorer), *arguments, "--path", str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return answer


def _figure(answer: dict[str, Any], name: str) -> float:
    value: Any = answer
    for part in name.split("."):
        value = value[part]
    return float(value[0] if isinstance(value, list) else value)


if __name__ == "__main__":
    main()
