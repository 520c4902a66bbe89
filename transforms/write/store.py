"""Store: files in an object store, or in a folder that is used like one.

A store needs no atomic renaming, only one guarantee: a file that is written is there whole
or not at all.  Which files count is the business of the Delta log (:mod:`pipeline.delta`).
pyarrow's file systems write, read, list and remove; credentials are those of the
environment, as the tools of each store know them, on every worker.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from transforms.errors import ConfigError
from transforms.write.durable import write_durably
from transforms.write.locations import is_url, local_path

if TYPE_CHECKING:
    from pyarrow import fs

_PATIENCE = 30.0
"""Seconds without a byte after which a request is given up; those of AWS, 3, are too few
for a server that is busy."""


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """One file that was listed.

    Attributes:
      name: Its name, below the store's URL.
      changed: When it was written.
    """

    name: str
    changed: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Store:
    """A folder by its URL.  Names are relative to it, with slashes.

    Attributes:
      url: ``s3://bucket/folder``, without a slash at its end.
    """

    url: str

    @property
    def filesystem(self) -> fs.FileSystem:
        """Return how pyarrow reaches it."""
        scheme = self.url.partition("://")[0]
        return _filesystem(scheme, endpoint(scheme))

    def path(self, name: str) -> str:
        """Return the name as pyarrow's file system takes it."""
        local = local_path(self.url)
        return str(local / name) if local else f"{self.url.partition('://')[2]}/{name}"

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole, in the place of one that may be there.

        Raises:
          OSError: When it cannot be written.
        """
        path = self.path(name)
        if local_path(self.url):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            write_durably(Path(path), data)
        else:
            # Whatever a name ends with: nothing is packed on the way.
            with self.filesystem.open_output_stream(path, compression=None) as file:
                file.write(data)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return the contents of a file that is there, or a part of them.

        Args:
          name: The file.
          offset: First byte of the part.
          length: Bytes of the part; None for all that follow.

        Raises:
          FileNotFoundError: When it is not there.
        """
        with self.filesystem.open_input_file(self.path(name)) as file:
            file.seek(offset)
            data: bytes = file.read(length)
        return data

    def exists(self, name: str) -> bool:
        """Return whether a file is there."""
        found = self.filesystem.get_file_info(self.path(name))
        return bool(found.is_file)

    def files(self, folder: str) -> Iterator[Stored]:
        """Yield the files in a folder and in those below it."""
        from pyarrow import fs

        root = self.path("").rstrip("/")
        wanted = fs.FileSelector(
            self.path(folder), allow_not_found=True, recursive=True
        )
        for file in self.filesystem.get_file_info(wanted):
            if file.is_file:
                yield Stored(file.path.removeprefix(f"{root}/"), file.mtime)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder and below it, in order."""
        return sorted(file.name for file in self.files(folder))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no error."""
        filesystem = self.filesystem
        paths = [self.path(name) for name in names]
        there = filesystem.get_file_info(paths) if paths else ()
        for file in there:
            if file.is_file:
                filesystem.delete_file(file.path)


# Where the tools of a store are told of another server than the cloud's own.
_ENDPOINTS = {
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURITE_BLOB_STORAGE_URL"),
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}


def endpoint(scheme: str) -> str | None:
    """Return the URL of a server other than the cloud's own, None if none is named."""
    return next(filter(None, map(os.environ.get, _ENDPOINTS.get(scheme, ()))), None)


@functools.lru_cache(maxsize=8)
def _filesystem(scheme: str, server: str | None) -> fs.FileSystem:
    from pyarrow import fs

    if scheme == "file":
        return fs.LocalFileSystem()
    if scheme == "s3":
        # From the URL alone, pyarrow would ask Amazon in which region the bucket is.
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return fs.S3FileSystem(
            endpoint_override=server,
            region=region,
            connect_timeout=_PATIENCE,
            request_timeout=_PATIENCE,
        )
    if scheme == "az":
        return _azure(server)
    found, _ = fs.FileSystem.from_uri(f"{scheme}://newsbeam/newsbeam")
    return found


def _azure(server: str | None) -> fs.FileSystem:
    """Return how pyarrow reaches Azure's store.

    Raises:
      ConfigError: When the environment does not name the account.
    """
    from pyarrow import fs

    account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME")
    if not account:
        raise ConfigError("az://: set AZURE_STORAGE_ACCOUNT_NAME in the environment")
    key = os.environ.get("AZURE_STORAGE_ACCOUNT_KEY")
    if server is None:
        return fs.AzureFileSystem(account, account_key=key)
    # The account stands before the server's name, or else in its path.
    scheme, netloc = urlsplit(server)[:2]
    host = netloc.removeprefix(account) if netloc.startswith(f"{account}.") else netloc
    return fs.AzureFileSystem(
        account,
        account_key=key,
        blob_storage_authority=host,
        blob_storage_scheme=scheme,
        dfs_storage_authority=host,
        dfs_storage_scheme=scheme,
    )


def split(url: str) -> tuple[Store, str]:
    """Return a file's URL as a store and a name in it."""
    folder, _, name = url.rpartition("/")
    return Store(folder), name


def store_of(dataset: str) -> Store:
    """Return a dataset's folder, or its URL, as a store."""
    return Store(
        dataset.rstrip("/") if is_url(dataset) else Path(dataset).absolute().as_uri()
    )


def put(path: str, data: bytes) -> None:
    """Write a file, by its URL or local path, that is whole or absent."""
    if is_url(path):
        store, name = split(path)
        store.write(name, data)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_durably(Path(path), data)


def fetch(path: str, offset: int = 0, length: int | None = None) -> bytes:
    """Return the contents of a file, by its URL or local path; see :meth:`Store.read`."""
    if is_url(path):
        store, name = split(path)
        return store.read(name, offset, length)
    with Path(path).open("rb") as file:
        file.seek(offset)
        return file.read(-1 if length is None else length)


def is_there(path: str) -> bool:
    """Return whether a file is there, by its URL or local path."""
    if is_url(path):
        store, name = split(path)
        return store.exists(name)
    return Path(path).exists()
