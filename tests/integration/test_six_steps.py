"""A stage is added in six steps, as docs/architecture.md tells, in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from kit import ROOT, SEED

pytestmark = pytest.mark.slow

_FUNCTION = '''\
"""Quotes: how many words of an article stand in quotation marks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from transforms.enrich.options import QuoteOptions
from transforms.origin import article_origin
from transforms.records import Article
from transforms.vocabulary import Stage
from transforms.work.stage import Work

_QUOTE = re.compile(r'[«“"]([^«»“”"]*)[»”"]')


@dataclasses.dataclass(frozen=True, slots=True)
class QuoteCounter:
    """Counts the quoted words of articles."""

    options: QuoteOptions

    def __call__(self, article: Article) -> Iterator[Article]:
        """Yield the article with their number."""
        quotes = [quote.split() for quote in _QUOTE.findall(article.text)]
        number = sum(len(q) for q in quotes if len(q) >= self.options.min_words)
        yield dataclasses.replace(article, quoted_words=number)
'''
_OPTIONS = '''

class QuoteOptions(Options):
    """How quotes are counted (section ``[quotes]``)."""

    min_words: int = pydantic.Field(default=1, ge=1)
    """A shorter quote is a word that the author distances himself from."""
'''
_TRANSFORM = '''

@dataclasses.dataclass(eq=False)
class CountQuotes(beam.PTransform):
    """Articles with the number of their quoted words."""

    options: QuoteOptions
    rejects: ErrorHandler

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return every article, counted."""
        options = self.options
        return articles | "Count" >> Work(
            Stage.QUOTES, lambda: QuoteCounter(options), article_origin, self.rejects
        )
'''
_TEST = """\
import dataclasses
import datetime as dt

from transforms.enrich.options import QuoteOptions
from transforms.enrich.quotes import QuoteCounter
from transforms.records import Article
from transforms.vocabulary import TextSource


def test_words_in_quotation_marks_are_counted():
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    text = "Il dit : « Nous partons demain » et « oui »."
    article = Article("1", text, "2", TextSource.FILE, 10, now)
    (counted,) = QuoteCounter(QuoteOptions(min_words=2))(article)
    assert counted == dataclasses.replace(article, quoted_words=3)
"""


class Copy:
    """A copy of the project, in which files are edited as a person would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("pipeline", "transforms", "configs", "seeds", "tests", "docs"):
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=skip)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def insert(self, name: str, before: str, text: str) -> None:
        path = self.folder / name
        content = path.read_text()
        assert content.count(before) == 1, (name, before)
        path.write_text(content.replace(before, text + before))

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_the_document_has_six_steps() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    steps = text.partition("## Add a stage in six steps")[2]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE) == list("123456")


def test_a_stage_is_added_in_six_steps(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "newsbeam")
    # 1: the function, in the folder of its duty; it gets options.
    copy.append("transforms/enrich/quotes.py", _FUNCTION)
    copy.append("transforms/enrich/options.py", _OPTIONS)
    # 2: its test.
    copy.append("tests/unit/test_quotes.py", _TEST)
    # 3: the column, the stage, and what it works on.
    copy.insert(
        "transforms/records.py",
        "    # How it came; no column.\n",
        "    quoted_words: int | None = None\n",
    )
    copy.insert(
        "transforms/tables.py",
        '    """,\n)\n\nREJECTS',
        "    quoted_words int32: words in quotation marks\n",
    )
    copy.insert(
        "transforms/vocabulary.py", '    WRITE = "write"\n', '    QUOTES = "quotes"\n'
    )
    copy.insert(
        "pipeline/counters.py",
        "    Stage.SIGNATURES: (Stage.COUNTRIES,),\n",
        "    Stage.QUOTES: (Stage.COUNTRIES,),\n",
    )
    # 4: the transform.
    copy.append("transforms/enrich/quotes.py", _TRANSFORM)
    # 5: its options, in the configuration and explained.
    config = "pipeline/configuration/config.py"
    copy.insert(
        config,
        "EnrichOptions\nfrom transforms.errors import",
        "QuoteOptions, ",
    )
    copy.insert(
        config,
        "    output: OutputOptions\n    pool",
        "    quotes: QuoteOptions = pydantic.Field(default_factory=QuoteOptions)\n",
    )
    copy.append("configs/golden.toml", "\n[quotes]\nmin_words = 2\n")
    # 6: one line of the graph, the golden records, the contract.
    copy.insert(
        "pipeline/graph.py",
        "        staged = tagged | ",
        '        tagged = tagged | "Quotes" >> CountQuotes(config.quotes, rejects)\n',
    )
    copy.insert(
        "pipeline/graph.py",
        "from transforms.enrich.stages import",
        "from transforms.enrich.quotes import CountQuotes\n",
    )

    unit = (
        "-p",
        "no:randomly",
        "tests/unit/test_quotes.py",
        "tests/unit/test_architecture.py",
    )
    copy.call("-m", "pytest", "-q", *unit)
    copy.call("-m", "pytest", "-q", "tests/golden/test_seed.py", "--update-golden")
    expected = (copy.folder / SEED).with_suffix(".expected.json")
    before = json.loads((ROOT / SEED).with_suffix(".expected.json").read_text())
    after = json.loads(expected.read_text())
    quoted = after.pop("quoted_words")
    assert after == before
    assert quoted > 20, quoted
    resolved = copy.call("-m", "pipeline", "check", "configs/golden.toml")
    assert tomllib.loads(resolved)["quotes"] == {"min_words": 2}
    copy.call(
        "-c",
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())",
    )
