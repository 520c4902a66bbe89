"""The benchmarks run, and measure what they say; how fast is not asked here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import engines
import lxml.html
import pyarrow.parquet as pq
import pytest

from benchmarks import (
    against,
    desk,
    desk_rows,
    document,
    engine,
    faulty,
    grown,
    hostile,
    pages,
    plain,
    report,
    sections,
    truth,
    writing,
)
from benchmarks.bench import (
    IN_PROCESSES,
    IN_THE_PLAIN_WAY,
    NEWSBEAM,
    ON_PRISM,
    PLAIN,
    Bench,
)
from benchmarks.compare import compare, curve
from benchmarks.measure import CommandFailedError, measure
from benchmarks.sentences import ROOT


def test_a_seed_makes_the_same_pages_again() -> None:
    first = list(pages.pages(40, seed=1))
    assert first == list(pages.pages(40, seed=1))
    assert first[:10] == list(pages.pages(10, seed=1))
    assert first != list(pages.pages(40, seed=2))


def test_pages_are_alike_in_nothing_but_kind() -> None:
    made = list(pages.pages(200))
    assert len({page.url for page in made}) == 200
    assert len({page.title for page in made}) == 200
    assert len({page.language for page in made}) > 8
    sizes = [len(page.html) for page in made]
    assert min(sizes) < 15_000
    assert 100_000 < max(sizes) < 320_000


def test_a_page_names_its_address() -> None:
    for page in pages.pages(20):
        tree = lxml.html.document_fromstring(page.html)
        assert tree.xpath("//link[@rel='canonical']/@href") == [page.url]


@pytest.mark.slow
def test_the_plain_script_reads_every_page(tmp_path: Path) -> None:
    pages.write_pages(tmp_path / "pages", 12)
    assert plain.convert(tmp_path / "pages", tmp_path / "out.parquet") == 12
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    made = {page.name: page for page in pages.pages(12)}
    for row in rows:
        assert row["url"] == made[Path(row["path"]).name].url
        assert row["text"]
    assert any(row["entities"] for row in rows)
    assert any(row["countries"] for row in rows)


def test_what_is_found_is_held_against_what_is_known() -> None:
    first, second = pages.pages(2)
    right = truth.Found(
        first.url,
        f" {first.title}",
        first.language,
        first.published,
        frozenset({first.author, "Another"}),
        "\n".join(first.body),
    )
    assert truth.shares([first], [right]) == pytest.approx(
        dict.fromkeys("title language day author paragraphs clean".split(), 1.0),
        abs=0.05,  # line ends between paragraphs
    )
    poor = truth.Found(
        first.url, None, "xx", None, frozenset(), f"{first.body[0]} menu, menu"
    )
    shares = truth.shares([first], [poor])
    assert [shares[name] for name in ("title", "language", "day", "author")] == [0] * 4
    assert shares["paragraphs"] == 1 / len(first.body)
    assert 0 < shares["clean"] < 1
    # A page of which nothing is said is no better than one of which all is wrong.
    assert truth.shares([first, second], [right])["title"] == 0.5
    assert truth.shares([first], [])["paragraphs"] == 0


def test_a_sample_belongs_to_its_innermost_known_frame() -> None:
    own = f"stage ({ROOT}/transforms/stage.py:9)"
    beams = "process (/venv/site-packages/apache_beam/runners/common.py:1)"
    library = "write_table (/venv/site-packages/pyarrow/parquet.py:5)"
    imports = "_load (<frozen importlib._bootstrap>:241)"
    stacks = [
        f"run (run.py:1);{own};{beams} 4",
        f"{beams};{own};{library} 3",
        f"{own};{imports};{beams} 2",
        "_bootstrap (/python/threading.py:1) 1",
    ]
    assert engine.shares(stacks) == {
        "beam": 4,
        "newsbeam": 3,
        "start-up": 2,
        "other": 1,
    }


def test_a_benchmark_of_its_own_adds_to_what_is_written(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make bench first"):
        document.add("faulty", {}, tmp_path)
    one = {"median": 1.0, "min": 1.0, "max": 1.0}
    row = dict.fromkeys(["rate", "cpu", "megabytes"], one)
    bare = {
        "command": "make bench",
        "machine": "a machine",
        "does": {},
        "skipped": [],
        "pages": 6,
        "bytes": 6000,
        "languages": 2,
        "rounds": 1,
        "programs": [{"program": NEWSBEAM, "cores": 1, "articles": 6, **row}],
        "quality": {NEWSBEAM: {"title": 1.0}},
        "ratios": {},
        "scaling": {},
        "stages": {"parse": 0.1, "extract": 0.5},
        "writing": [],
    }
    document.write(bare, tmp_path)
    page = tmp_path / "performance.md"
    assert "bad pages" not in page.read_text()
    bad = {
        "command": "measure it",
        "pages": 200,
        "bad": 3,
        "deadline": 0.5,
        "expected": {"timeout": 2, "crashed": 1},
        "rejected": {"timeout": 3},
        "seconds": {"clean": 9.0, "faulty": 10.0},
        "speed": one,
    }
    document.add("faulty", bad, tmp_path)
    assert "| crashed | 1 | 0 |\n| timeout | 2 | 3 |" in page.read_text()
    beam = {
        "command": "spy on it",
        "pages": 200,
        "cpu_seconds": 50.0,
        "share": 0.02,
        "parent_seconds": {"beam": 1, "newsbeam": 2, "start-up": 1, "other": 0},
        "few_pages": 6,
        "few_seconds": 3.0,
        "help_seconds": 0.3,
    }
    document.add("engine", beam, tmp_path)
    assert "Beam's part of it is 2.0%" in page.read_text()
    assert "| crashed | 1 | 0 |" in page.read_text()


@pytest.mark.slow
def test_what_a_report_costs_is_measured_and_written_down(tmp_path: Path) -> None:
    desk_rows.make(tmp_path / "set", 400, days=4)
    found = report.measured(tmp_path / "set", rounds=1)
    assert set(found["rows"]) == {"report", "stats"}
    for row in found["rows"].values():
        assert row["seconds"]["median"] > 0
        assert row["cpu"]["median"] > 0
    assert 900 < found["page_kilobytes"] < 2_000
    known = {"command": "draw it", "machine": "a machine", "load": 1, "articles": 400}
    page = sections.report_section({"report": found | known})
    assert "`draw it`: a generated dataset of 400 articles" in page
    assert "| newsbeam stats | " in page


@pytest.mark.slow
def test_what_questions_cost_is_measured_and_written_down(tmp_path: Path) -> None:
    desk_rows.make(tmp_path / "set", 400, days=4)
    found = desk.measured(tmp_path / "set")
    assert len(found) == 17
    assert all(row["cpu"] > 0 and row["megabytes"] < 1_000 for row in found.values())
    known = {"command": "ask it", "machine": "a machine", "load": 1, "articles": 400}
    known |= {"days": 4, "megabytes": 1.0, "has_index": False}
    page = sections.desk_section({"desk": known | {"rows": found}})
    assert "`ask it`: a generated dataset of 400 articles in 4 days" in page
    assert "| newsbeam show, an id that is not there | " in page


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_bad_pages_cost_is_measured() -> None:
    found = faulty.compare(count=12, rounds=1, deadline=5)
    assert found["bad"] == sum(found["expected"].values()) == 1
    assert found["rejected"] == found["expected"]
    assert found["seconds"]["faulty"] > 5  # It hangs for so long.


def test_a_country_is_found_by_its_whole_name() -> None:
    names = plain.CountryNames()
    assert names.find("La Guinée-Bissau et Chad; Nigeria, Omani.") == ["GW", "TD", "NG"]


def test_what_a_family_of_processes_takes_is_added_up(tmp_path: Path) -> None:
    child = "import time; held = bytearray(80_000_000); time.sleep(1.5)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    usage = measure([sys.executable, "-c", parent], tmp_path / "log.txt", cores=1)
    assert usage.processes == 2
    assert usage.peak_bytes > 80_000_000
    assert usage.cpu_seconds > 0


def test_a_program_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="no such thing"):
        measure(
            ["python3", "-c", "raise SystemExit('no such thing')"], tmp_path / "log"
        )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_newsbeam_and_the_plain_script_are_compared(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    bench = Bench(tmp_path / "work")
    figures = compare(
        bench, count=6, rounds=1, cores=(1,), writing_rows=20, warm_up=False
    )
    assert bench.skipped == ["datatrove", "newspaper4k", "news-please"]
    assert [(row["program"], row["articles"]) for row in figures["programs"]] == [
        (NEWSBEAM, 6),
        (PLAIN, 6),
    ]
    assert set(figures["ratios"]) == {
        f"{name}, 1 core(s)" for name in ("rate", "cpu", "memory")
    }
    # Of six pages a few may be wrong, but not all of any column.
    for shares in figures["quality"].values():
        assert all(0 < share <= 1 for share in shares.values()), shares
    assert set(figures["quality"]) == {NEWSBEAM, PLAIN}
    assert set(figures["stages"]) == set(
        "read parse extract language entities countries".split()
    )
    assert len(figures["writing"]) == len(writing.CHOICES)
    assert all(row["megabytes"] > 0 for row in figures["writing"])
    assert document.read(tmp_path / "docs") == {}
    figures["command"] = figures["memory_command"] = "make bench"
    figures["memory"] = curve(bench, [6], seed=1, cores=1)
    document.write(figures, tmp_path / "docs")
    page = (tmp_path / "docs/performance.md").read_text()
    assert "| newsbeam | everything | 1 |" in page
    assert "| 3 | 10000 | id |" in page
    assert "Not installed, so not measured: datatrove." in page
    assert "| 6 | 6 |" in page
    assert document.read(tmp_path / "docs") == figures
    lxml.etree.parse(tmp_path / "docs/performance-cores.svg")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_pages_of_a_folder_are_compared(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    pages.write_pages(tmp_path / "pages", 5)
    figures = compare(
        Bench(tmp_path, plain_way=True),
        count=300,
        rounds=1,
        cores=(2,),
        warm_up=False,
        folder=tmp_path / "pages",
    )
    assert [(row["program"], row["articles"]) for row in figures["programs"]] == [
        (NEWSBEAM, 5),
        (IN_THE_PLAIN_WAY, 5),
        (PLAIN, 5),
        (IN_PROCESSES, 5),
    ]
    assert figures["quality"] == {}
    document.write(figures | {"command": "make bench"}, tmp_path / "docs")
    page = (tmp_path / "docs/performance.md").read_text()
    assert "5 pages of a folder" in page
    assert "What they find" not in page


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_this_tree_is_compared_with_another(tmp_path: Path, root: Path) -> None:
    other = tmp_path / "other"
    for package in ("pipeline", "transforms"):
        shutil.copytree(root / package, other / package)
    figures = against.compared(
        tmp_path / "work", other, count=4, rounds=1, warm_up=False
    )
    assert figures["articles"] == [4, 4]
    docs = tmp_path / "docs"
    shutil.copytree(root / "docs", docs)
    document.add("against", figures | {"command": "make bench"}, docs)
    page = (docs / "performance.md").read_text()
    printed = "\n".join(against.lines(figures))
    for name, figure in against.FIGURES.items():
        ratio = figures["ratios"][name]["median"]
        assert 0.1 < ratio < 10
        assert f"  {figure:15}{ratio:.3f} (" in printed
        assert f"| {figure} | {ratio:.3f} |" in page


def test_what_is_slower_than_allowed_is_named() -> None:
    figures = {
        "ratios": {
            "cpu": {"median": 1.06, "min": 1, "max": 1.1},
            "wall": {"median": 1.04, "min": 1, "max": 1.1},
        }
    }
    assert against.slower(figures, 5) == ["processor time"]
    assert against.slower(figures, 3) == ["processor time", "wall clock"]
    assert against.slower(figures, 7) == []


def test_a_folder_without_newsbeam_is_no_tree_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(against.NotNewsbeamError, match="no checkout of newsbeam"):
        against.Tree.at(tmp_path)
    with pytest.raises(against.NotNewsbeamError, match="e659df9 is no folder"):
        against.Tree.at(tmp_path / "e659df9")
    asked = [sys.executable, "-m", "benchmarks.compare", "--against", str(tmp_path)]
    done = subprocess.run(
        asked, cwd=ROOT / "tests", check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.endswith(f"{tmp_path} is no checkout of newsbeam that runs\n")


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_newsbeam_is_measured_on_an_engine_too(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.prism()
    monkeypatch.chdir(root)
    bench = Bench(tmp_path, prism=engines.PRISM)
    assert bench.programs == [NEWSBEAM, ON_PRISM, PLAIN, IN_PROCESSES]
    assert bench.run(ON_PRISM, bench.pages(6, seed=1), cores=2).articles == 6


def test_a_figure_that_was_not_repeated_is_shown_with_its_spread() -> None:
    assert sections.shown({"median": 10, "min": 9.8, "max": 10.5}) == "10.0"
    assert sections.shown({"median": 10, "min": 9, "max": 10.5}) == "10.0 (9.0–10.5)"


@pytest.mark.slow
def test_a_hostile_page_is_tried_in_a_process_of_its_own() -> None:
    found = hostile.try_page("an ordinary page")
    assert found["outcome"] == "article"
    assert found["megabytes"] is not None


@pytest.mark.slow
def test_what_years_of_articles_cost_is_measured_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two months: what is asked is the same.
    monkeypatch.setattr(grown, "DAYS", 60)
    grown.grow(tmp_path / "set", 600)
    found = grown.measured(tmp_path / "set", pages=3, rounds=1)
    assert set(found["rows"]) == {
        *(grown.INDEX, grown.EMPTY, grown.GROWN, grown.NOTHING_NEW),
        *("status", "why", "show, an id", "show, a URL"),
    }
    assert all(row["cpu"]["median"] > 0 for row in found["rows"].values())
    assert found["index"] > 0
    known = {"command": "grow it", "machine": "a machine", "load": 1, "articles": 600}
    page = sections.grown_section(
        {"grown": found | known | {"days": 60, "megabytes": 1.0}}
    )
    assert "`grow it`: a generated dataset of 600 articles" in page
    assert "| newsbeam why | " in page
