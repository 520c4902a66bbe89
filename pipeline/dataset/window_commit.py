"""Window commit: firings of windows, in; published files, out.  The writer of a stream.

Each firing is a batch of the run (:mod:`pipeline.dataset.publish`) and its manifest the commit:
an engine that commits a firing twice finds the manifest and goes on from there, and a
start after a crash publishes what has one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path

from pipeline.dataset.publish import RunFolder
from pipeline.state.database import FILE_NAME, State
from transforms.write.durable import write_durably
from transforms.write.window_write import Firing, merge


def commit(firing: Firing, run: RunFolder, compression_level: int) -> int:
    """Merge, commit and publish the files of a firing; repeatable at any point.

    Args:
      firing: What was staged.
      run: The run that it belongs to.
      compression_level: zstd level.

    Returns:
      How many rows the firing has.

    Raises:
      OSError: When a file is gone or cannot be written.
      RunError: When a file that was committed is neither staged nor published.
    """
    batch = run.batch(firing.number)
    if not batch.manifest.exists():
        batch.discard()
        batch.prepare()
        files = merge(
            firing,
            batch.staging.absolute(),
            prefix=run.run_id,
            compression_level=compression_level,
        )
        listed = [dataclasses.asdict(file) for file in files]
        write_durably(batch.seal, json.dumps(listed, indent=1).encode())
        batch.commit(inputs=firing.inputs, counters={})
    if batch.staging.exists():
        with contextlib.closing(State(run.dataset / FILE_NAME)) as state:
            batch.publish(state)
    for file in firing.files:
        Path(file.path).unlink(missing_ok=True)
    return firing.rows
