"""Reading a dataset that newsbeam wrote."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.delta.log import FIRST, LOG, DeltaTables, in_a_line, missing_library
from pipeline.state.inventory import RUNS, files_of
from transforms.errors import ConfigError, DatasetError
from transforms.tables import TABLES
from transforms.write.locations import is_url
from transforms.write.store import store_of

if TYPE_CHECKING:
    import pyarrow.dataset as ds


@contextlib.contextmanager
def readable(dataset: Path | str) -> Iterator[None]:
    """Say in one line that a dataset cannot be read.

    Args:
      dataset: Its folder, or its URL.

    Raises:
      DatasetError: When a file of it cannot be read meanwhile.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{dataset} cannot be read: {in_a_line(error)}") from error


def delta_tables(dataset: Path | str) -> DeltaTables | None:
    """Return the Delta tables of a dataset, None for one in plain files.

    Args:
      dataset: Its folder, or its URL.

    Raises:
      ConfigError: When the library that reads them is not installed.
    """
    if not is_url(dataset) and not (Path(dataset) / FIRST / LOG).is_dir():
        return None
    store = store_of(str(dataset))
    url = store.url
    extra = missing_library(url)
    if extra is not None:
        raise ConfigError(f"{dataset} needs: pip install 'newsbeam[{extra}]'")
    return DeltaTables(store)


def check_there(dataset: Path | str) -> None:
    """Raise ConfigError where a folder is no dataset.

    Args:
      dataset: The folder.
    """
    if not any((Path(dataset) / name).is_dir() for name in (RUNS, *TABLES)):
        raise ConfigError(f"{dataset}: no newsbeam dataset; give the folder of a run")


def open_table(
    dataset: Path | str, table: str = "articles", *, since: dt.datetime | None = None
) -> ds.Dataset:
    """Return one table of a dataset, as its last commit left it.

    One that no run has written to is empty: rejects, where none was rejected.

    Args:
      dataset: Its folder, or its URL in a store.
      table: The table.
      since: Leave out the files that were not changed since then: none of their rows is of
        a later time, and of thousands of files each takes time.

    Raises:
      ConfigError: When there is no such table, or no dataset.
    """
    # It imports pandas, where that is installed.
    import pyarrow.dataset as ds

    if table not in TABLES:
        raise ConfigError(f"no table {table!r}; there are {', '.join(TABLES)}")
    schema = pa.unify_schemas([TABLES[table], pa.schema([("date", pa.date32())])])
    tables = delta_tables(dataset)
    if tables is not None:
        found = _delta_table(tables, table, schema)
        return found if since is None else _changed_since(found, since)
    folder = Path(dataset) / table
    check_there(dataset)
    files = files_of(Path(dataset), table)
    if since is not None:
        files = [file for file in files if file.stat().st_mtime >= since.timestamp()]
    partitioning = ds.partitioning(pa.schema([("date", pa.date32())]), flavor="hive")
    # Listed here: pyarrow passes over a file that goes between its listing and its look
    # at it, where a compaction exchanges the folder; so opening it fails instead.
    return ds.dataset(
        [str(file) for file in files],
        schema=schema,
        partitioning=partitioning,
        partition_base_dir=str(folder),
    )


def _delta_table(tables: DeltaTables, table: str, schema: pa.Schema) -> ds.Dataset:
    import pyarrow.dataset as ds

    url = tables.store.url
    try:
        if not tables.is_there():
            raise ConfigError(f"{url}: no newsbeam dataset; give one of a run")
        _, files = tables.files(table)
        filesystem = tables.store.filesystem
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ConfigError(f"{url}: cannot be read: {in_a_line(error)}") from error
    days = [file.partition.removeprefix("date=") for file in files]
    return ds.FileSystemDataset.from_paths(
        [tables.store.path(file.name) for file in files],
        schema=schema,
        format=ds.ParquetFileFormat(),
        filesystem=filesystem,
        partitions=[
            ds.field("date") == pa.scalar(dt.date.fromisoformat(day)) for day in days
        ],
    )


def _changed_since(table: ds.Dataset, moment: dt.datetime) -> ds.Dataset:
    import pyarrow.dataset as ds

    parts = list(table.get_fragments())
    if not parts:
        return table
    system = parts[0].filesystem
    found = system.get_file_info([part.path for part in parts])
    return ds.FileSystemDataset(
        [
            part
            for part, info in zip(parts, found, strict=True)
            # What is gone says so when it is read.
            if info.mtime is None or info.mtime >= moment
        ],
        table.schema,
        parts[0].format,
        filesystem=system,
    )


def table_parts(
    dataset: Path | str, table: str
) -> list[tuple[str, ds.ParquetFileFragment]]:
    """Return the files of one table, in order, each with its name below the dataset.

    Args:
      dataset: Its folder, or its URL in a store.
      table: The table.

    Raises:
      ConfigError: When there is none.
    """
    parts = open_table(dataset, table).get_fragments()
    named = (("/".join(part.path.split("/")[-3:]), part) for part in parts)
    return sorted(named, key=lambda pair: pair[0])


def table_files(dataset: Path | str, table: str = "articles") -> list[str]:
    """Return the files of one table, in order: paths, or URLs in a store.

    Args:
      dataset: Its folder, or its URL in a store.
      table: The table.

    Raises:
      ConfigError: When there is none.
    """
    if table in TABLES and delta_tables(dataset) is None:
        check_there(dataset)
        return [str(file) for file in files_of(Path(dataset), table)]
    found = open_table(dataset, table)
    scheme, separator, _ = str(dataset).partition("://")
    is_remote = separator and scheme != "file"
    return sorted(f"{scheme}://{path}" if is_remote else path for path in found.files)
