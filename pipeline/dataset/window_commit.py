"""Window commit: firings of windows, in; published files, out.  The writer of a stream.

Each firing is a batch of the run (:mod:`pipeline.dataset.publish`) and its manifest the commit:
an engine that commits a firing twice finds the manifest and goes on from there, and a
start after a crash publishes what has one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pipeline.dataset.publish import RunFolder
from pipeline.state.database import State
from pipeline.state.inventory import FILE_NAME
from pipeline.stories.assign import Assignment, assign_firing
from transforms.write.parquet import write_seal
from transforms.write.window_write import Firing, merge


def commit(
    firing: Firing, run: RunFolder, compression_level: int, days: int = 0
) -> int:
    """Merge, commit and publish the files of a firing; repeatable at any point.

    Args:
      firing: What was staged.
      run: The run that it belongs to.
      compression_level: zstd level.
      days: Days between two articles of one story, at most; 0 looks for no stories.

    Returns:
      How many rows the firing has.

    Raises:
      OSError: When a file is gone or cannot be written.
      RunError: When a file that was committed is neither staged nor published.
    """
    batch = run.batch(firing.number)
    assignment = Assignment([])
    if not batch.manifest.exists():
        batch.discard()
        batch.prepare()
        staging = batch.staging.absolute()
        files = merge(
            firing, staging, prefix=run.run_id, compression_level=compression_level
        )
        with contextlib.closing(State(run.dataset / FILE_NAME)) as state:
            assignment = assign_firing(
                firing, files, state, run.run_id, staging, compression_level, days
            )
        write_seal(assignment.files, str(batch.seal))
        batch.commit(inputs=assignment.noted(firing.inputs), counters={})
    if batch.staging.exists():
        with contextlib.closing(State(run.dataset / FILE_NAME)) as state:
            batch.publish(state)
            assignment.forget(state)
    for file in firing.files:
        Path(file.path).unlink(missing_ok=True)
    return firing.rows
