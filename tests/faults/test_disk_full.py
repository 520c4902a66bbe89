"""A disk that is really full, in each phase: a clear message, and the next run mends."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit import ROOT, SEED, Dataset

from pipeline.dataset import publish
from pipeline.dataset.publish import BatchFolder
from pipeline.state.database import State
from transforms.errors import ConfigError, RunError
from transforms.write import parquet
from transforms.write import staging as write

TEXT = (ROOT / SEED).read_text()
SIZE_KB = 1_024
# The phase, by the call before which the disk fills up.
PHASES: dict[str, tuple[object, str]] = {
    "staging": (write, "stage_file"),
    "sealing": (parquet, "put"),
    "committing": (BatchFolder, "commit"),
    "publishing": (publish, "_make_folders"),
    "recording": (State, "record"),
}
COMMITTED = {"publishing", "recording"}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(path)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)  # noqa: S607


def fill(disk: Path) -> None:
    """Leave not a byte."""
    with (disk / "ballast").open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def test_a_table_on_another_file_system_is_found_before_work_starts(
    disk: Path, dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    dataset.path.mkdir()
    (dataset.path / "articles").symlink_to(disk)
    with pytest.raises(ConfigError, match="another file system"):
        dataset.run(tmp_path / "a.txt")
    assert list(dataset.path.glob("_runs/*")) == []


@pytest.mark.parametrize("how", ["link", "bind"])
def test_runs_on_another_file_system_are_found_before_work_starts(
    how: str, disk: Path, dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    runs = dataset.path / "_runs"
    dataset.path.mkdir()
    if how == "link":
        runs.symlink_to(disk)
    else:
        # The same file system in another place: nothing is renamed between the two.
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        runs.mkdir()
        subprocess.run(["mount", "--bind", elsewhere, runs], check=True)  # noqa: S607
    try:
        with pytest.raises(ConfigError, match="another file system"):
            dataset.run(tmp_path / "a.txt")
        assert list(runs.glob("*")) == []
        assert list(dataset.path.glob("articles")) == []
    finally:
        if how == "bind":
            subprocess.run(["umount", runs], check=True)  # noqa: S607


@pytest.mark.parametrize(
    "phase",
    [
        # One before the commit and one after it; the others are slow.
        name
        if name in {"staging", "publishing"}
        else pytest.param(name, marks=pytest.mark.slow)
        for name in PHASES
    ],
)
def test_a_full_disk_is_reported_and_repaired(
    phase: str, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = Dataset(disk / "out")
    source = tmp_path / "in"
    source.mkdir()
    (source / "0.txt").write_text(TEXT)
    settings = ('enrich.entities.models={fr = ""}',)
    dataset.run(source, settings=settings)
    for number in range(1, 40):
        (source / f"{number}.txt").write_text(f"{TEXT}\n\nNuméro {number}.")
    owner, name = PHASES[phase]
    original: Callable[..., object] = getattr(owner, name)

    def filled(*arguments: object, **options: object) -> object:
        fill(disk)
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, filled)
        with pytest.raises(RunError, match=r"the disk under .* is full") as told:
            dataset.run(source, settings=settings)
    assert "\n" not in str(told.value)
    # Old or complete, never in between.
    assert len(dataset.rows()) in ({1, 40} if phase in COMMITTED else {1})
    (disk / "ballast").unlink()
    report = dataset.run(source, settings=settings)
    assert len(dataset.rows()) == 40
    assert bool(report.recovered) == (phase in COMMITTED)
    assert list(dataset.path.glob("_runs/*/*/staging")) == []
