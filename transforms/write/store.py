"""Store: files in an object store, or in a folder that is used like one.

A store needs no atomic renaming, only two guarantees.  A file that is written is there
whole or not at all.  If two writers create the same file, only the first succeeds.
Beam's file systems write, read, list and remove, set up by Beam's options.  They lack the
condition for the second guarantee, so the clients that they use are called for it.  For S3
such a client is kept: Beam 2.77 would make a new one for each file, which costs more than
the file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import uuid
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from transforms.fast.beam import options_of
from transforms.write.durable import sync_folder, write_durably
from transforms.write.locations import is_url, local_path

# Whatever a name ends with: nothing is packed or unpacked on the way.
_AS_IS = CompressionTypes.UNCOMPRESSED
_TAKEN = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


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

    How to reach it, Beam knows from its options, in workers too; see :func:`configure`.

    Attributes:
      url: ``s3://bucket/folder``, without a slash at its end.
    """

    url: str

    def path(self, name: str) -> str:
        """Return the name as Beam's file systems take it."""
        local = local_path(self.url)
        return str(local / name) if local else f"{self.url}/{name}"

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole, in the place of one that may be there.

        Raises:
          OSError: When it cannot be written; a client may raise an error of its own instead.
        """
        path = self.path(name)
        if local_path(self.url):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            write_durably(Path(path), data)
        elif path.startswith("s3:"):
            _s3().client.client.put_object(**_place(path), Body=bytes(data))
        else:
            self._write(path, data)

    def _write(self, path: str, data: bytes) -> None:
        with FileSystems.create(path, compression_type=_AS_IS) as file:
            file.write(data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that is not there yet.

        Returns:
          False when there is one already, which stays as it is.
        """
        path = self.path(name)
        if local_path(self.url):
            return _create_local(Path(path), data)
        return (
            _create_s3(path, data)
            if path.startswith("s3:")
            else _create_gcs(path, data)
        )

    def read(self, name: str) -> bytes:
        """Return the contents of a file that is there."""
        path = self.path(name)
        data: bytes
        if path.startswith("s3:"):
            data = _s3().client.client.get_object(**_place(path))["Body"].read()
        else:
            with FileSystems.open(path, compression_type=_AS_IS) as file:
                data = file.read()
        return data

    def exists(self, name: str) -> bool:
        """Return whether a file is there."""
        path = self.path(name)
        if path.startswith("s3:"):
            return _exists_s3(path)
        return bool(FileSystems.exists(path))

    def files(self, folder: str) -> Iterator[Stored]:
        """Yield the files in a folder and in those below it."""
        root = self.path("")
        for path, seconds in _listed(f"{self.path(folder)}/"):
            name = path.removeprefix(root).lstrip("/")
            yield Stored(name, dt.datetime.fromtimestamp(seconds, dt.UTC))

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder and below it, in order."""
        return sorted(file.name for file in self.files(folder))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no error."""
        paths = [self.path(name) for name in names]
        if local_path(self.url):
            for path in paths:
                Path(path).unlink(missing_ok=True)
        elif self.url.startswith("s3:"):
            _s3().delete_files(paths)
        elif paths:
            FileSystems.delete(paths)


def configure(beam_options: Iterable[str]) -> None:
    """Let stores be reached as Beam's options say, before there is a pipeline."""
    _configured[:] = [PipelineOptions(list(beam_options))]
    FileSystems.set_options(_configured[0])


def missing_library(url: str) -> str | None:
    """Return the extra of newsbeam that ``url`` needs and that is not installed."""
    scheme = urlsplit(url).scheme
    try:
        if scheme == "s3":
            import boto3  # noqa: F401, PLC0415 - an extra
        elif scheme == "gs":
            import google.cloud.storage  # noqa: F401, PLC0415 - an extra
    except ImportError:
        return {"s3": "s3", "gs": "gcs"}[scheme]
    return None


def split(url: str) -> tuple[Store, str]:
    """Return a file's URL as a store and a name in it."""
    folder, _, name = url.rpartition("/")
    return Store(folder), name


def put(path: str, data: bytes) -> None:
    """Write a file, by its URL or local path, that is whole or absent."""
    if is_url(path):
        store, name = split(path)
        store.write(name, data)
    else:
        write_durably(Path(path), data)


def fetch(path: str) -> bytes:
    """Return the contents of a file, by its URL or local path."""
    if is_url(path):
        store, name = split(path)
        return store.read(name)
    return Path(path).read_bytes()


def is_there(path: str) -> bool:
    """Return whether a file is there, by its URL or local path."""
    if is_url(path):
        store, name = split(path)
        return store.exists(name)
    return Path(path).exists()


def _create_local(path: Path, data: bytes) -> bool:
    """Create a file atomically: a second name for one that is complete and synced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        write_durably(temporary, data)
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def _listed(prefix: str) -> Iterator[tuple[str, float]]:
    """Yield the paths that begin with ``prefix``, and when they were written."""
    if prefix.startswith("s3:"):
        for path, (_, seconds) in _s3().list_files(prefix, with_metadata=True):
            yield path, seconds
    else:
        for metadata in FileSystems.match([f"{prefix}**"])[0].metadata_list:
            yield metadata.path, metadata.last_updated_in_seconds or 0


_configured = [PipelineOptions([])]


def _beam_options(path: str, name: str) -> PipelineOptions:
    """Return the options by which Beam reaches a store.

    The plain way are those of :func:`configure`, which workers elsewhere have not.
    """
    return options_of(path, name) or _configured[0]


# Beam's options are one object as long as they are the same.
_kept: list[tuple[Any, Any]] = []


def _s3() -> Any:
    """Return Beam's way to S3, as Beam's options say, with a client that is kept."""
    from apache_beam.io.aws.clients.s3.boto3_client import Client  # noqa: PLC0415
    from apache_beam.io.aws.s3io import S3IO  # noqa: PLC0415 - both are an extra

    options = _beam_options("s3://", "_options")
    found = [way for known, way in _kept if known is options]
    if not found:
        found = [S3IO(client=Client(options))]
        _kept[:] = [(options, found[0])]
    return found[0]


def _place(path: str) -> dict[str, str]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _exists_s3(path: str) -> bool:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - an extra

    try:
        # Beam's own question is asked for minutes where there are no credentials.
        _s3().client.client.head_object(**_place(path))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def _create_s3(path: str, data: bytes) -> bool:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - an extra

    client = _s3().client.client
    try:
        client.put_object(**_place(path), Body=data, IfNoneMatch="*")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in _TAKEN:
            return False
        raise
    return True


def _create_gcs(path: str, data: bytes) -> bool:
    from apache_beam.io.gcp.gcsio import GcsIO  # noqa: PLC0415 - an extra
    from google.api_core.exceptions import PreconditionFailed  # noqa: PLC0415

    options = _beam_options(path, "_pipeline_options")
    bucket, _, key = path.removeprefix("gs://").partition("/")
    blob = GcsIO(pipeline_options=options).client.bucket(bucket).blob(key)
    try:
        blob.upload_from_string(data, if_generation_match=0)
    except PreconditionFailed:
        return False
    return True
