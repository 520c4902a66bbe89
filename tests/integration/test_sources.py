"""Articles from files get the publication that the configuration knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import Dataset

Command = Callable[..., Any]


def test_files_know_their_sources(newsbeam: Command, tmp_path: Path) -> None:
    lines = [
        {"url": "https://www.lemonde.fr/a"},
        {
            "url": "https://www.lemonde.fr/b",
            "source_name": "AFP",
            "source_country": "BE",
        },
        {"url": "https://news.harbour.example/c"},
        {"url": "https://ports.io/d"},
        {"url": "https://www.elpais.com.uy/e"},
        {},
    ]
    text = (
        "The council voted on Tuesday to rebuild pillar {} of the old harbour bridge."
    )
    (tmp_path / "in.jsonl").write_text(
        "\n".join(
            json.dumps(line | {"text": text.format(number), "title": str(number)})
            for number, line in enumerate(lines)
        )
    )
    (tmp_path / "newsbeam.toml").write_text(
        """
        [source]
        files = ["in.jsonl"]
        feeds = [
          { url = "https://harbour.example/f", name = "The Harbour", country = "IE" },
        ]
        [sources."lemonde.fr"]
        name = "Le Monde"
        country = "FR"
        language = "fr"
        [fetch]
        contact = "me@example.org"
        shard = "1/1"
        [enrich.entities.models]
        en = ""
        [pool]
        processes = 0
        [output]
        path = "out"
        """
    )
    checked = newsbeam("check", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert '[sources]\n"lemonde.fr".name = "Le Monde"' in checked.stdout
    done = newsbeam(
        *("run", "newsbeam.toml", "--set", "source.feeds=[]"), folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    rows = sorted(Dataset(tmp_path / "out").rows(), key=lambda row: row["title"])
    assert [(row["source_name"], row["source_country"]) for row in rows] == [
        ("Le Monde", "FR"),
        ("AFP", "BE"),
        (None, None),
        (None, None),
        (None, "UY"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ('sources."a.example".country="UK"', "did you mean GB?"),
        ('sources."a.example".place="GB"', "unknown key"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(
    newsbeam: Command, tmp_path: Path, setting: str, problem: str
) -> None:
    path = tmp_path / "newsbeam.toml"
    section, _, value = setting.partition("=")
    *tables, key = section.rsplit(".", 1)
    path.write_text(f'[{tables[0]}]\n{key} = {value}\n[output]\npath = "out"\n')
    done = newsbeam("check", folder=tmp_path)
    assert done.returncode == 2
    assert problem in done.stderr
