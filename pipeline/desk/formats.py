"""Formats: how an answer is written, for people and for programs."""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime as dt
import itertools
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.desk.forms import Format
from pipeline.desk.query import QueryResult
from transforms.errors import ConfigError, RunError
from transforms.text.strings import one_line
from transforms.write.durable import sync_folder

MOST_ROWS = 1000
"""Rows of a table for people."""
# Characters of a cell on a terminal; of a column, where columns are side by side.
_CELL, _LEAST, _GAP = 500, 10, 2
# Control characters that JSON leaves as they are: some terminals obey those of C1.
_CONTROLS = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


@contextlib.contextmanager
def output(path: Path | None, *, mark: bool = False) -> Iterator[TextIO]:
    """Open where text goes: stdout, or a file that is whole or as it was before.

    A link stays one: what it leads to is written.  A device or a pipe is written as it
    is, never replaced.

    Args:
      path: The file; None or ``-`` for stdout.
      mark: Begin with the mark of UTF-8, by which spreadsheets know it.

    Raises:
      ConfigError: When the file cannot be made.
      RunError: When it cannot be written.
    """
    if path is None or str(path) == "-":
        if mark:
            sys.stdout.write("\ufeff")
        yield sys.stdout
        return
    place = Path(os.path.realpath(path))
    try:
        if path.is_dir():
            raise ConfigError(f"{path} cannot be written: it is a folder")
        is_special = path.exists() and not path.is_file()
        part = path if is_special else _part_of(place)
        file = part.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with file:
            yield file
            file.flush()
            if not is_special:
                os.fsync(file.fileno())
        if not is_special:
            part.replace(place)
            sync_folder(place.parent)
    except BrokenPipeError:
        # Who read from a pipe has left with what it wanted.
        pass
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        if not is_special:
            part.unlink(missing_ok=True)


def _part_of(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}.part")


def write(answer: QueryResult, form: Format, out: TextIO, printer: Console) -> None:
    """Write an answer.

    Args:
      answer: What was found.
      form: How.
      out: Where to.
      printer: Prints tables for people there.

    Raises:
      ConfigError: When a terminal would get Parquet.
    """
    if form is Format.TABLE:
        _table(answer, printer)
        return
    writers: Mapping[Format, Callable[[QueryResult, TextIO], None]] = {
        Format.CSV: _csv,
        Format.JSON: _json,
        Format.JSONL: _json_lines,
        Format.MARKDOWN: _markdown,
        Format.PARQUET: _parquet,
    }
    writers[form](answer, out)


def cell(value: Any) -> str:
    """Return a value as text: lists and structs as JSON, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple):
        return as_json(value)
    return str(_plain(value))


def as_json(value: Any) -> str:
    """Return a value as JSON on one line, without what would steer a terminal."""
    text = json.dumps(_finite(value), ensure_ascii=False, default=_plain)
    return text.translate(_CONTROLS)


def _plain(value: Any) -> Any:
    """Return a value of a type that JSON lacks as one that it has."""
    if isinstance(value, dt.datetime):
        moment = (
            value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        )
        return moment.isoformat() + ("Z" if value.tzinfo else "")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        # Sums of integers among them.
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, int | float) else str(value)


def _finite(value: Any) -> Any:
    """Return a value with null for the numbers that JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def _shown(value: Any) -> str:
    """Return a value on one line, short, without what would steer a terminal."""
    text = one_line(cell(value)[: 2 * _CELL]) or ""
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


def _csv(answer: QueryResult, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.names)
    show = _shown if out.isatty() else cell
    writer.writerows(map(show, row) for row in answer.rows())


def _json(answer: QueryResult, out: TextIO) -> None:
    before = "[\n"
    for line in _objects(answer):
        out.write(f"{before}{line}")
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")


def _json_lines(answer: QueryResult, out: TextIO) -> None:
    out.writelines(f"{line}\n" for line in _objects(answer))


def _objects(answer: QueryResult) -> Iterator[str]:
    for row in answer.rows():
        yield as_json(dict(zip(answer.names, row, strict=True)))


def _markdown(answer: QueryResult, out: TextIO) -> None:
    _markdown_line(answer.names, out)
    out.write(f"|{'---|' * len(answer.names)}\n")
    for row in answer.rows():
        _markdown_line(row, out)


def _markdown_line(row: Sequence[Any], out: TextIO) -> None:
    cells = (
        _shown(value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
        for value in row
    )
    out.write(f"| {' | '.join(cells)} |\n")


def _parquet(answer: QueryResult, out: TextIO) -> None:
    import pyarrow.parquet as pq

    if out.isatty():
        raise ConfigError("--format parquet: name a file with -o, or use a pipe")
    try:
        writer = pq.ParquetWriter(out.buffer, answer.schema, compression="zstd")
    except pa.ArrowNotImplementedError as error:
        raise ConfigError(
            "--format parquet: a column has a type that Parquet lacks, an INTERVAL say; "
            "cast it"
        ) from error
    with writer:
        for batch in _merged(answer.batches):
            writer.write_table(batch)


def _merged(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield batches as tables that make row groups of a sensible size."""
    while found := list(itertools.islice(batches, 16)):
        yield pa.Table.from_batches(found)


def _table(answer: QueryResult, printer: Console) -> None:
    rows = list(itertools.islice(answer.rows(), MOST_ROWS + 1))
    shown = [[_shown(value) for value in row] for row in rows[:MOST_ROWS]]
    if len(answer.names) * _LEAST > printer.width and shown:
        for number, row in enumerate(shown, 1):
            printer.print(_upright(answer.names, row, number))
    else:
        printer.print(_side_by_side(answer, shown, printer.width))
    if len(rows) > MOST_ROWS:
        printer.print(f"the first {MOST_ROWS:,} rows; another --format has all")


def _side_by_side(
    answer: QueryResult, rows: Sequence[Sequence[str]], width: int
) -> Table:
    view = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    heads = [one_line(name) or "" for name in answer.names]
    wanted = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    most = _most(wanted, width - _GAP * len(heads))
    for head, needed, field in zip(heads, wanted, answer.schema, strict=True):
        is_number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        view.add_column(
            Text(head),
            justify="right" if is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            # Left to itself, rich cuts all columns by as much, short ones to nothing.
            width=max(1, min(needed, most)),
        )
    for row in rows:
        view.add_row(*map(Text, row))
    return view


def _most(wanted: Sequence[int], room: int) -> int:
    """Return to what width columns are cut, the widest first, so that all have room."""
    limits = range(max(wanted, default=1), 1, -1)
    return next((one for one in limits if sum(min(w, one) for w in wanted) <= room), 1)


def _upright(names: Sequence[str], row: Sequence[str], number: int) -> Table:
    """Return a row of many columns, a line for each that has a value."""
    view = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    view.add_column(style="dim", no_wrap=True)
    view.add_column(overflow="fold")
    view.add_row(Text("row"), Text(str(number)))
    for name, value in zip(names, row, strict=True):
        if value:
            view.add_row(Text(one_line(name) or ""), Text(value))
    view.add_row("", "")
    return view
