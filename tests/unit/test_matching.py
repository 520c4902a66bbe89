from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import Dataset

from transforms.files.matching import match_files
from transforms.files.read import read_file
from transforms.records import Reject
from transforms.vocabulary import Reason


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The council voted for {name}.")
    return folder


def matched(folder: Path, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """Return the paths that patterns below ``folder`` name, without it."""
    found = match_files(tuple(f"{folder}/{p}" for p in patterns), exclude)
    return [path.removeprefix(f"{folder}/") for path in found]


stat_of = os.stat


def without_inode(path: str, **options: Any) -> os.stat_result:
    mode, _, *rest = stat_of(path, **options)
    return os.stat_result((mode, 0, *rest))


@contextlib.contextmanager
def deep(folder: Path, levels: int, name: str) -> Iterator[None]:
    """Make folders in folders, deeper than a path can say, each with a file."""
    where = os.open(folder, os.O_RDONLY)
    before = Path.cwd()
    try:
        os.fchdir(where)
        for level in range(levels):
            Path(name).mkdir()
            os.chdir(name)
            Path(f"{level}.txt").write_text(f"The council voted for bridge {level}.")
        os.chdir(before)
        yield
    finally:
        # Python's own way to remove folders descends by calling itself.
        subprocess.run(["/bin/rm", "-r", folder / name], check=True)
        os.close(where)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["a.txt", "b.html", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "z/a.txt"]),
        ("**", ["a.txt", "b.html", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "z/a.txt"]),
        ("**/**", ["a.txt", "b.html", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "z/a.txt"]),
        ("**/*.txt", ["a.txt", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "z/a.txt"]),
        ("**/a.txt", ["a.txt", "x/a.txt", "x/y/a.txt", "z/a.txt"]),
        ("*.txt", ["a.txt"]),
        ("*", ["a.txt", "b.html", "x", "z"]),
        ("*/*.txt", ["x/a.txt", "z/a.txt"]),
        ("*/a.txt", ["x/a.txt", "z/a.txt"]),
        ("*/y/*", ["x/y/a.txt", "x/y/b.txt"]),
        ("x/**/[ab].txt", ["x/a.txt", "x/y/a.txt", "x/y/b.txt"]),
        ("**/y/**", ["x/y/a.txt", "x/y/b.txt"]),
        ("?.html", ["b.html"]),
        ("z/../a.*", ["z/../a.txt"]),
        ("*/../a.txt", ["x/../a.txt"]),
        (".*", [".hidden", ".hidden.txt"]),
        (".hidden/*", [".hidden/a.txt"]),
        ("a.txt/*", []),
        ("**/nothing*", []),
        ("gone.txt", ["gone.txt"]),
    ],
)
def test_patterns(pattern: str, expected: list[str], tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "b.html", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "z/a.txt")
    tree(tmp_path, ".hidden.txt", ".hidden/a.txt", "x/.hidden/a.txt")
    assert sorted(matched(tmp_path, pattern)) == sorted(expected)


def test_patterns_below_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree(tmp_path, "a.txt", "x/b.txt"))
    assert list(match_files(("**/*.txt", "*.txt", "."))) == [
        *("a.txt", "x/b.txt"),
        *("./a.txt", "./x/b.txt"),
    ]


def test_a_pattern_may_begin_at_the_root(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "b.html")
    first, rest = str(tmp_path)[1], str(tmp_path)[2:]
    assert list(match_files((f"/[{first}]{rest}/*.txt",))) == [f"{tmp_path}/a.txt"]


