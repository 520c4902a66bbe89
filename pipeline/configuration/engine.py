"""The options that an engine is given, whichever command hands it a pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions

# Prism 2.77 splits a bundle that takes long between any two of its elements, and frees
# the keys of what it splits off although the rest of the bundle may have the same ones
# (``splitBundle`` in its elementmanager.go).  Then two bundles hold one key, neither
# sees what the other writes into its state, and dedup lets an article pass twice.  This
# is Prism's own way of not splitting; other engines do not know it and pass it over.
_WHOLE_BUNDLES = "--experiments=prism_disable_sdf_split"


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
