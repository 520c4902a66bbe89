"""One run: lock, recover, flow, commit, publish, record, report."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import logging
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from filelock import FileLock, Timeout

import pipeline
from pipeline import graph, sample_server
from pipeline.config import Config
from pipeline.progress import Progress
from pipeline.publish import RUNS, RunFolder, recover
from pipeline.report import Report, tally_articles
from pipeline.state import State, open_state
from transforms.errors import ConfigError, LockedError, NewsbeamError, RunError
from transforms.records import Stage, Stamp
from transforms.stage import LIVE
from transforms.web import Web

log = logging.getLogger(__name__)

# Beam 2.77 makes of "DirectRunner" another runner by the network's mood and the
# pipeline's shape; newsbeam means this one by it.
_IN_PROCESS = "FnApiRunner"
_DIRECT = {"directrunner", "fnapirunner"}


def run(
    config: Config,
    *,
    run_id: str | None = None,
    beam_options: Sequence[str] = (),
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Do one bounded run and return its report.

    Args:
      config: What to read, how to work, where to write.
      run_id: Name of the run; a retry under the same name writes the same files.
      beam_options: Options for Beam, as on its command line.
      now: The time that the run takes for now.
      progress: Shows the work while it is done.

    Raises:
      ConfigError: When the output cannot be written to.
      LockedError: When another run works on the dataset.
      RunError: When the flow failed; nothing was committed then.
    """
    started = time.monotonic()
    now = now or dt.datetime.now(dt.UTC)
    stamp = Stamp(run_id or new_run_id(now), pipeline.__version__, now)
    dataset = config.output.path
    check_writable(dataset)
    with locked(dataset), contextlib.closing(open_state(dataset)) as state:
        recovered = recover(dataset, state)
        for line in recovered:
            log.warning(line)
        folder = RunFolder(dataset, stamp.run_id)
        with _failures_told(folder):
            folder.prepare()
            with sample_server.serving(config.fetch.serve) as addresses:
                web = Web(config.fetch, stamp.version, now, state.memory(), addresses)
                counters = _flow(config, folder, stamp, web, beam_options, progress)
            _check_rejects(config, counters)
            folder.commit()
            return _finish(folder, state, stamp, counters, started, tuple(recovered))


def new_run_id(now: dt.datetime) -> str:
    """Return a run id that sorts by time: ``20261124T034510Z-1a2b``."""
    return f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"


def check_writable(dataset: Path) -> None:
    """Make the dataset's folder; raises ConfigError where nothing can be written."""
    try:
        (dataset / RUNS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=dataset / RUNS):
            pass
    except OSError as error:
        raise ConfigError(
            (
                f"output.path: cannot write to {str(dataset)!r}: {error.strerror}; "
                "choose another folder with --output",
            )
        ) from error


@contextlib.contextmanager
def locked(dataset: Path) -> Iterator[None]:
    """Hold the dataset's lock; the kernel frees it when the process dies."""
    lock = FileLock(dataset / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run is writing to {dataset}; wait for it, or give this run "
            "another --output"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _failures_told(folder: RunFolder) -> Iterator[None]:
    """Clean up after a failure, and say in one line what it means for the dataset."""
    try:
        yield
    except BaseException as error:
        committed = folder.manifest.exists() and folder.staging.exists()
        if not committed:
            folder.discard()
        if isinstance(error, NewsbeamError) or not isinstance(error, Exception):
            raise
        log.debug("the run failed", exc_info=True)
        state = (
            "it is committed and the next run will finish it"
            if committed
            else "nothing was committed"
        )
        if _is_disk_full(error):
            raise RunError(
                f"the disk under {folder.dataset} is full; {state}: make room and run "
                "again"
            ) from error
        raise RunError(
            f"the run failed ({type(error).__name__}: {error}); {state}; "
            "--log-level debug tells more"
        ) from error


def _is_disk_full(error: BaseException | None) -> bool:
    # Beam raises errors again without their number, the first one as their cause.
    while error is not None:
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _flow(
    config: Config,
    folder: RunFolder,
    stamp: Stamp,
    web: Web,
    beam_options: Sequence[str],
    progress: Progress | None,
) -> dict[str, dict[str, int]]:
    """Run the graph and return its counters."""
    LIVE.clear()
    root = beam.Pipeline(options=_options(config, beam_options))
    graph.build(root, config, folder, stamp, web)
    with progress or contextlib.nullcontext():
        result = root.run()
        result.wait_until_finish()
    return _counters(result)


def is_direct(runner: str) -> bool:
    """Tell whether ``runner`` names the in-process runner."""
    return runner.lower() in _DIRECT


def _options(config: Config, beam_options: Sequence[str]) -> PipelineOptions:
    runner = _IN_PROCESS if is_direct(config.run.runner) else config.run.runner
    return PipelineOptions([f"--runner={runner}", *beam_options])


def _counters(result: Any) -> dict[str, dict[str, int]]:
    stages = {stage.value for stage in Stage}
    counters: dict[str, dict[str, int]] = defaultdict(dict)
    for counter in result.metrics().query()["counters"]:
        metric = counter.key.metric
        if metric.namespace in stages:
            found = counters[metric.namespace]
            found[metric.name] = found.get(metric.name, 0) + counter.result
    return dict(counters)


def _check_rejects(config: Config, counters: dict[str, dict[str, int]]) -> None:
    rejected = sum(
        value
        for stage in counters.values()
        for name, value in stage.items()
        if name.startswith("rejected-")
    )
    offered = sum(
        value
        for stage in (Stage.READ, Stage.FEEDS, Stage.PAGES)
        for name, value in counters.get(stage.value, {}).items()
        if name.startswith("rejected-") or (name == "out" and stage != Stage.FEEDS)
    )
    if offered and rejected / offered > config.run.max_reject_rate:
        raise RunError(
            f"{rejected} of {offered} were rejected, more than run.max_reject_rate = "
            f"{config.run.max_reject_rate} allows; nothing was committed"
        )


def _finish(
    folder: RunFolder,
    state: State,
    stamp: Stamp,
    counters: dict[str, dict[str, int]],
    started: float,
    recovered: tuple[str, ...],
) -> Report:
    published = folder.publish(state)
    rows, files = folder.published()
    languages, countries, unserved = tally_articles(
        [path for path in published if path.is_relative_to(folder.dataset / "articles")]
    )
    report = Report(
        run_id=stamp.run_id,
        started=stamp.at,
        seconds=time.monotonic() - started,
        counters=counters,
        rows=rows,
        files=files,
        languages=languages,
        countries=countries,
        unserved=unserved,
        dataset=folder.dataset,
        recovered=recovered,
    )
    report.save(folder.report)
    return report
