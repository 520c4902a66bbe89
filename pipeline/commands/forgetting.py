"""The command that takes articles out of a dataset: ``forget``."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands import options


def forget(
    dataset: options.Dataset,
    wanted: Annotated[
        list[str],
        typer.Argument(
            metavar="ID|URL…",
            help="Ids of articles, as newsbeam show lists them, or their URLs.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go.")
    ] = False,
    log_level: options.Level = options.LogLevel.WARNING,
    log_format: options.LogLines = options.LogFormat.PLAIN,
) -> None:
    """Take articles out of every table, the kept pages and the index, for good.

    Hashes of what they go by stay in the table forgotten, so that no run reads them
    again. Of Delta tables the earlier versions go too: time travel ends here.
    """
    options.configure_logs(log_level, log_format)
    with options.loading():
        from pipeline.reports.terminal import console
        from pipeline.upkeep.forget import forget as take_out

    console().print(take_out(dataset, wanted, dry_run=dry_run), soft_wrap=True)
