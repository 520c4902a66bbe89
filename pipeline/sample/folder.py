"""The sample that comes with newsbeam, and what to start from: ``newsbeam init``.

In a checkout the files lie where they belong; a wheel carries them beside this module.
"""

from __future__ import annotations

from pathlib import Path

from transforms.errors import ConfigError

CONFIG = "newsbeam.toml"
"""The configuration that a command takes from its folder when none is named."""
_START = "configs/start.toml"
_OFFLINE = "configs/offline.toml"
_CONFIGS = ("golden", "offline", "stream", "world")
_SEED = "seeds/000_cf868ebdfe4297f0.txt"
# What the tests compare the sample with is nobody else's business.
_EXPECTED = "expected.jsonl"
_SHOWN = 5


def write_start(folder: Path) -> list[Path]:
    """Write a configuration to start from; return what was written.

    Args:
      folder: Folder to write to; made if it is not there.

    Raises:
      ConfigError: When there is one, or it cannot be written.
    """
    return _write(folder, {CONFIG: (_root() / _START).read_bytes()})


def write_offline(folder: Path) -> list[Path]:
    """Write the sample that runs without a network; return what was written.

    Args:
      folder: Folder to write to; made if it is not there.

    Raises:
      ConfigError: When any of its files is there, or cannot be written.
    """
    root = _root()
    offline = (root / _OFFLINE).read_text(encoding="utf-8")
    files = {
        CONFIG: offline.replace(f"newsbeam run {_OFFLINE}", "newsbeam run").encode()
    }
    paths = [root / "configs" / f"{name}.toml" for name in _CONFIGS]
    paths += [root / _SEED]
    paths += [
        path
        for path in sorted((root / "seeds" / "offline").rglob("*"))
        if path.is_file() and path.name != _EXPECTED
    ]
    files |= {str(path.relative_to(root)): path.read_bytes() for path in paths}
    return _write(folder, files)


def _root() -> Path:
    """Return the folder that holds ``configs`` and ``seeds``."""
    here = Path(__file__).resolve().parent
    return here if (here / "configs").is_dir() else here.parents[1]


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    paths = [folder / name for name in files]
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(str(path) for path in there[:_SHOWN])
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise ConfigError(
            f"{names}{more}: already there, and nothing is overwritten; name another "
            "folder: newsbeam init FOLDER"
        )
    try:
        for path, content in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
    except OSError as error:
        where = error.filename or folder
        raise ConfigError(f"{where}: cannot be written: {error.strerror}") from error
    return paths
