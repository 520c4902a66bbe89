"""The command line as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT, SEED, Dataset
from news_site import Reader, Site
from pytest_httpserver import HTTPServer

from pipeline.configuration.config import load
from pipeline.reports.logs import PROGRESS_LOG
from pipeline.state.inventory import FILE_NAME

Command = Callable[..., Any]

HEAVY = ("apache_beam", "onnxruntime", "trafilatura", "pyarrow", "pydantic")


def test_help_teaches_and_waits_for_nothing_heavy(newsbeam: Command) -> None:
    script = (
        "import sys\nsys.argv = ['newsbeam', '--help']\n"
        "from pipeline.cli import main\n"
        "try:\n    main()\nfinally:\n"
        f"    print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stderr.strip() == "[]"
    for command in ("run", "check", "show", "schema"):
        assert command in done.stdout
        assert "Example: newsbeam" in newsbeam(command, "--help").stdout


def test_version(newsbeam: Command) -> None:
    assert newsbeam("--version").stdout.startswith("newsbeam 0.")


def test_every_error_of_a_configuration_is_listed(
    newsbeam: Command, tmp_path: Path
) -> None:
    config = tmp_path / "bad.toml"
    config.write_text(
        "[source]\nfiles = ['gone.txt', 'a**b/*.txt']\nfile = 'x'\n"
        "[enrich.language]\nmin_score = 'high'\n[outputs]\npath = 'x'\n"
    )
    done = newsbeam("check", config)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert all(line.startswith("newsbeam: ") for line in lines)
    said = "\n".join(lines)
    for where, what in {
        "source.files[0]:": "no such file or folder",
        "source.files[1]:": "bad glob",
        "source.file:": "did you mean files?",
        "enrich.language.min_score:": "number",
        "outputs:": "did you mean output?",
        "output:": "missing",
    }.items():
        assert any(where in line and what in line for line in lines), (where, said)


def test_bad_files_and_globs_are_listed(newsbeam: Command, tmp_path: Path) -> None:
    done = newsbeam(
        *("run", "--output", tmp_path / "out", "--files", "gone.txt"),
        *(
            "--files",
            "a**b/*.txt",
            "--files",
            "seeds/[x.txt",
            "--files",
            "no/such/*.txt",
        ),
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "source.files[0]: no such file or folder: 'gone.txt'" in done.stderr
    assert "source.files[1]: bad glob: '**'" in done.stderr
    assert "source.files[2]: bad glob: '['" in done.stderr
    assert "source.files[3]: no such folder: 'no/such'" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "gone.toml"], "gone.toml: No such file"),
        (["run", "--files", SEED, "--ouput", "x"], "unknown option --ouput"),
        (
            ["run", "configs/golden.toml", "more.toml"],
            "unexpected argument 'more.toml'",
        ),
        (["run"], "output: missing"),
        (
            ["run", "--files", " ", "--output", "x"],
            "source.files[0]: must name a file, a folder or a glob",
        ),
        (
            ["run", "--files", "nowhere://a/*.txt", "--output", "x", "--dry-run"],
            "nowhere://a/*.txt: no file system for nowhere:// is installed",
        ),
        (
            ["run", "--files", SEED, "--output", "hdfs://host/x"],
            "must be a local folder",
        ),
        (["run", "configs/golden.toml", "--run-id", "a/b"], "--run-id 'a/b'"),
        (["run", "configs/golden.toml", "--set", "nonsense"], "--set nonsense"),
        (
            ["run", "configs/golden.toml", "--direct_running_mode=multi_processing"],
            "in_memory only",
        ),
        (
            [
                "check",
                "configs/golden.toml",
                "--set",
                "enrich.entities.models.fr=no_such",
            ],
            "enrich.entities.models: no installed package",
        ),
        (["show", "no-dataset", "abcd"], "no newsbeam dataset"),
        (["schema", "articels"], "no table or view 'articels'"),
        (
            ["replay", "x", "--stage", "raed"],
            "--stage 'raed': there are feeds, pages, read",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_line_and_exit_code_2(
    newsbeam: Command, arguments: list[str], message: str
) -> None:
    done = newsbeam(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_output_is_reported_before_anything_is_read(
    newsbeam: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = newsbeam("run", "--files", SEED, "--output", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert "output.path: cannot write to" in done.stderr
    assert "Traceback" not in done.stderr


def test_precedence_flag_environment_file_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "a.toml"
    config.write_text(f"[source]\nfiles = ['{ROOT / SEED}']\n[output]\npath = 'file'\n")
    assert str(load(config).output.path) == "file"
    assert load(config).output.compression_level == 3
    monkeypatch.setenv("NEWSBEAM_OUTPUT__PATH", "environment")
    monkeypatch.setenv("NEWSBEAM_RUN__MAX_REJECT_RATE", "0.5")
    assert str(load(config).output.path) == "environment"
    assert load(config).run.max_reject_rate == 0.5
    assert str(load(config, flags={"output": {"path": "flag"}}).output.path) == "flag"
    assert str(load(config, ["output.path=set"]).output.path) == "set"


def test_check_prints_a_configuration_that_says_the_same(
    newsbeam: Command, tmp_path: Path
) -> None:
    done = newsbeam("check", "configs/golden.toml")
    assert done.returncode == 0, done.stderr
    again = tmp_path / "again.toml"
    again.write_text(done.stdout)
    assert load(again) == load(ROOT / "configs" / "golden.toml")


def test_run_show_and_report(newsbeam: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = newsbeam("run", "configs/golden.toml", "--output", out, "--run-id", "slot-1")
    assert done.returncode == 0, done.stderr
    # On a busy machine it may say how far it is.
    assert all(PROGRESS_LOG in line for line in done.stderr.splitlines())
    assert "new              1 article" in done.stdout
    assert f"sql {out}" in done.stdout
    report = json.loads((out / "_runs" / "slot-1" / "report.json").read_text())
    assert report["new"] == 1
    assert report["balanced"] is True
    assert report["countries"] == {"RU": 1, "KP": 1, "US": 1, "UA": 1, "FR": 1}
    (row,) = Dataset(out).rows()
    shown = newsbeam("show", out, row["id"][:8])
    assert shown.returncode == 0, shown.stderr
    assert "Corée du Nord[KP]" in shown.stdout.replace("\n", " ")
    assert "Anne-Claire Legendre" in shown.stdout
    assert "\x1b[" not in shown.stdout


def test_a_folder_that_is_not_there_is_reported_beside_other_faults(
    newsbeam: Command, tmp_path: Path
) -> None:
    config = tmp_path / "a.toml"
    config.write_text(
        '[source]\nfiles = ["nope/*.txt"]\n[output]\npath = "o"\n'
        '[fetch]\nthreads = "x"\nserve = { "x.invalid" = "nofolder" }\n'
    )
    done = newsbeam("check", config)
    assert done.returncode == 2
    for place in ("fetch.threads", "source.files[0]", "fetch.serve.x.invalid"):
        assert place in done.stderr


def test_schema_explains_every_column(newsbeam: Command) -> None:
    done = newsbeam("schema")
    for column in ("revision", "focus_countries", "content_hash", "payload"):
        assert column in done.stdout


def test_output_into_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(  # noqa: S602 - the pipe is what is tested
        f"{sys.executable} -m pipeline schema | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr


def test_json_logs_are_one_object_a_line(newsbeam: Command, tmp_path: Path) -> None:
    done = newsbeam(
        *("run", "--files", SEED, "--output", tmp_path, "--log-format", "json"),
        *("--log-level", "debug"),
    )
    lines = done.stderr.splitlines()
    assert lines
    for line in lines:
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()


@pytest.mark.slow
def test_feeds_from_dry_run_to_status(newsbeam: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("configs/offline.toml", "--output", out)
    dry = newsbeam("run", *arguments, "--dry-run")
    assert "14 of 14 feeds are due" in dry.stdout
    assert not out.exists()
    done = newsbeam("run", *arguments)
    assert done.returncode == 0, done.stderr
    assert "14, of which 14 due: 14 with news" in done.stdout
    dry = newsbeam("run", *arguments, "--dry-run")
    assert "al-marsa.xml (If-Modified-Since)" in dry.stdout
    shown = newsbeam("status", out)
    assert shown.returncode == 0, shown.stderr
    assert "harbour-post.atom" in shown.stdout.replace("\n", "")


def test_status_of_what_was_made_from_files(newsbeam: Command, tmp_path: Path) -> None:
    newsbeam("run", "--files", SEED, "--output", tmp_path)
    done = newsbeam("status", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[0] == "no feed was ever asked for this dataset"
    assert said[2] == "articles: 1 row in 1 file"
    assert said[-1].split()[1:4] == ["1", "0", "0"]
    done = newsbeam("status", tmp_path, "--reset", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no feed 'x'" in done.stderr
    done = newsbeam("status", tmp_path / "articles")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no newsbeam dataset" in done.stderr
    for path in tmp_path.glob(f"{FILE_NAME}*"):
        path.unlink()
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    done = newsbeam("status", tmp_path)
    assert done.returncode == 2
    assert "the next run rebuilds it" in done.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["source.feeds=['ftp://x/y']"],
            "source.feeds.0.url: not an http or https URL",
        ),
        (["source.feeds=['http://x.org/f']"], "fetch.contact: say in printable ASCII"),
        (["source.opml='gone.opml'"], "source.opml: gone.opml: No such file"),
        (
            ["source.opml='configs/golden.toml'"],
            "source.opml: configs/golden.toml: not XML",
        ),
        (["fetch.allowed_networks=['lan']"], "fetch.allowed_networks"),
        (["fetch.serve.x='gone'"], "fetch.serve.x: no such folder"),
        (
            ["run.batch_files=[{at='http://me:secret@x.example/'}]"],
            '(given: [{"at": "http://x.example/"}])',
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_feeds_are_reported(
    newsbeam: Command, settings: list[str], message: str
) -> None:
    sets = [part for setting in settings for part in ("--set", setting)]
    done = newsbeam("check", "configs/golden.toml", *sets)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.slow
def test_a_language_without_names_is_said_once_and_in_the_report(
    newsbeam: Command, tmp_path: Path
) -> None:
    dataset = Dataset(tmp_path / "data")
    done = newsbeam(
        *("run", "--files", "seeds/offline/pages/de/*.html", "--output", dataset.path),
        *("--set", "run.batch_files=6", "--log-format", "json"),
        *("--set", 'enrich.entities.models={de = ""}'),
    )
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if "no names" in line]
    assert len(told) == 1
    assert "no names in de" in json.loads(told[0])["event"]
    (report,) = dataset.path.glob("_runs/*/report.json")
    articles = dataset.rows()
    assert json.loads(report.read_text())["no_entity_model"] == {"de": len(articles)}
    # What is known for sure is there, and says where it is from.
    assert all(row["entity_model"].startswith("newsbeam-gaz") for row in articles)


def test_a_run_of_which_nothing_came_fails(newsbeam: Command, tmp_path: Path) -> None:
    def read(*arguments: str) -> tuple[int, str]:
        where = ("--output", str(tmp_path / "dataset"))
        done = newsbeam(
            "run", *arguments, *where, "--set", "fetch.contact=me@a.example"
        )
        return done.returncode, done.stderr

    dead = ("--feed", "http://127.0.0.1:9/feed")
    here = ("--set", 'fetch.allowed_networks=["127.0.0.0/8"]')
    code, said = read(*dead, *here)
    assert (code, said.count("\n")) == (1, 1)
    assert "the run produced nothing: 1 feed failed (http_error)" in said
    # It is not due: nothing was asked for, and nothing has failed.
    assert read(*dead, *here)[0] == 0
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert read("--files", str(empty))[0] == 1
    # What failed beside what came is a reject, and what is there already has not failed.
    for _ in range(2):
        assert read("--files", str(empty), "--files", SEED)[0] == 0


def test_status_says_which_file_cannot_be_read(
    httpserver: HTTPServer, dataset: Dataset, newsbeam: Command
) -> None:
    site, reader = Site(httpserver), Reader(dataset)
    site.list("Springfield")
    assert reader.read(site.url).as_json()["new"] == 1
    (file,) = (dataset.path / "articles").glob("date=*/*.parquet")
    file.write_bytes(file.read_bytes()[:2_000])
    for command in ("status", "show"):
        done = newsbeam(command, dataset.path)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "cannot be read" in line
        assert file.name in line
