"""DuckDB, Polars, pandas and pyarrow, as their users open a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds


def readers(folder: Path) -> list[Callable[[], list[str]]]:
    """Return what reads the ids of all articles of a dataset, a reader each."""
    glob = f"{folder}/articles/**/*.parquet"
    query = f"SELECT id FROM read_parquet('{glob}')"  # noqa: S608

    def in_duckdb() -> list[str]:
        return [row[0] for row in duckdb.connect().execute(query).fetchall()]

    def in_polars() -> list[str]:
        try:
            return pl.scan_parquet(glob).select("id").collect()["id"].to_list()
        # Which is no Exception, and would end the thread that reads.
        except pl.exceptions.PanicException as error:
            raise RuntimeError(str(error)) from error

    def in_pandas() -> list[str]:
        return pd.read_parquet(folder / "articles", columns=["id"])["id"].to_list()

    def in_arrow() -> list[str]:
        return ds.dataset(folder / "articles").to_table(["id"])["id"].to_pylist()

    return [in_duckdb, in_polars, in_pandas, in_arrow]
