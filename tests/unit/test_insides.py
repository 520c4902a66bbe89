"""Parts of dependencies that are not promised: where they are used, and without them."""

from __future__ import annotations

import ast
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import apache_beam as beam
import pytest
from apache_beam.runners.worker import statesampler
from apache_beam.utils.counters import CounterFactory
from kit import ROOT

from transforms.fast.beam import stop_sampling, use_folder
from transforms.fast.insides import warn_once

# They begin with an underscore and are documented: of named tuples, os and lxml.
_DOCUMENTED = {"_asdict", "_fields", "_make", "_replace", "_exit", "_Element"}
_ASKS = {"getattr", "setattr", "hasattr", "delattr", "attrgetter"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """The modules that may not use what is private: all but those of ``fast``."""
    for package in ("pipeline", "transforms"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.parent.name not in {"data", "fast"}:
                yield path, ast.parse(path.read_text())


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in _DOCUMENTED


def private_uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The private names of others that a module reads, besides those of annotations."""
    nodes = list(ast.walk(tree))
    told = {
        id(part)
        for node in nodes
        for field in ("annotation", "returns")
        if (note := getattr(node, field, None)) is not None
        for part in ast.walk(note)
    }
    for node in nodes:
        if isinstance(node, ast.Attribute) and id(node) not in told:
            owner = node.value
            is_ours = isinstance(owner, ast.Name) and owner.id in {"self", "cls"}
            if is_private(node.attr) and not is_ours:
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            words = [*(node.module or "").split("."), *(a.name for a in node.names)]
            yield from ((node.lineno, word) for word in words if is_private(word))
        elif isinstance(node, ast.Import):
            words = [word for a in node.names for word in a.name.split(".")]
            yield from ((node.lineno, word) for word in words if is_private(word))
        elif isinstance(node, ast.Call):
            asks = ast.unparse(node.func).rpartition(".")[2] in _ASKS
            first = ast.unparse(node.args[0]) if node.args else ""
            for word in node.args if asks and first not in {"self", "cls"} else ():
                if isinstance(word, ast.Constant) and is_private(str(word.value)):
                    yield node.lineno, str(word.value)


@pytest.mark.parametrize(
    "line",
    [
        "x = root._part",
        "root._part()",
        "from library import _part",
        "from library._part import x",
        "import library._part",
        "getattr(root, '_part', None)",
        "operator.attrgetter('_part')",
    ],
)
def test_a_private_part_of_another_is_seen(line: str) -> None:
    assert [name for _, name in private_uses(ast.parse(line))]


def test_private_parts_of_others_are_used_in_one_folder_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path, tree in sources()
        for line, name in private_uses(tree)
    ]
    assert found == []


def test_no_class_reaches_into_a_library_that_it_inherits_from() -> None:
    found = []
    for kind in classes():
        foreign = [base for base in kind.__mro__[1:] if not is_ours(base)]
        used = {
            node.attr
            for node in ast.walk(ast.parse(inspect.getsource(kind)))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in {"self", "cls"}
        }
        # Methods that stand in for the library's own count too.
        names = {name for name in used | set(written(kind)) if is_private(name)}
        found += [
            f"{kind.__module__}.{kind.__name__}.{name}"
            for name in sorted(names)
            if any(name in vars(base) for base in foreign)
        ]
    assert found == []


def classes() -> Iterator[type]:
    """The classes of ours that inherit from a library's."""
    for package in ("pipeline", "transforms"):
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            parts = set(found.name.split("."))
            if parts & {"data", "fast", "preload", "__main__", "sample", "start"}:
                continue
            module = importlib.import_module(found.name)
            for kind in vars(module).values():
                if inspect.isclass(kind) and kind.__module__ == found.name:
                    yield kind


def is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in {"pipeline", "transforms"}


def written(kind: type) -> list[str]:
    """The methods that stand in the source of a class; an enumeration has others."""
    return [
        name
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and value.__module__ == kind.__module__
    ]


# Beam


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSBEAM_PLAIN", raising=False)
    warn_once.cache_clear()


@pytest.mark.parametrize(("plain", "is_ours"), [("0", True), ("1", False)])
def test_a_pipeline_keeps_its_files_in_our_folder_or_in_its_own(
    plain: str, *, is_ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSBEAM_PLAIN", plain)
    root = beam.Pipeline()
    made = Path(root.local_tempdir)
    use_folder(root, str(tmp_path))
    assert (root.local_tempdir == str(tmp_path)) is is_ours
    assert made.exists() is not is_ours


def test_a_beam_without_that_folder_is_left_alone(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    use_folder(SimpleNamespace(), "folder")
    assert "no empty local_tempdir" in caplog.text
    # One that has something in it already, too.
    (tmp_path / "kept").touch()
    full = SimpleNamespace(local_tempdir=str(tmp_path))
    use_folder(full, "folder")
    assert full.local_tempdir == str(tmp_path)
    assert (tmp_path / "kept").exists()


def test_what_changed_in_beam_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        use_folder(SimpleNamespace(), "folder")
    assert caplog.text.count("no empty local_tempdir") == 1


@pytest.fixture
def sampler() -> Iterator[statesampler.StateSampler]:
    one = statesampler.StateSampler("test", CounterFactory())
    statesampler.set_current_tracker(one)
    one.start()
    yield one
    if not one.finished:
        one.stop()
    statesampler.set_current_tracker(None)


@pytest.mark.parametrize("plain", ["0", "1"])
def test_a_forgotten_sampler_is_stopped(
    plain: str, sampler: statesampler.StateSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSBEAM_PLAIN", plain)
    stop_sampling()
    assert sampler.finished is (plain == "0")


def test_a_sampler_of_another_kind_is_left_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(statesampler, "get_current_tracker", lambda: None)
    stop_sampling()
    assert not caplog.text
    monkeypatch.setattr(statesampler, "get_current_tracker", object)
    stop_sampling()
    assert "sampler cannot be stopped" in caplog.text
