"""The options that an engine is given, whichever command hands it a pipeline."""

from __future__ import annotations

import os
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions

# Prism 2.77 splits a bundle that takes long between any two of its elements, and frees
# the keys of what it splits off although the rest of the bundle may have the same ones
# (``splitBundle`` in its elementmanager.go).  Then two bundles hold one key, neither
# sees what the other writes into its state, and dedup lets an article pass twice.  This
# is Prism's own way of not splitting; other engines do not know it and pass it over.
_WHOLE_BUNDLES = "--experiments=prism_disable_sdf_split"
# What gRPC asks no proxy for; where it is not there, it reads the second.
_NO_PROXY, _NO_PROXY_OF_ALL = "no_grpc_proxy", "no_proxy"
_HERE = "localhost,127.0.0.1"


def engine_options(
    runner: str, own: Sequence[str], beam_options: Sequence[str]
) -> PipelineOptions:
    """Return the options for a pipeline on an engine, and let gRPC reach it.

    An engine and its workers meet at ports of this machine.  gRPC would ask the proxy of
    the environment for them, and wait for ever.

    Args:
      runner: The engine, as Beam names it.
      own: What the command needs.
      beam_options: What the user said; wins over ``own``, and experiments add up.
    """
    spared = os.environ.get(_NO_PROXY) or os.environ.get(_NO_PROXY_OF_ALL) or ""
    if _HERE not in spared:
        os.environ[_NO_PROXY] = ",".join(filter(None, (spared, _HERE)))
    return PipelineOptions([f"--runner={runner}", _WHOLE_BUNDLES, *own, *beam_options])
