"""What the command says of a configuration that is wrong: what, where, how to repair it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import NEWSBEAM, ROOT, SEED

from pipeline.configuration.config import load
from pipeline.configuration.wording import in_plain_words
from transforms.codes import country_problem, language_problem

Command = Callable[..., Any]

BAD = """
[source]
feeds = [
  { url = "http://x.org/a", contry = "FR" },
  { url = "http://x.org/b", country = "UK", language = "english" },
  { name = "without" },
  3,
  "ftp://me:secret@x.org/",
]
files = "inbox"
[fetch]
contact = "https://x.org"
robots = "NO"
pages = 0
threads = true
connect_seconds = "soon"
interval_minutes = -1
allowed_networks = "10.0.0.0/8"
serve = 3
min_words = 3
[extract]
favor = "best"
min_words = 1.5
[enrich]
language = 3
[output]
pth = "x"
partition_by = "week"
compression_level = 99
[run]
metrics_file = 3
runner = 4
"""
SAID = (
    "source.feeds.0.contry: unknown key; did you mean country? known: url, name, country",
    'source.feeds.1.country: not a country of ISO 3166-1; did you mean GB? (given: "UK")',
    'source.feeds.1.language: not a language of BCP 47; did you mean en? (given: "english")',
    "source.feeds.2.url: missing; ",
    "source.feeds.3: must be a table",
    "source.feeds.4.url: not an http or https URL",
    'source.files: must be a list: ["…", "…"] (given: "inbox")',
    'fetch.robots: must be true or false, without quotes; did you mean false? (given: "NO")',
    "fetch.pages: must be true or false, without quotes; did you mean false? (given: 0)",
    "fetch.threads: must be a number (given: true)",
    'fetch.connect_seconds: must be a number (given: "soon")',
    "fetch.interval_minutes: must be at least 0 (given: -1)",
    "fetch.allowed_networks: must be a list",
    "fetch.serve: must be a table",
    "fetch.min_words: unknown key; did you mean extract.min_words? known: contact",
    "extract.favor: must be 'balance', 'precision' or 'recall' (given: \"best\")",
    "extract.min_words: must be a whole number",
    "enrich.language: must be a table",
    "output.path: missing; set path under [output] in the configuration, or give --output",
    "output.pth: unknown key; did you mean path? known: ",
    "output.partition_by: must be 'day' or 'month'",
    "output.compression_level: must be at most ",
    "run.metrics_file: must name a file or folder",
    "run.runner: must be a text in quotes",
)


def test_every_error_is_a_line_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "newsbeam.toml").write_text(BAD)
    done = subprocess.run(
        [NEWSBEAM, "check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == len(SAID), done.stderr
    for said in SAID:
        assert any(line.startswith(f"newsbeam: {said}") for line in lines), said
    python = r"tuple|dictionary|None|boolean|instance|Input|float|interpret|secret"
    assert not re.search(python, done.stderr)


@pytest.mark.parametrize("command", ["run", "check", "stream"])
def test_without_a_configuration_the_way_to_one_is_said(
    newsbeam: Command, command: str
) -> None:
    assert not (ROOT / "newsbeam.toml").exists()
    done = newsbeam(command)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("newsbeam: output: missing; ")
    assert "newsbeam init" in line
    assert "--output" in line


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        *(("UK", "GB"), ("gb", "GB"), ("FRA", "FR"), ("Germany", "DE"), ("USA", "US")),
        *(("Deutschland", "DE"), ("Great Britan", None), ("EU", None), ("", None)),
    ],
)
def test_countries(code: str, meant: str | None) -> None:
    problem = country_problem(code)
    assert problem is not None
    assert (f"did you mean {meant}?" if meant else "write its code") in problem
    assert all(country_problem(known) is None for known in ("GB", "FR", "XK", "TW"))


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        *(("english", "en"), ("EN", "en"), ("en_US", "en-US"), ("ger", "de")),
        *(("Frensh", "fr"), ("français", "fr"), ("iw", "he"), ("jp", "ja")),
        *(("cz", "cs"), ("mul", None), ("", None)),
    ],
)
def test_languages(code: str, meant: str | None) -> None:
    problem = language_problem(code)
    assert problem is not None
    assert (f"did you mean {meant}?" if meant else "write its code") in problem
    known = ("en", "en-GB", "zh-Hans", "nb", "no", "ckb", "uk")
    assert all(language_problem(code) is None for code in known)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            # As Python reads an argument that is not UTF-8.
            ("--output", "out\udcff"),
            'output.path: must be UTF-8 (given: "out\\udcff")',
        ),
        (
            ("--output", "out", "--runner", "Nope"),
            "run.runner: not a runner; known: DataflowRunner, ",
        ),
        (
            ("--output", "out", "--runner", "nowhere.at.Runner"),
            "run.runner: there is no such runner to import (given: ",
        ),
        (
            ("--output", "out", "--set", "run.max_reject_rate=nan"),
            "run.max_reject_rate: must be a number (given: NaN)",
        ),
        (
            ("--output", "out", "--set", "stream.report_minutes=1e300"),
            "stream.report_minutes: must be at most 52596000, a century (given: 1e+300)",
        ),
    ],
)
def test_what_would_fail_at_the_end_is_refused_before_any_work(
    newsbeam: Command, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = newsbeam("run", "--files", ROOT / SEED, *options, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"newsbeam: {said}")
    assert len(line) < 250
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["direct", "PRISMRunner", "apache_beam.runners.direct.direct_runner.DirectRunner"],
)
def test_a_runner_is_named_as_beam_names_it(name: str) -> None:
    given = ["run.runner=" + name, "output.path=x", "source.files=['.']"]
    assert load(None, given).run.runner == name


def test_booleans_are_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "a.toml"
    config.write_text("[source]\nfiles = ['.']\n[output]\npath = 'x'\n")
    for text, value in (("false", False), ("TRUE", True), ("0", False)):
        monkeypatch.setenv("NEWSBEAM_FETCH__ROBOTS", text)
        assert load(config).fetch.robots is value


def test_check_warns_of_feeds_that_are_listed_twice(
    newsbeam: Command, tmp_path: Path
) -> None:
    config = tmp_path / "a.toml"
    feeds = [f"http://x.org/feed/{number}.xml" for number in range(20)]
    config.write_text(
        f"[source]\nfeeds = {[*feeds, 'https://www.x.org/feed/3.xml']}\n"
        "[fetch]\ncontact = 'https://x.org'\n[output]\npath = 'x'\n"
    )
    done = newsbeam("check", config)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("newsbeam: warning: source.feeds.20: listed twice, see ")
    assert "source.feeds.3" in line
    # One feed a line, and TOML that says the same.
    assert sum("http://x.org/feed/" in line for line in done.stdout.splitlines()) == 20
    again = tmp_path / "again.toml"
    again.write_text(done.stdout)
    assert load(again) == load(config)
    # Of a list in OPML, too.
    opml = tmp_path / "more.opml"
    opml.write_text(f'<opml><body><outline xmlUrl="{feeds[7]}"/></body></opml>')
    done = newsbeam("check", config, "--set", f"source.opml={opml}")
    assert done.stderr.splitlines() == [
        line,
        f"newsbeam: warning: {opml}: listed twice, see source.feeds.7: {feeds[7]}",
    ]


def test_a_key_cannot_be_set_below_a_value(newsbeam: Command) -> None:
    sets = ("--set", "fetch.serve=3", "--set", "fetch.serve.x=y")
    done = newsbeam("check", "configs/golden.toml", *sets)
    assert done.returncode == 2
    assert "--set fetch.serve.x=y: serve is set to a value already" in done.stderr


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("Input should be a valid tuple", 'must be a list: ["…", "…"]'),
        ("Input should be a valid dictionary or instance of X", "must be a table"),
        ("Input should be a valid boolean, unable to interpret input", "true or false"),
        ("Input should be less than 3", "must be less than 3"),
        (
            "List should have at least 1 item after validation, not 0",
            "must have at least",
        ),
        ("Value error, be careful", "be careful"),
    ],
)
def test_words_of_pydantic(python: str, words: str) -> None:
    assert words in in_plain_words(python)
    assert "Input" not in in_plain_words(python)


def test_a_bare_command_reads_the_folder_of_its_own(
    newsbeam: Command, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "newsbeam.toml").write_text(
        "[source]\nfiles = ['inbox']\n[output]\npath = 'data'\n"
    )
    done = newsbeam("run", "--dry-run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 files would be read" in done.stdout


def test_check_says_that_a_proxy_is_not_used(
    newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128")
    given = ("check", "--set", "fetch.contact=me@a.example", "--set", "output.path=x")
    done = newsbeam(*given, "--set", 'source.feeds=["https://a.example/feed"]')
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "HTTPS_PROXY: set in the environment, and not used" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    # Who reads files asks nobody.
    assert newsbeam(*given, "--set", 'source.files=["*.txt"]').stderr == ""


def test_broken_toml_says_where(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[source\nfiles = 3")
    done = newsbeam("check", tmp_path / "x.toml")
    assert done.returncode == 2
    assert "x.toml: not valid TOML" in done.stderr
    assert "line 1" in done.stderr


def test_toml_that_is_no_utf8_says_where(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes("[source]\n# Zürich".encode("latin-1"))
    done = newsbeam("check", tmp_path / "x.toml")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("x.toml: not UTF-8, as TOML must be: byte 13")


def test_a_byte_order_mark_is_no_error(newsbeam: Command, tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text("[output]\npath = 'data'\n", encoding="utf-8-sig")
    done = newsbeam("check", config)
    assert done.returncode == 0, done.stderr
    assert '"path" = "data"' in done.stdout or 'path = "data"' in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NEWSBEAM_FETHC__THREADS", "did you mean NEWSBEAM_FETCH__THREADS?"),
        ("NEWSBEAM_NOPE__X", "unknown section nope; known: source, fetch"),
        ("newsbeam_output_path", "did you mean NEWSBEAM_OUTPUT__PATH, with two"),
        ("NEWSBEAM_FETCH__THREDS", "did you mean threads?"),
    ],
)
def test_variables_that_nobody_reads_are_errors(
    newsbeam: Command, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(name, "4")
    done = newsbeam("check", "configs/golden.toml")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line


def test_other_variables_are_left_alone(
    newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "NEWSBEAM_HOME",
        "NEWSBEAM",
        "NEWSBEAMS__X",
        "NEWSBEAM_STREAM_BATCHES",
    ):
        monkeypatch.setenv(name, "4")
    assert newsbeam("check", "configs/golden.toml").returncode == 0


@pytest.mark.parametrize(
    "key", ["run.metrics_file", "stream.health_file", "source.opml", "output.path"]
)
def test_an_empty_name_is_not_the_present_folder(newsbeam: Command, key: str) -> None:
    done = newsbeam("check", "configs/golden.toml", "--set", f"{key}=''")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{key}: must name a " in line
