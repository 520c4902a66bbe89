"""Runners: which there are, known without Beam, whose names they are."""

from __future__ import annotations

import importlib

KNOWN = (
    *("DataflowRunner", "BundleBasedDirectRunner", "DirectRunner"),
    *("SwitchingDirectRunner", "InteractiveRunner", "FlinkRunner", "FnApiRunner"),
    *("KafkaStreamsRunner", "PortableRunner", "PrismRunner", "SparkRunner"),
    *("TestDirectRunner", "TestDataflowRunner"),
)
"""The runners that Beam 2.77 has names for (``StandardOptions.KNOWN_RUNNER_NAMES``)."""
_DIRECT = {"directrunner", "fnapirunner"}


def is_direct(runner: str) -> bool:
    """Return whether ``runner`` names the in-process runner."""
    return runner.lower() in _DIRECT


def runner_problem(name: str) -> str | None:
    """Return what is wrong with the name of a runner; None where Beam finds it.

    Args:
      name: As Beam takes it: a name of its own in any case, with or without ``runner`` at
        its end, or a class with its module, which is imported.
    """
    names = {runner.lower() for runner in KNOWN}
    if {name.lower(), f"{name.lower()}runner"} & names:
        return None
    module, _, kind = name.rpartition(".")
    if module:
        try:
            getattr(importlib.import_module(module), kind)
        except (AttributeError, ImportError, TypeError, ValueError):
            return "there is no such runner to import"
        return None
    listed = ", ".join(runner for runner in KNOWN if not runner.startswith("Test"))
    return f"not a runner; known: {listed}"
