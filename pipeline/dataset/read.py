"""Reading a dataset that newsbeam wrote."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from pipeline.state.inventory import files_of
from pipeline.store.commit_log import FORMAT, MARK, committed_files
from transforms.errors import ConfigError, DatasetError
from transforms.tables import TABLES
from transforms.write.locations import is_url, local_path

# What a list of articles shows of each.
_LISTED = [
    *("id", "revision", "published_at", "ingested_at", "language"),
    *("focus_countries", "title"),
]
# So short a beginning of an id may mean anything.
_MIN_ID = 4


def open_table(
    dataset: Path | str,
    table: str = "articles",
    filesystem: fs.FileSystem | None = None,
) -> ds.Dataset:
    """Return one table of a dataset, as its last commit left it.

    Args:
      dataset: Its folder, or its URL in a store.
      table: The table.
      filesystem: How the store is reached, where pyarrow cannot derive it from the URL and
        the environment; the URL stays as it is.

    Raises:
      ConfigError: When there is none.
    """
    if table not in TABLES:
        raise ConfigError(f"no table {table!r}; there are {', '.join(TABLES)}")
    schema = pa.unify_schemas([TABLES[table], pa.schema([("date", pa.date32())])])
    if is_stored(dataset):
        log = _Log(dataset, filesystem)
        files = [file for file in log.committed() if file["table"] == table]
        days = [file["partition"].removeprefix("date=") for file in files]
        return ds.FileSystemDataset.from_paths(
            [log.path(file["path"]) for file in files],
            schema=schema,
            format=ds.ParquetFileFormat(),
            filesystem=log.filesystem,
            partitions=[
                pc.field("date") == pa.scalar(dt.date.fromisoformat(day))
                for day in days
            ],
        )
    folder = Path(dataset) / table
    if not folder.is_dir():
        raise ConfigError(
            f"{dataset}: no newsbeam dataset with {table}; give the folder of a run"
        )
    partitioning = ds.partitioning(pa.schema([("date", pa.date32())]), flavor="hive")
    # Listed here: pyarrow passes over a file that goes between its listing and its look
    # at it, where a compaction exchanges the folder; so opening it fails instead.
    return ds.dataset(
        [str(file) for file in files_of(Path(dataset), table)],
        schema=schema,
        partitioning=partitioning,
        partition_base_dir=str(folder),
    )


def table_files(dataset: Path | str, table: str = "articles") -> list[str]:
    """Return the files of one table, in order: paths, or URLs in a store.

    Args:
      dataset: Its folder, or its URL in a store.
      table: The table.

    Raises:
      ConfigError: When there is none.
    """
    found = open_table(dataset, table)
    if not is_url(dataset):
        return sorted(found.files)
    local = local_path(str(dataset))
    scheme = "" if local else f"{urlsplit(str(dataset)).scheme}://"
    return sorted(f"{scheme}{path}" for path in found.files)


def is_stored(dataset: Path | str) -> bool:
    """Return whether commits are in a log: by its URL, or by a mark in the folder."""
    return is_url(dataset) or (Path(dataset) / MARK).exists()


def local_dataset(dataset: str, command: str) -> Path:
    """Return the folder of a dataset; raises ConfigError where it is in a store."""
    if is_stored(dataset):
        raise ConfigError(
            f"{dataset}: newsbeam {command} works on a local dataset; in a store "
            "only newsbeam run, unbounded, show and files do"
        )
    return Path(dataset)


def _reached(uri: str) -> tuple[fs.FileSystem, str]:
    """Return a file system and a path in it, as the URL and the environment say."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get(
        "AWS_ENDPOINT_URL"
    )
    if uri.startswith("s3://") and endpoint:
        # From the URL alone, pyarrow would ask Amazon in which region the bucket is.
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        filesystem = fs.S3FileSystem(endpoint_override=endpoint, region=region)
        return filesystem, uri.removeprefix("s3://")
    found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(uri)
    return found


