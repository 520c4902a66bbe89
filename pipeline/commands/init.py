"""The command ``init``: a configuration to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import named


def init(
    folder: Annotated[
        Path,
        typer.Argument(
            # Some versions of typer hand the default over, too: a path.
            parser=lambda value: Path(named(str(value))),
            metavar="FOLDER",
            help="Folder to write to; this one by default.",
        ),
    ] = Path(),
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="A sample of feeds and pages that runs without a network."
        ),
    ] = False,
) -> None:
    """Write a commented newsbeam.toml to start from; nothing is overwritten.

    newsbeam run, stream and check take it from the folder that they are called in.
    """
    from pipeline.sample import folder as sample

    written = (sample.write_offline if offline else sample.write_start)(folder)
    config = folder / sample.CONFIG
    others = f", and {len(written) - 1} files of the sample" if offline else ""
    typer.echo(f"written: {config}{others}")
    steps = "newsbeam run" if offline else "newsbeam check && newsbeam run"
    if folder.resolve() != Path.cwd():
        steps = f"cd {shlex.quote(str(folder))} && {steps}"
    if not offline:
        typer.echo("edit it: list feeds and set fetch.contact")
    typer.echo(f"then:    {steps}")
