"""Delta tables that were damaged: said in one line, and nothing is written twice."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit import NEWSBEAM, ROOT, SEED

TEXT = (ROOT / SEED).read_text()
COUNT = "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM versions"


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [NEWSBEAM, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done


class Set:
    """A dataset of two runs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "set"
        self.inbox = folder / "in"

    def run(self) -> subprocess.CompletedProcess[str]:
        return call(
            *("run", "--files", self.inbox / "*.txt", "--output", self.folder),
            *("--set", "output.format=delta", "--set", 'enrich.entities.models.fr=""'),
        )

    def add(self, name: str) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / f"{name}.txt").write_text(f"{TEXT}\n\n{name}.")

    def last(self) -> int:
        return max(int(path.stem) for path in self.log(0).parent.glob("0*.json"))

    def log(self, version: int, table: str = "articles") -> Path:
        return self.folder / table / "_delta_log" / f"{version:020d}.json"

    def parquet(self) -> Path:
        return next((self.folder / "articles").glob("date=*/*.parquet"))

    def counted(self) -> str:
        return call("sql", self.folder, COUNT, "--format", "csv").stdout


def truncate(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def lose_the_index(found: Set) -> None:
    shutil.rmtree(found.folder / "_state")


def spoil_the_index(found: Set) -> None:
    (found.folder / "_state" / "state.sqlite").write_bytes(b"junk" * 5_000)


def cut_the_index(found: Set) -> None:
    truncate(found.folder / "_state" / "state.sqlite", 30_000)


def lose_a_later_commit(found: Set) -> None:
    found.log(1, "fetches").unlink(missing_ok=True)
    found.log(2, "stories").unlink(missing_ok=True)


def spoil_the_hint(found: Set) -> None:
    (found.log(0).parent / "_last_checkpoint").write_text("garbage")


def add_a_stranger(found: Set) -> None:
    shutil.copy(found.parquet(), found.parquet().with_name("stranger.parquet"))


REPAIRED = (
    *(lose_the_index, spoil_the_index, cut_the_index),
    *(lose_a_later_commit, spoil_the_hint, add_a_stranger),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Set:
    found = Set(tmp_path_factory.mktemp("made"))
    for name in ("Numéro 0", "Numéro 1"):
        found.add(name)
        assert found.run().returncode == 0
    return found


@pytest.fixture
def found(made: Set, tmp_path: Path) -> Iterator[Set]:
    # The index belongs to the place that it was made for.
    shutil.move(made.folder.parent, tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", made.folder.parent)
    yield made
    shutil.rmtree(made.folder.parent)
    shutil.move(tmp_path / "kept", made.folder.parent)


@pytest.mark.slow
def test_what_is_repaired(found: Set) -> None:
    for damage in REPAIRED:
        damage(found)
        done = found.run()
        assert done.returncode == 0, (damage, done.stderr)
        assert found.counted() == "n,ids\n2,2\n", damage


def cut_a_file(found: Set) -> None:
    truncate(found.parquet(), 2_000)


def lose_a_file(found: Set) -> None:
    found.parquet().unlink()


def lose_a_commit(found: Set) -> None:
    found.log(1).unlink()


def cut_a_commit(found: Set) -> None:
    truncate(found.log(2), 200)


def mislead_the_hint(found: Set) -> None:
    hint = found.log(0).parent / "_last_checkpoint"
    hint.write_text('{"version":999,"size":3}')


@pytest.mark.parametrize(
    "damage", [cut_a_file, lose_a_file, lose_a_commit, cut_a_commit, mislead_the_hint]
)
@pytest.mark.slow
def test_what_is_said_of_what_cannot_be_read(
    found: Set, damage: Callable[[Set], None]
) -> None:
    damage(found)
    for command in (("sql", COUNT), ("stats",), ("show",)):
        done = call(command[0], found.folder, *command[1:])
        assert done.returncode != 0
        (line,) = done.stderr.splitlines()
        assert "cannot be read" in line


@pytest.mark.slow
def test_commits_that_are_gone_end_the_run(found: Set) -> None:
    last = found.last()
    found.log(last).unlink()
    found.add("Nouveau")
    done = found.run()
    assert done.returncode == 1, done.stderr
    said = f"the commits after {last - 1} are gone, and the index has seen {last}"
    assert said in done.stderr
    lose_the_index(found)
    assert found.run().returncode == 0
    assert found.counted() == "n,ids\n3,3\n"


@pytest.mark.slow
def test_a_table_that_an_earlier_release_did_not_make_is_empty(found: Set) -> None:
    shutil.rmtree(found.folder / "waiting")
    query = "SELECT id FROM articles LIMIT 1"
    article = json.loads(call("sql", found.folder, query, "--format", "jsonl").stdout)
    asked = ("forget", found.folder, article["id"], "--dry-run")
    # It was there when the index looked: that is damage.
    gone = call(*asked)
    assert gone.returncode == 1
    assert "all commits are gone" in gone.stderr
    assert "restore them, or delete the index" in gone.stderr
    lose_the_index(found)
    for arguments in (asked, ("status", found.folder), ("stories", found.folder)):
        done = call(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
    # A run makes it.
    found.add("Numéro 2")
    assert found.run().returncode == 0
    assert found.counted() == "n,ids\n3,3\n"
    assert call(*asked).returncode == 0
    # What the last batch has brought is lost with its table.
    lose_the_index(found)
    shutil.rmtree(found.folder / "stories")
    gone = call(*asked)
    assert (gone.returncode, gone.stderr.count("\n")) == (1, 1)