@pytest.mark.parametrize("has_inodes", [True, False])
@pytest.mark.parametrize("pattern", ["x", "x/", "x/**", "x/**/*.txt"])
def test_links_to_folders_are_followed_once(
    pattern: str, has_inodes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_inodes:
        # Some network disks have none: the kernel's answer is the mock.
        monkeypatch.setattr(os, "stat", without_inode)
    tree(tmp_path, "x/a.txt", "x/y/b.txt", "elsewhere/c.txt", "elsewhere/d/e.txt")
    # To itself, to the folder above, to a sibling, to one outside, to that again.
    (tmp_path / "x/itself").symlink_to(".")
    (tmp_path / "x/y/up").symlink_to("..")
    (tmp_path / "x/again").symlink_to("y")
    (tmp_path / "x/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "x/y/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "x")
    assert [os.path.normpath(path) for path in matched(tmp_path, pattern)] == [
        *("x/a.txt", "x/out/c.txt", "x/out/d/e.txt", "x/y/b.txt"),
    ]


def test_many_links_to_each_other_end(tmp_path: Path) -> None:
    # Each way through them is another path: there are more of them than seconds.
    for number in range(12):
        tree(tmp_path, f"{number}/a.txt")
        for other in range(12):
            (tmp_path / f"{number}/to {other}").symlink_to(tmp_path / str(other))
    found = matched(tmp_path, "**/*.txt")
    assert found == sorted(f"{number}/a.txt" for number in range(12))


def test_links_that_lead_nowhere_are_one_reject_each(
    tmp_path: Path, dataset: Dataset
) -> None:
    tree(tmp_path, "in/a.txt")
    (tmp_path / "in/ping").symlink_to("pong")
    (tmp_path / "in/pong").symlink_to("ping")
    (tmp_path / "in/own").symlink_to("own")
    (tmp_path / "in/gone").symlink_to("nowhere")
    dataset.run(tmp_path / "in/**", tmp_path / "in")
    rejects = {Path(row["key"]).name: row for row in dataset.rows("rejects")}
    assert sorted(rejects) == ["gone", "own", "ping", "pong"]
    assert {row["reason"] for row in rejects.values()} == {"unreadable"}
    assert "symbolic links" in rejects["ping"]["detail"]
    assert len(dataset.rows()) == 1


def test_a_deep_folder_is_walked_to_its_end(tmp_path: Path) -> None:
    with deep(tmp_path, 1_000, "d"):
        exclude = (str(tmp_path / "data"),)
        assert len(matched(tmp_path, "**/*.txt", exclude=exclude)) == 1_000
        assert len(matched(tmp_path, "", exclude=exclude)) == 1_000


def test_what_is_deeper_than_a_path_can_say_is_one_reject(
    tmp_path: Path, dataset: Dataset
) -> None:
    with deep(tmp_path, 30, "d" * 200):
        report = dataset.run(f"{tmp_path}/{'d' * 200}/**/*.txt")
        # The folder whose path is too long, and where the limit falls between a folder's
        # path and that of the file in it, that file.
        rejects = dataset.rows("rejects")
        files = [row["key"] for row in rejects if row["key"].endswith(".txt")]
        assert len(rejects) == 1 + len(files)
        longest = os.pathconf("/", "PC_PATH_MAX") - 1
        for key in files:
            assert len(os.path.dirname(key)) <= longest < len(key)
        assert {reject["reason"] for reject in rejects} == {"unreadable"}
        assert all("too long" in reject["detail"] for reject in rejects)
        # Every file whose own path can be said was read.
        assert len(dataset.rows()) == report.as_json()["new"] >= 15


def test_a_folder_that_may_not_be_read_is_one_reject(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "in/a.txt", "in/secret/b.txt", "in/z/c.txt")
    # Root may read everything: the kernel's answer is the mock.
    listed = os.scandir

    def scandir(path: str | int) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    dataset.run(tmp_path / "in")
    (reject,) = dataset.rows("rejects")
    assert reject["reason"] == "unreadable"
    assert reject["key"].endswith("in/secret")
    assert reject["detail"].endswith("Permission denied")
    assert len(dataset.rows()) == 2


def test_the_dataset_is_left_out_whatever_leads_to_it(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt", "in/data/articles/b.txt", "in/database/c.txt")
    (tmp_path / "in/link").symlink_to(tmp_path / "in/data/articles")
    (tmp_path / "in/file.txt").symlink_to(tmp_path / "in/data/articles/b.txt")
    exclude = (str(tmp_path / "in/data"),)
    for pattern in ("in", "in/**", "in/**/*.txt", "in/data/articles/b.txt"):
        found = matched(tmp_path, pattern, exclude=exclude)
        left = ["in/a.txt", "in/database/c.txt"]
        assert found == ([] if "b.txt" in pattern else left), pattern


ODD_NAMES = [
    *("a [1].txt", "q*star.txt", "x#y?.txt", "a!b.txt", "{b}.txt", "50%25.txt"),
    *("back\\slash.txt", "sp ace.txt", "line\nbreak.txt", "日本 – ünï.txt", "-rf.txt"),
    os.fsdecode(b"not \xff utf-8.txt"),
]


def test_names_with_any_character(tmp_path: Path, dataset: Dataset) -> None:
    inbox = tmp_path / "in [b]" / "sub*dir"
    inbox.mkdir(parents=True)
    for number, name in enumerate(ODD_NAMES):
        (inbox / name).write_text(f"The council of Lima voted for bridge {number}.")
    found = [os.path.basename(path) for path in match_files((str(inbox.parent),))]
    assert found == sorted(ODD_NAMES)
    for name in ODD_NAMES:
        assert list(match_files((str(inbox / name),))) == [str(inbox / name)]
    dataset.run(inbox.parent)
    assert len(dataset.rows()) == len(ODD_NAMES)
    assert dataset.rows("rejects") == []


def test_pipes_sockets_and_devices_below_a_folder_are_rejected(
    tmp_path: Path, dataset: Dataset
) -> None:
    tree(tmp_path, "in/a.txt")
    os.mkfifo(tmp_path / "in/pipe")
    (tmp_path / "in/device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "in/socket"))
        dataset.run(tmp_path / "in/**")
    reasons = {Path(r["key"]).name: r["reason"] for r in dataset.rows("rejects")}
    assert reasons == dict.fromkeys(["device", "pipe", "socket"], "not_a_file")
    assert len(dataset.rows()) == 1


def test_a_file_with_two_names_is_one_article(tmp_path: Path, dataset: Dataset) -> None:
    tree(tmp_path, "in/a.txt")
    (tmp_path / "in/b.txt").symlink_to("a.txt")
    (tmp_path / "in/c.txt").hardlink_to(tmp_path / "in/a.txt")
    report = dataset.run(tmp_path / "in")
    assert len(dataset.rows()) == 1
    assert report.as_json()["balanced"]


def test_a_folder_that_was_matched_as_a_file_is_no_file(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    (reject,) = read_file(str(tmp_path), now=now, max_bytes=100)
    assert isinstance(reject, Reject)
    assert reject.reason is Reason.NOT_A_FILE
