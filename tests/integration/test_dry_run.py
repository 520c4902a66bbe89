"""A dry run lists what would be read, and reads nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit import ROOT, SEED, Dataset
from news_site import Reader, Site
from pytest_httpserver import HTTPServer

Command = Callable[..., Any]


def test_dry_run_lists_and_writes_nothing(newsbeam: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = newsbeam("run", "--files", "seeds/*.txt", "--output", out, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == SEED
    assert "1 files would be read: .txt 1" in done.stdout
    assert not out.exists()


def test_dry_runs_of_shards_list_everything_once(
    newsbeam: Command, tmp_path: Path
) -> None:
    feeds = [f"https://a{number}.example/feed" for number in range(8)]
    files = sorted(str(path) for path in (ROOT / "seeds/offline/pages").rglob("*.html"))
    more = ("--set", "fetch.contact=https://example.org/me", "--output", tmp_path)
    given = ("--files", "seeds/offline/pages", *(f"--feed={feed}" for feed in feeds))
    found = []
    for shard in ("1/2", "2/2"):
        done = newsbeam("run", *given, *more, "--dry-run", "--shard", shard)
        lines = done.stdout.splitlines()
        listed = [line for line in lines if "would be" not in line]
        assert f"{sum('://' in one for one in listed)} feeds are due" in lines[-1]
        found.append(listed)
    assert all(found)
    listed_files = [str(ROOT / one) for one in found[0] + found[1] if "://" not in one]
    assert sorted(listed_files) == files
    assert sorted(one for one in found[0] + found[1] if "://" in one) == feeds


def test_a_dry_run_leaves_out_feeds_that_are_not_due(
    newsbeam: Command, httpserver: HTTPServer, dataset: Dataset
) -> None:
    site, reader = Site(httpserver), Reader(dataset)

    def would_be_asked() -> list[str]:
        more = ("--set", "fetch.contact=https://example.org/me", "--dry-run")
        done = newsbeam("run", "--feed", site.url, "--output", dataset.path, *more)
        assert (done.returncode, done.stderr) == (0, "")
        lines: list[str] = done.stdout.splitlines()
        return lines

    said = "of 1 feeds are due and would be asked"
    assert would_be_asked() == [site.url, f"1 {said}"]
    reader.now = dt.datetime.now(dt.UTC)
    reader.read(site.url)
    assert would_be_asked() == [f"0 {said}"]
