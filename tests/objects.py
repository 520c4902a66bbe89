"""Servers of stores on this machine, and datasets in stores to write to and read."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from kit import ROOT
from moto.server import ThreadedMotoServer
from pyarrow import fs

from pipeline.configuration.config import load
from pipeline.dataset.read import open_table, table_parts
from pipeline.delta.log import DeltaTables
from pipeline.reports.report import Report
from pipeline.run import run
from transforms.write.store import Store

KEY, SECRET, REGION = "tester", "secret", "us-east-1"
BUCKET = "news"


@dataclasses.dataclass(frozen=True)
class Server:
    """An S3 server that is there, with an empty bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that AWS's own tools know."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name=REGION,
        )


@contextmanager
def served() -> Iterator[Server]:
    """Serve S3 on a free port of 127.0.0.1."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        found = Server(f"http://{host}:{port}")
        found.client().create_bucket(Bucket=BUCKET)
        yield found
    finally:
        server.stop()


AZURITE = ROOT / "build" / "azurite" / "node_modules" / ".bin" / "azurite-blob"
# Those are Azurite's own, in its documentation.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
    "/K1SZFPTOtr/KBHBeksoGMGw=="
)


@contextmanager
def azure() -> Iterator[dict[str, str]]:
    """Serve Azure's store on a free port of 127.0.0.1, with an empty container.

    Gives the variables that Azure's own tools know.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listens = ("--blobHost", "127.0.0.1", "--blobPort", str(port))
    server = subprocess.Popen(
        # Newer clients than it knows are no reason to refuse, nor is a closed network.
        [
            *(AZURITE, *listens, "--inMemoryPersistence"),
            *("--skipApiVersionCheck", "--disableTelemetry"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert any("successfully listens" in line for line in server.stdout)
        authority = f"127.0.0.1:{port}"
        files = fs.AzureFileSystem(
            ACCOUNT,
            account_key=ACCOUNT_KEY,
            blob_storage_authority=authority,
            blob_storage_scheme="http",
            dfs_storage_authority=authority,
            dfs_storage_scheme="http",
        )
        files.create_dir(BUCKET)
        yield {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
            "AZURE_STORAGE_USE_EMULATOR": "true",
            "AZURITE_BLOB_STORAGE_URL": f"http://{authority}",
        }
    finally:
        server.kill()
        server.communicate()


def use(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment point to the server, and to nothing of the machine's own."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


class Stored:
    """A dataset in a store."""

    def __init__(self, url: str, state: Path) -> None:
        self.url = url
        self.state = state
        self.store = Store(url)
        self.tables = DeltaTables(self.store)

    def flags(self, *files: str | Path) -> dict[str, dict[str, Any]]:
        return {
            "source": {"files": tuple(str(file) for file in files)},
            "output": {"path": self.url, "state": str(self.state)},
            "pool": {"processes": 0},
        }

    def run(
        self, *files: str | Path, settings: tuple[str, ...] = (), **options: Any
    ) -> Report:
        return run(load(None, settings, self.flags(*files)), **options)

    def rows(self, table: str = "articles") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = open_table(self.url, table).to_table().to_pylist()
        return rows

    def data(self) -> list[str]:
        """Return the files of all tables, be they committed or not."""
        tables = ("articles", "rejects", "fetches")
        return sorted(
            name
            for table in tables
            for name in self.store.names(table)
            if "/_delta_log/" not in name
        )

    def versions(self, table: str = "articles") -> int:
        """Return how many commits a table has, besides those that made it."""
        names = self.store.names(f"{table}/_delta_log")
        return sum(name.endswith(".json") for name in names) - 2

    def named(self) -> list[str]:
        """Return the files of all tables that are committed."""
        return sorted(
            name
            for table in ("articles", "rejects", "fetches")
            for name, _ in table_parts(self.url, table)
        )


OF_THE_RUN = {"run_id", "ingested_at", "fetched_at"}


def brief(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows without what differs from run to run, in an order of their own."""
    kept = [{k: v for k, v in row.items() if k not in OF_THE_RUN} for row in rows]
    return sorted(json.dumps(row, default=str) for row in kept)