class _Log:
    """The commit log of a dataset in a store, as pyarrow's file systems show it."""

    def __init__(
        self, dataset: Path | str, filesystem: fs.FileSystem | None = None
    ) -> None:
        where = str(dataset).rstrip("/")
        local = local_path(where) if is_url(where) else Path(dataset).absolute()
        try:
            if filesystem is not None:
                self.filesystem = filesystem
                self._root = str(local or where.partition("://")[2])
            else:
                uri = local.as_uri() if local else where
                self.filesystem, self._root = _reached(uri)
            is_there = self.exists(MARK)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ConfigError(f"{dataset}: cannot be read: {error}") from error
        if not is_there:
            raise ConfigError(f"{dataset}: no newsbeam dataset; give one of a run")

    def path(self, name: str) -> str:
        """Return a name as the file system takes it."""
        return f"{self._root}/{name}"

    def read(self, name: str) -> bytes:
        """Return the contents of a file that is there."""
        with self.filesystem.open_input_file(self.path(name)) as file:
            content: bytes = file.read()
        return content

    def exists(self, name: str) -> bool:
        """Return whether a file is there."""
        found = self.filesystem.get_file_info(self.path(name))
        return bool(found.type == fs.FileType.File)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, in order."""
        wanted = fs.FileSelector(
            self.path(folder), allow_not_found=True, recursive=True
        )
        return sorted(
            file.path.removeprefix(f"{self._root}/")
            for file in self.filesystem.get_file_info(wanted)
            if file.type == fs.FileType.File
        )

    def committed(self) -> list[dict[str, Any]]:
        """Return every file that is committed."""
        if json.loads(self.read(MARK))["format"] > FORMAT:
            raise ConfigError(f"{self._root}: is of a newer newsbeam: use that one")
        return committed_files(self)


def latest_articles(dataset: Path | str, count: int) -> list[dict[str, Any]]:
    """Return the articles that were published last, the latest first.

    Args:
      dataset: The dataset's folder, or its URL.
      count: How many at most.

    Raises:
      ConfigError: When there is no dataset.
    """
    table = open_table(dataset)
    days = {
        ds.get_partition_keys(part.partition_expression)["date"]
        for part in table.get_fragments()
    }
    found: dict[str, dict[str, Any]] = {}
    # Day by day: of a large dataset only the last ones are read.
    for day in sorted(days, reverse=True):
        if len(found) >= count:
            break
        wanted = pc.field("date") == pa.scalar(day, pa.date32())
        rows = table.to_table(_LISTED, filter=wanted).to_pylist()
        for row in sorted(rows, key=_by_time, reverse=True):
            known = found.get(row["id"])
            if known is None or known["revision"] < row["revision"]:
                found[row["id"]] = row
    return list(found.values())[:count]


def _by_time(row: dict[str, Any]) -> tuple[dt.datetime, int]:
    return row["published_at"] or row["ingested_at"], row["revision"]


def find_article(dataset: Path | str, article_id: str) -> dict[str, Any]:
    """Return the latest revision of an article.

    Args:
      dataset: The dataset's folder, or its URL.
      article_id: Its id, or enough of its beginning.

    Raises:
      ConfigError: When no article has it, or several have.
      DatasetError: When a file of the dataset cannot be read.
    """
    prefix = article_id.strip().lower()
    if len(prefix) < _MIN_ID:
        raise ConfigError(f"{article_id!r}: give at least {_MIN_ID} digits of an id")
    table = open_table(dataset)
    try:
        rows = table.to_table(filter=pc.starts_with(pc.field("id"), prefix)).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{dataset} cannot be read: {error}") from error
    ids = sorted({row["id"] for row in rows})
    if not ids:
        raise ConfigError(f"no article in {dataset} has the id {article_id!r}")
    if len(ids) > 1:
        raise ConfigError(
            f"{article_id!r} is the beginning of {len(ids)} ids: {', '.join(ids[:5])}"
        )
    return max(rows, key=lambda row: row["revision"])
