"""The wheel: installed at the lower bounds that the project promises, in an empty folder.

It takes minutes and the package index; the newest versions are for ``make canary``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from kit import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]

# The pip that the first release of each Python brings.
FIRST_PIP = {"3.11": "22.3", "3.12": "23.2.1", "3.13": "24.2"}


def python(version: str) -> str | None:
    """Return where a Python of this version is installed, None if none is."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [
        str(path) for path in pyenv.glob(f"versions/{version}.*/bin/python{version}")
    ]
    on_path = shutil.which(f"python{version}")
    for candidate in (*found, on_path):
        # A shim of pyenv is there for versions that are not chosen, too.
        if (
            candidate
            and not subprocess.run(
                [candidate, "-c", ""], capture_output=True, check=False
            ).returncode
        ):
            return candidate
    return None


def run(*command: str | Path, cwd: Path) -> str:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "NEWSBEAM_", "VIRTUAL_ENV", "UV_"))
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, made from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("built")
    build = f"""
import os
from hatchling import build
os.chdir({str(ROOT)!r})
build.build_wheel({str(folder)!r})
build.build_sdist({str(folder)!r})
"""
    run(sys.executable, "-c", build, cwd=folder)
    return folder


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_sdist_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    (sdist,) = built.glob("*.tar.gz")
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
        *("--no-build-isolation", "--wheel-dir", tmp_path, sdist),
        cwd=tmp_path,
    )
    (again,) = tmp_path.glob("*.whl")
    assert contents(again) == contents(wheel)


@pytest.fixture(scope="module", params=FIRST_PIP)
def installed(
    request: pytest.FixtureRequest,
    built: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The ``bin`` of an environment with the wheel at its lower bounds."""
    version = request.param
    base = python(version)
    if base is None:
        pytest.skip(f"no Python {version} here")
    folder = tmp_path_factory.mktemp(f"python{version}")
    (wheel,) = built.glob("*.whl")
    bounds = folder / "lowest.txt"
    run(
        *(Path(sys.executable).with_name("uv"), "pip", "compile", "--quiet"),
        *("--resolution", "lowest-direct", "--python-version", version),
        *("--no-header", "--no-annotate", "--output-file", bounds),
        ROOT / "pyproject.toml",
        cwd=folder,
    )
    run(base, "-m", "venv", folder / "venv", cwd=folder)
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet")
    run(*pip, f"pip=={FIRST_PIP[version]}", cwd=folder)
    run(*pip, "--constraint", bounds, wheel, cwd=folder)
    return programs


def test_the_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    newsbeam = installed / "newsbeam"
    run(newsbeam, "init", "--offline", cwd=tmp_path)
    told = run(newsbeam, "run", cwd=tmp_path)
    assert re.search(r"^new +51 articles", told, re.MULTILINE), told
    (opening,) = re.findall(r"^open it +(.*)$", told, re.MULTILINE)
    programs = f"{installed}{os.pathsep}{os.environ['PATH']}"
    shell = ("env", f"PATH={programs}", *shlex.split(opening))
    assert "Fourteen-hour chess final" in run(*shell, cwd=tmp_path)
    assert "[fetch]" in run(newsbeam, "check", cwd=tmp_path)
    assert "Harbour Post" in run(newsbeam, "status", "data/offline", cwd=tmp_path)
    (first, *_) = run(newsbeam, "files", "data/offline", cwd=tmp_path).splitlines()
    read = f"import pyarrow.parquet as pq; print(pq.read_table({first!r})['id'][0])"
    article = run(installed / "python", "-c", read, cwd=tmp_path).strip()
    assert article in run(newsbeam, "show", "data/offline", article, cwd=tmp_path)
    run(newsbeam, "init", tmp_path / "mine", cwd=tmp_path)
    assert "nothing to read" in run(
        *("sh", "-c", f"cd mine && {newsbeam} check 2>&1 >check.toml"), cwd=tmp_path
    )


def test_bad_usage_is_one_line_with_the_click_of_this_typer(
    installed: Path, tmp_path: Path
) -> None:
    for words in ("rnu", "compact", "run --set", "run --max-reject-rate 2"):
        done = subprocess.run(
            [installed / "newsbeam", *words.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert run(installed / "newsbeam", cwd=tmp_path) == run(
        installed / "newsbeam", "-h", cwd=tmp_path
    )
