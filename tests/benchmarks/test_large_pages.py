"""Large pages, the plain script in processes, and where a run's time goes."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pyarrow.parquet as pq
import pytest

from benchmarks import field, pages, plain, split
from benchmarks.bench import NEWSBEAM
from benchmarks.sentences import ROOT


def test_large_pages_have_the_elements_and_the_code_of_newspapers() -> None:
    sizes, elements, code = [], [], []
    for page in pages.pages(12, scale=pages.LARGE):
        tree = lxml.html.document_fromstring(page.html)
        scripts = tree.iter("script", "style")
        sizes.append(len(page.html))
        elements.append(sum(1 for _ in tree.iter()))
        code.append(sum(len(each.text or "") for each in scripts) / len(page.html))
    assert min(sizes) > 90_000
    assert max(sizes) < 900_000
    assert 2_000 < sum(elements) / len(elements) < 10_000
    assert 0.2 < sum(code) / len(code) < 0.7


@pytest.mark.slow
def test_the_plain_script_finds_the_same_in_processes(tmp_path: Path) -> None:
    pages.write_pages(tmp_path / "pages", 10)
    for number in (1, 2):
        plain.convert(tmp_path / "pages", tmp_path / f"{number}.parquet", number)
    one, two = (pq.read_table(tmp_path / f"{number}.parquet") for number in (1, 2))
    assert one.num_rows == 10
    assert two.equals(one)


@pytest.mark.parametrize(
    ("file", "function", "part"),
    [
        (f"{ROOT}/transforms/page/tree.py", "page_tree", "parse"),
        (f"{ROOT}/transforms/extract/body.py", "tidy", "clean"),
        (f"{ROOT}/transforms/extract/body.py", "page_text", "extract"),
        (f"{ROOT}/transforms/extract/titles.py", "choose_title", "metadata"),
        (f"{ROOT}/transforms/extract/published.py", "credible", "date"),
        ("/venv/site-packages/trafilatura/xml.py", "trim", "extract"),
        ("/python3.11/copy.py", "deepcopy", "copies of the tree"),
        ("/venv/site-packages/apache_beam/runners/common.py", "process", "Beam"),
        (f"{ROOT}/transforms/write/rows.py", "row", "rows"),
        (f"{ROOT}/transforms/text/strings.py", "clean", None),
    ],
)
def test_a_function_belongs_to_a_part_of_a_run(
    file: str, function: str, part: str | None
) -> None:
    assert split.part_of(file, function) == part


def test_pages_of_other_kinds_have_sections_of_their_own() -> None:
    one = {"median": 1.5, "min": 1.5, "max": 1.5}
    row = dict.fromkeys(["rate", "cpu", "megabytes"], one)
    measured = {
        "command": "make bench",
        "machine": "a machine",
        "load": 2.0,
        "pages": 6,
        "bytes": 1_800_000,
        "rounds": 1,
        "programs": [{"program": NEWSBEAM, "cores": 2, "articles": 6, **row}],
        "ratios": {"rate, 2 core(s) of processes": one},
        "split": {"parse": 1.25},
        "split_plain": {"parse": 1.5},
    }
    page = field.sections({"sections": {"field": measured, "large": measured}})
    assert page.index("## On pages as large") < page.index("## On real pages")
    assert "300 KB on average" in page
    assert "| newsbeam | 2 | 1.5 | 1.5 | 2 | 6 |" in page
    assert "| rate, 2 core(s) of processes | 1.50× |" in page
    assert "| parse | 1.25 | 1.50 |" in page
    assert field.sections({}) == ""
