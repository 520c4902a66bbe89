"""The Dockerfile: what it says, and its lines run in a folder instead of an image."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from kit import ROOT, SEED

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
# The folders of the image that its lines write to.
FOLDERS = ("/opt/newsbeam", "/usr/share/doc/newsbeam", "/data")


def instructions() -> list[tuple[str, str]]:
    """Return what the Dockerfile says, line by line."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def said(name: str) -> list[str]:
    return [rest.strip() for found, rest in instructions() if found == name]


def test_the_image_is_what_the_schedules_name() -> None:
    (label,) = said("LABEL")
    assert f'image.version="{VERSION}"' in label
    text = (ROOT / "configs/schedule/cronjob.yaml").read_text()
    pod = yaml.safe_load(text)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == f"newsbeam:{VERSION}"
    assert (
        f"docker build --tag {container['image']} ."
        in (ROOT / "Dockerfile").read_text()
    )
    # Kubernetes refuses a user that it cannot tell from root.
    user, group = said("USER")[-1].split(":")
    assert int(user) == pod["securityContext"]["runAsUser"] > 0
    assert int(group) == pod["securityContext"]["runAsGroup"] > 0


def test_nothing_private_or_built_goes_into_the_image() -> None:
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    ignored = [
        line.strip("/")
        for line in (ROOT / ".gitignore").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    for name in (".git", *ignored):
        assert f"{name}/" in patterns or f"**/{name}/" in patterns, name


def left_out(folder: str, names: list[str]) -> set[str]:
    """Return what .dockerignore leaves out of a folder."""
    patterns = (ROOT / ".dockerignore").read_text().split("\n")
    everywhere = [p[3:].strip("/") for p in patterns if p.startswith("**/")]
    at_top = [p.strip("/") for p in patterns if p and p[0] not in "#*"]
    here = everywhere + (at_top if Path(folder) == ROOT else [])
    return {name for name in names if any(fnmatch.fnmatch(name, p) for p in here)}


class Prefix:
    """A folder that stands for the image's root: its Dockerfile's lines run below it."""

    def __init__(self, root: Path, work: Path) -> None:
        self.root = root
        self.folder = "/"
        # No compiler, as in the image.
        self.environment = os.environ | {"CC": "/bin/false", "CXX": "/bin/false"}
        self.environment["HOME"] = str(root / "data")
        self.source = work / "context"
        shutil.copytree(ROOT, self.source, ignore=left_out)

    def moved(self, text: str) -> str:
        for folder in FOLDERS:
            text = re.sub(rf"(?<![\w/.]){folder}\b", f"{self.root}{folder}", text)
        return text

    def here(self) -> Path:
        path = self.root / self.folder.lstrip("/")
        path.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", self.moved(command)],
            cwd=self.here(),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def copy(self, words: list[str]) -> None:
        *sources, target = words
        into = self.here() / target
        for source in sources:
            if (self.source / source).is_dir():
                shutil.copytree(self.source / source, into, dirs_exist_ok=True)
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.source / source, into / Path(source).name)

    def build(self) -> None:
        for name, rest in instructions():
            if name == "WORKDIR":
                self.folder = rest
            elif name == "COPY":
                self.copy(shlex.split(rest))
            elif name == "ENV":
                key, _, value = shlex.split(rest)[0].partition("=")
                value = self.moved(value)
                for known, found in self.environment.items():
                    value = value.replace(f"${known}", found)
                self.environment[key] = value
            elif name == "RUN" and not rest.startswith("useradd "):
                self.run(rest)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_its_lines_make_a_newsbeam_that_reads(tmp_path: Path) -> None:
    (base,) = said("FROM")
    python = re.fullmatch(r"python:(3\.\d+)-slim", base)
    assert python is not None
    found = shutil.which(f"python{python[1]}")
    if found is None:
        pytest.skip(f"no Python {python[1]} here, which the image has")
    prefix = Prefix(tmp_path / "root", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(found)
    path = prefix.environment["PATH"]
    prefix.environment["PATH"] = f"{tmp_path / 'bin'}:{path}"
    prefix.environment.pop("PYTHONPATH", None)
    prefix.build()
    # What came along has its licences with it.
    notices = {
        str(path.relative_to(prefix.root / "usr/share/doc/newsbeam"))
        for path in (prefix.root / "usr/share/doc/newsbeam").rglob("*")
        if path.is_file()
    }
    assert "LICENSE" in notices
    assert any("GeoNames" not in name and "enrich/data" in name for name in notices)
    assert any(name.startswith("pyarrow-") for name in notices)
    # Its entry point as it is exec'd, with the arguments of a pod.
    (entry,), (usual,) = map(said, ("ENTRYPOINT", "CMD"))
    text = tmp_path / "in" / Path(SEED).name
    text.parent.mkdir()
    shutil.copyfile(ROOT / SEED, text)
    config = tmp_path / "newsbeam.toml"
    config.write_text(
        f'[source]\nfiles = ["{text.parent}"]\n'
        f'[output]\npath = "{prefix.root}/data/news"\n'
    )
    prefix.folder = said("WORKDIR")[-1]
    command = shlex.join([*json.loads(entry), "run", str(config), "--run-id", "slot-1"])
    prefix.run(command)
    report = prefix.root / "data/news/_runs/slot-1/report.json"
    assert json.loads(report.read_text())["new"] == 1
    # What it does by default, for one round, and healthy meanwhile.
    arguments = [
        word.replace("/etc/newsbeam/newsbeam.toml", str(config))
        for word in json.loads(usual)
    ]
    _ask_while_it_runs(prefix, [*json.loads(entry), *arguments])


def _ask_while_it_runs(prefix: Prefix, command: list[str]) -> None:
    (health,) = said("HEALTHCHECK")
    check = shlex.join(json.loads(health.partition(" CMD ")[2] or health[4:]))
    with subprocess.Popen(
        command,
        cwd=prefix.here(),
        env=prefix.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        healthy = 1
        while healthy:
            assert process.poll() is None, process.stderr and process.stderr.read()
            healthy = subprocess.run(
                ["/bin/sh", "-c", check],
                env=prefix.environment,
                stderr=subprocess.DEVNULL,
                check=False,
            ).returncode
        process.terminate()
        process.communicate()
        assert process.returncode == 0
