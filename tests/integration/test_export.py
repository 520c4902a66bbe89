"""Articles taken out as flat rows, and the filters that choose them."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kit import NEWSBEAM
from rows import NOON, articles, write

from pipeline.desk.export import harmless
from pipeline.desk.filters import Words

Command = Callable[..., Any]


def named(name: str, kind: str = "PER", canonical: str | None = None) -> dict[str, Any]:
    mention = {"text": name, "start": 0, "end": len(name), "field": "text"}
    return {
        "name": name,
        "type": kind,
        "count": 1,
        "mentions": [mention],
        "canonical": canonical,
    }


PUTIN = "Vladimir Putin"
ROWS: list[dict[str, Any]] = [
    {
        "id": "fr",
        "language": "fr",
        "title": "=HYPERLINK(1)",
        "text": "L’élection\nprésidentielle",
        "entities": [named("Vladimir Poutine", canonical=PUTIN)],
        "country_codes": ["FR", "RU"],
        "authors": ["Ada", "Bea"],
        "domain": "monde.example",
        "published_at": NOON,
    },
    {
        "id": "en",
        "language": "en",
        "title": "ELECTION day",
        "text": "at last",
        "entities": [named(PUTIN, canonical=PUTIN), named("Poutine Ltd", "ORG")],
        "country_codes": ["GB"],
        "url": "https://news.paper.example/1",
    },
    {
        "id": "zh",
        "language": "zh",
        "title": "美国大选",
        "text": "昨天举行",
        "entities": [named("习近平"), named("Poutinette Ray")],
        "source_name": "The Paper",
    },
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write(tmp_path, "articles", articles(*ROWS))
    old = {"id": "old", "title": "old", "published_at": NOON.replace(month=9)}
    write(tmp_path, "articles", articles(old), day="2026-09-24")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("", "en fr old zh"),
        ("--language fr", "fr"),
        ("--country gb", "en"),
        ("--person poutine", "en fr"),
        ("--person=POUTINE --language en", "en"),
        ("--person putin", "en fr"),
        ("--person 近平", "zh"),
        ("--organization poutine", "en"),
        ("--source monde.example", "fr"),
        ("--source paper.example", "en"),
        ("--source THE/PAPER", "zh"),
        ("--text election", "en fr"),
        ("--text l'ELECTION/presidentielle", "fr"),
        ("--text 国大", "zh"),
        ("--text lection", ""),
        ("--since 2026-11-24", "en fr zh"),
        ("--since 2026-11-24T13:00", ""),
        ("--until 2026-09-24", "old"),
        ("--until 2026-09-24T11:59", ""),
    ],
)
def test_filters(newsbeam: Command, dataset: Path, arguments: str, found: str) -> None:
    words = [word.replace("/", " ") for word in arguments.split()]
    done = newsbeam("export", dataset, "--format", "jsonl", *words)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["id"] for row in rows) == found.split()


def test_the_oldest_come_first(newsbeam: Command, dataset: Path) -> None:
    first = {"id": "aa", "published_at": None, "fetched_at": NOON.replace(hour=1)}
    write(dataset, "articles", articles(first), "later")
    done = newsbeam("export", dataset, "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["old", "aa", "en", "fr", "zh"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["a file", "stdout"])
def test_a_disk_that_takes_no_more_is_one_line(tmp_path: Path, place: str) -> None:
    rows = [{"id": f"{number:032x}", "text": "word " * 99} for number in range(900)]
    write(tmp_path / "set", "articles", articles(*rows))
    out = tmp_path / "out.csv"
    words = ["export", str(tmp_path / "set"), *(["-o", str(out)] * (place == "a file"))]
    with (tmp_path / "printed").open("w") as printed:
        done = subprocess.run(
            [NEWSBEAM, *words],
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9_999, -1)),
        )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "cannot be written" in line
    assert [path.name for path in tmp_path.glob("*out*")] == []


@pytest.mark.parametrize("size", [1, 3, 12, 50])
def test_what_is_sorted_in_pieces_is_in_the_same_order(
    newsbeam: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("pipeline.desk.export._AT_ONCE", size)
    for month in (9, 10, 11):
        rows = [
            {
                "id": f"{month}-{number:02}",
                # Some share a moment, some are of the first or of the last.
                "published_at": NOON.replace(month=month, day=1 + number % 5 * 7),
            }
            for number in range(11 - month % 3)
        ]
        write(tmp_path, "articles", articles(*rows), day=f"2026-{month:02}-01")
    done = newsbeam("export", tmp_path, "--format", "jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    keys = [(row["date"], row["published_at"], row["id"]) for row in found]
    assert keys == sorted(keys)
    assert len({row["id"] for row in found}) == 11 + 10 + 9


def test_csv_for_a_spreadsheet(
    newsbeam: Command, dataset: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    done = newsbeam("export", dataset, "--language", "fr", "--bom", "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_bytes().startswith(b"\xef\xbb\xbfid,")
    with out.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["authors"] == "Ada; Bea"
    assert row["country_codes"] == "FR; RU"
    assert row["published_at"] == "2026-11-24T12:00:00Z"
    assert row["text"] == "L’élection\nprésidentielle"
    assert row["agency"] == ""


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\tx", "\rx", "  =1", "\n=1"),
        *("＝1", "＋1", "－1", "＠x", "\u200b=1", "\ufeff=1", "\x00=1", "\u3000=1"),
        *("\xa0=1", "- said"),
    ],
)
def test_no_cell_is_run_by_a_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless([text, "b"]) == f"'{text}; b"


@pytest.mark.parametrize("value", ["a=b", "x -1", "", "é", "1,5", "(=1)"])
def test_other_cells_stay_as_they_are(value: str) -> None:
    assert harmless(value) == value
    assert [harmless(one) for one in (-1.5, None, [1])] == ["-1.5", "", "1"]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--country", "UK", "did you mean GB?"),
        ("--country", "ZZ", "not a country"),
        ("--language", "xx", "not a language"),
        ("--since", "0001-01-01T00:00:00+14:00", "write a day"),
        ("--until", "9999-12-31T23:59:59-12:00", "write a day"),
    ],
)
def test_what_is_no_filter_is_reported(
    newsbeam: Command, dataset: Path, option: str, value: str, said: str
) -> None:
    done = newsbeam("export", dataset, option, value)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"newsbeam: {option} ")
    assert said in line


@pytest.mark.parametrize("day", ["2026-11-24", "20261124", "2026-W48-2"])
def test_until_a_day_has_that_day_however_it_is_written(
    newsbeam: Command, dataset: Path, day: str
) -> None:
    done = newsbeam("export", dataset, "--until", day)
    assert "HYPERLINK" in done.stdout


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("Muller", "Thomas Müller kam", "Müller"),
        ("Müller", "MULLER came", "MULLER"),
        ("o'brien", "Mr O’Brien", "O’Brien"),
        ("nguyen", "Nguyễn Xuân Phúc", "Nguyễn"),
        ("a.b", "axb", None),
        ("li", "Alitalia", None),
        ("习近平", "说习近平主席", "习近平"),
        ("путин", "ПУТИН сказал", "ПУТИН"),
        # Vowels are marks.
        ("मोदी", "नरेंद्र मोदी ने कहा", "मोदी"),
        ("मोद", "नरेंद्र मोदी ने कहा", None),
        ("दी", "नरेंद्र मोदी ने कहा", None),
        ("மோடி", "நரேந்திர மோடி.", "மோடி"),
        ("மோட", "நரேந்திர மோடி.", None),
        ("Putin", "❤️Putin", "Putin"),
        *((word, "İstanbul'da ışık", "İstanbul") for word in ("İstanbul", "istanbul")),
        *((word, "İstanbul'da ışık", "ışık") for word in ("Işık", "isik")),
        *((word, "Η Αθήνα", "Αθήνα") for word in ("ΑΘΗΝΑ", "αθηνα", "Αθήνα")),
        *((word, "село Ёлкино", "Ёлкино") for word in ("елкино", "ёлкино")),
        ("мой", "Мои дни", None),
        ("قال", "قَالَ الرئيس", "قَالَ"),
        ("مُحَمَّد", "محمد", "محمد"),
        ("احمد", "أحمد علي", "أحمد"),
        ("שלום", "שָׁלוֹם", "שָׁלוֹם"),
        ("lodz", "w Łódź dziś", "Łódź"),
        ("Łódź", "in Lodz", "Lodz"),
        ("orsted", "Ørsted A/S", "Ørsted"),
        ("da nang", "Đà Nẵng", "Đà Nẵng"),
        ("ｶﾀｶﾅ", "これはとｶﾀｶﾅ", "ｶﾀｶﾅ"),
        *(
            (f"{left}Anna Keller{right}", "Anna Keller war", "Anna Keller")
            for left, right in ('""', "“”", "„“", "«»")
        ),
    ],
)
def test_words_in_any_case_and_marks(words: str, text: str, found: str | None) -> None:
    match = Words(words).compiled().search(text)
    assert (match[0] if match else None) == found
    query = "SELECT regexp_matches($text, $pattern)"
    [(is_there,)] = duckdb.execute(
        query, {"text": text, "pattern": Words(words).re2()}
    ).fetchall()
    assert is_there == (found is not None)
