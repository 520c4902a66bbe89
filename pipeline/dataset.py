"""Reading a dataset that newsbeam wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from transforms.errors import ConfigError
from transforms.tables import TABLES

# So short a beginning of an id may mean anything.
_MIN_ID = 4


def open_table(dataset: Path, table: str = "articles") -> ds.Dataset:
    """Return one table of a dataset; raises ConfigError where there is none."""
    folder = dataset / table
    if not folder.is_dir():
        raise ConfigError(
            (f"{dataset}: no newsbeam dataset with {table}; give the folder of a run",)
        )
    partitioning = ds.partitioning(pa.schema([("date", pa.date32())]), flavor="hive")
    schema = pa.unify_schemas([TABLES[table], pa.schema([("date", pa.date32())])])
    return ds.dataset(folder, schema=schema, partitioning=partitioning)


def find_article(dataset: Path, article_id: str) -> dict[str, Any]:
    """Return the latest revision of an article.

    Args:
      dataset: The dataset's folder.
      article_id: Its id, or enough of its beginning.

    Raises:
      ConfigError: When no article has it, or several have.
    """
    prefix = article_id.strip().lower()
    if len(prefix) < _MIN_ID:
        raise ConfigError((f"{article_id!r}: give at least {_MIN_ID} digits of an id",))
    rows = (
        open_table(dataset)
        .to_table(filter=pc.starts_with(pc.field("id"), prefix))
        .to_pylist()
    )
    ids = sorted({row["id"] for row in rows})
    if not ids:
        raise ConfigError((f"no article in {dataset} has the id {article_id!r}",))
    if len(ids) > 1:
        raise ConfigError(
            (
                f"{article_id!r} is the beginning of {len(ids)} ids: {', '.join(ids[:5])}",
            )
        )
    return max(rows, key=lambda row: row["revision"])
