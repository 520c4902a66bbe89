"""The command ``unbounded``: feeds polled on an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands import options

if TYPE_CHECKING:
    from pipeline.reports.report import Report


def unbounded(
    context: typer.Context,
    runner: Annotated[
        str, typer.Option(metavar="NAME", help="PrismRunner, FlinkRunner, …")
    ],
    config: options.ConfigFile = None,
    feeds: options.Feeds = None,
    output: options.Output = None,
    overrides: options.Overrides = None,
    run_id: options.RunId = None,
    duration: options.Duration = None,
    log_level: options.Level = options.LogLevel.WARNING,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Poll feeds on an engine until stopped, in one unbounded Beam pipeline.

    SIGTERM ends the poll and commits what was listed by then. Options that newsbeam
    does not know go to Beam. What it needs, and when: docs/scaling.md.
    """
    options.configure_logs(log_level, log_format)
    from pipeline.configuration.config import load
    from pipeline.reports.terminal import console
    from pipeline.unbounded import run_unbounded

    flags: dict[str, dict[str, Any]] = options.source_flags(None, feeds, output)
    flags["run"] = {"runner": runner}
    done = run_unbounded(
        load(options.config_here(config, None, feeds), overrides or (), flags),
        run_id=run_id,
        beam_options=context.args,
        run_for=options.span(duration) if duration else None,
    )
    console().print(_summary(done), soft_wrap=True)


def _summary(done: Report) -> str:
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
