"""The options that an engine is given, whichever command hands it a pipeline."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

# Prism 2.77 splits a bundle that takes long between any two of its elements, and frees
# the keys of what it splits off although the rest of the bundle may have the same ones
# (``splitBundle`` in its elementmanager.go).  Then two bundles hold one key, neither
# sees what the other writes into its state, and dedup lets an article pass twice.  This
# is Prism's own way of not splitting; other engines do not know it and pass it over.
_WHOLE_BUNDLES = "--experiments=prism_disable_sdf_split"


def runner_problem(name: str) -> str | None:
    """Return what is wrong with the name of a runner; None where Beam finds it.

    Args:
      name: As Beam takes it: a name of its own in any case, with or without ``runner`` at
        its end, or a class with its module, which is imported.
    """
    known = StandardOptions.KNOWN_RUNNER_NAMES
    names = {runner.lower() for runner in known}
    if {name.lower(), f"{name.lower()}runner"} & names:
        return None
    module, _, kind = name.rpartition(".")
    if module:
        try:
            getattr(importlib.import_module(module), kind)
        except (AttributeError, ImportError, TypeError, ValueError):
            return "there is no such runner to import"
        return None
    listed = ", ".join(runner for runner in known if not runner.startswith("Test"))
    return f"not a runner; known: {listed}"


def engine_options(
    runner: str, own: Sequence[str], beam_options: Sequence[str]
) -> PipelineOptions:
    """Return the options for a pipeline on an engine.

    Args:
      runner: The engine, as Beam names it.
      own: What the command needs.
      beam_options: What the user said; wins over ``own``, and experiments add up.
    """
    return PipelineOptions([f"--runner={runner}", _WHOLE_BUNDLES, *own, *beam_options])
