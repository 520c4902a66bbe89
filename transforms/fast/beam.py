"""What newsbeam uses of Beam that Beam does not promise to keep, in Beam 2.76 and 2.77.

Each has a plain way, without which nothing is missing from a dataset.  It is taken where
the switch (:mod:`transforms.fast.insides`) says so, and with a warning where Beam has
changed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from apache_beam.runners.worker import statesampler

from transforms.fast.insides import permitted, warn_once

if TYPE_CHECKING:
    import apache_beam as beam


def use_folder(root: beam.Pipeline, folder: str) -> None:
    """Let a pipeline keep its files in ``folder``.

    Beam has no other way to name one.  The one that it makes is empty, and a killed run
    would leave it to nobody.  The plain way leaves the pipeline with its own.
    """
    if not permitted():
        return
    made = getattr(root, "local_tempdir", None)
    try:
        if made is None:
            raise FileNotFoundError
        os.rmdir(made)
    except OSError:
        warn_once(
            "Beam's pipeline has no empty local_tempdir: it keeps its files elsewhere"
        )
    else:
        root.local_tempdir = folder


def stop_sampling() -> None:
    """Stop the thread that samples what this one is at, where Beam has not.

    Beam forgets it when it is interrupted while it starts it; Python would wait for it for
    ever.  The plain way leaves it to Beam.
    """
    if not permitted():
        return
    sampler = statesampler.get_current_tracker()
    if sampler is None:
        return
    try:
        if not sampler.finished:
            sampler.stop()
    except AttributeError:
        warn_once(
            "Beam's sampler cannot be stopped: an interrupted run may wait for it"
        )
