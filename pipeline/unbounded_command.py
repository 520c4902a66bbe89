"""What ``newsbeam unbounded`` does, once the command line is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.command import check_run_id
from pipeline.config import load
from pipeline.duration import span
from pipeline.report import Report
from pipeline.terminal import console
from pipeline.unbounded import run_unbounded


def unbounded(
    *,
    config: Path | None,
    runner: str,
    feeds: Sequence[str],
    output: str | None,
    overrides: Sequence[str],
    run_id: str | None,
    duration: str | None,
    beam_options: Sequence[str],
) -> None:
    """Run the unbounded pipeline, and say what it did."""
    flags: dict[str, dict[str, Any]] = {"run": {"runner": runner}}
    if feeds:
        flags["source"] = {"files": (), "feeds": tuple(feeds), "opml": None}
    if output is not None:
        flags["output"] = {"path": output}
    check_run_id(run_id)
    run_for = span(duration) if duration is not None else None
    settings = load(config, overrides, flags)
    done = run_unbounded(
        settings, run_id=run_id, beam_options=beam_options, run_for=run_for
    )
    console().print(told(done), soft_wrap=True)


def told(done: Report) -> str:
    """Return what an unbounded pipeline did, for a person."""
    rows = (f"{table} {done.rows[table]:,}" for table in sorted(done.rows))
    rejected = done.counters.rejected
    reasons = (f"{reason} {rejected[reason]:,}" for reason in sorted(rejected))
    return "\n".join(
        (
            f"Run {done.run_id}",
            *(f"repaired         {line}" for line in done.recovered),
            f"polled for       {done.seconds:,.0f} s",
            f"new rows         {', '.join(rows) or 'none'}",
            f"new files        {sum(done.files.values()):,}",
            f"rejected         {', '.join(reasons) or 'none'}",
            *(f"                 {reject}" for reject in done.first_rejects),
            f"waiting          {sum(done.still_waiting.values()):,}",
            f"dataset          {done.dataset}/articles",
        )
    )
