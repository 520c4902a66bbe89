"""A publisher and an inbox that get news of one town after another, and runs over both.

The runs of tests that kill them, or that damage the dataset in between.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from kit import Dataset
from news_site import START, Site

from pipeline.dataset.read import open_table


class Towns:
    """Where news comes from, the dataset that it goes to, and what must be in it."""

    def __init__(self, site: Site, folder: Path, *, batch_files: int) -> None:
        self.site = site
        self.folder = folder
        self.dataset = Dataset(folder / "out")
        self.inbox = folder / "in"
        self.inbox.mkdir(parents=True)
        self.config = folder / "newsbeam.toml"
        self.config.write_text(
            f"""
            [source]
            files = ["{self.inbox}"]
            feeds = ["{site.url}"]
            [fetch]
            contact = "https://example.org/me"
            allowed_networks = ["127.0.0.0/8"]
            feed_pause_seconds = 0
            page_pause_seconds = 0
            [enrich.entities.models]
            en = ""
            [run]
            batch_files = {batch_files}
            [output]
            path = "{self.dataset.path}"
            """
        )
        self.runs = 0
        self.written: list[str] = []

    def work_alone(self) -> None:
        """Have runs start no children: their parent's steps are what matters."""
        with self.config.open("a") as config:
            config.write("[pool]\nprocesses = 0\n")

    def add_news(self) -> None:
        """Publish an entry with its page, and put a file into the inbox."""
        name = f"Town{len(self.written)}"
        self.site.list(name)
        self.site.headers = {"ETag": f'"{name}"'}
        text = f"The council of file {name} voted on Tuesday to rebuild its bridge."
        (self.inbox / f"{name}.txt").write_text(text)
        self.written.append(name)

    def next_run(self) -> str:
        """Return the time of the next run: two hours after the last."""
        self.runs += 1
        return (START + dt.timedelta(hours=2 * self.runs)).isoformat()

    def check_nothing_is_lost(self) -> None:
        """Check that all news is there, each piece once and in its first version."""
        rows = open_table(self.dataset.path).to_table().to_pylist()
        paged = sorted(row["title"] for row in rows if row["text_source"] == "page")
        filed = sorted(row["path"] for row in rows if row["text_source"] == "file")
        assert paged == sorted(self.written)
        assert filed == sorted(str(self.inbox / f"{n}.txt") for n in self.written)
        assert {row["revision"] for row in rows} == {0}
