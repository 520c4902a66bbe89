from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import SEED

Command = Callable[..., Any]
FEED = ("--feed", "http://127.0.0.1:9/feed")
CONTACT = ("--set", "fetch.contact=https://example.org/me")
PRISM = ("--runner", "PrismRunner")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--runner", "DirectRunner", *FEED), "in-process runner cannot run"),
        (("--runner", "Nonsense", *FEED), "run.runner: not a runner; known: "),
        ((*PRISM, "--set", f'source.files=["{SEED}"]'), "nothing to poll; name feeds"),
        ((*PRISM, *FEED, "--set", "output.raw=true"), "pages are kept by newsbeam run"),
        ((*PRISM, *FEED, "--set", "windows.minutes=0"), "windows.minutes"),
        ((*PRISM, *FEED, "--for", "10"), "--for '10': write a time as 90s, 30m"),
        (("--runner", "DirectRunner", *FEED, "--for", "2m"), "in-process runner"),
        ((*PRISM, *FEED, "--output", "hdfs://host/x"), "must be a local folder"),
    ],
)
def test_what_an_unbounded_pipeline_has_not_is_reported_in_a_line(
    newsbeam: Command, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{tmp_path / "dataset"}"\n')
    done = newsbeam("unbounded", config, *CONTACT, *arguments)
    assert done.returncode == 2, done.stderr
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_is_not_there_is_reported_and_leaves_nothing(
    newsbeam: Command, tmp_path: Path
) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[output]\npath = "{tmp_path / "dataset"}"\n')
    missing = f"--prism_location={tmp_path / 'prism'}"
    done = newsbeam("unbounded", config, *CONTACT, *PRISM, *FEED, missing)
    assert done.returncode == 1
    assert "make sure the file exists" in done.stderr
    assert list((tmp_path / "dataset" / "_runs").iterdir()) == []
