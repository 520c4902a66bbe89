"""How to write Parquet: ``python -m tests.benchmarks.writing DATASET`` prints a table.

Takes the articles of a dataset, repeats them under other ids to the size of a compacted
month, and writes them as one file with each compression level, size of row groups and
order; then measures, in turns, how large it is, how long it took, and how long DuckDB
takes for four queries that an analyst asks.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

QUERIES = {
    "count": "SELECT language, count(*) FROM {table} GROUP BY ALL",
    "countries": (
        "SELECT published_at::DATE, country, count(*) "
        "FROM (SELECT published_at, unnest(country_codes) AS country FROM {table}) GROUP BY ALL"
    ),
    "words": "SELECT count(*) FROM {table} WHERE text ILIKE '%minister%'",
    "one": "SELECT title, text FROM {table} WHERE id = '{id}'",
}
"""What is asked of the file, by the column of the table."""
ORDERS = {
    "time": ["published_at", "id", "revision"],
    "language, time": ["language", "published_at", "id"],
    "id": ["id", "revision"],
}
"""Columns to sort by."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """One way to write."""

    level: int = 3
    group_rows: int = 10_000
    order: str = "time"


CHOICES = (
    *(Choice(level=level) for level in (1, 3, 6, 9)),
    *(Choice(group_rows=rows) for rows in (1_000, 3_000, 30_000, 1_000_000)),
    *(Choice(order=order) for order in ("language, time", "id")),
)
"""All that are measured: one thing is changed at a time."""


def articles(dataset: Path, rows: int) -> pa.Table:
    """Return at least ``rows`` articles, those of ``dataset`` again and again."""
    table = ds.dataset(dataset / "articles").to_table()
    chance = random.Random(1)
    copies = [table]
    while sum(copy.num_rows for copy in copies) < rows:
        columns = {
            "id": [f"{chance.getrandbits(128):032x}" for _ in range(table.num_rows)],
            "text": [_shuffled(text, chance) for text in table["text"].to_pylist()],
        }
        copy = table
        for name, values in columns.items():
            place = table.schema.get_field_index(name)
            copy = copy.set_column(place, table.schema.field(place), [values])
        copies.append(copy)
    return pa.concat_tables(copies)


def _shuffled(text: str, chance: random.Random) -> str:
    """Return the words of ``text`` in another order: a copy would compress to nothing."""
    words = text.split(" ")
    chance.shuffle(words)
    return " ".join(words)


def measured(
    table: pa.Table, choices: Sequence[Choice], folder: Path, rounds: int
) -> list[dict[str, Any]]:
    """Return the figures of each choice: megabytes, and milliseconds by task."""
    taken: dict[Choice, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    sizes = {}
    for _, choice in itertools.product(range(rounds), choices):
        rows = table.sort_by([(name, "ascending") for name in ORDERS[choice.order]])
        path = folder / "articles.parquet"
        write = _timed(taken[choice]["write"])
        write(
            lambda rows=rows, path=path, choice=choice: pq.write_table(
                rows,
                path,
                compression="zstd",
                compression_level=choice.level,
                row_group_size=choice.group_rows,
            )
        )
        sizes[choice] = path.stat().st_size
        with duckdb.connect() as connection:
            connection.execute("SET threads = 1")
            wanted = table["id"][table.num_rows // 2].as_py()
            for name, query in QUERIES.items():
                asked = query.format(table=f"read_parquet('{path}')", id=wanted)
                _timed(taken[choice][name])(
                    lambda asked=asked, connection=connection: connection.execute(
                        asked
                    ).fetchall()
                )
    return [
        {
            **dataclasses.asdict(choice),
            "megabytes": sizes[choice] / 1e6,
            **{name: median(times) for name, times in taken[choice].items()},
        }
        for choice in choices
    ]


def _timed(times: list[float]) -> Callable[[Callable[[], Any]], None]:
    def call(task: Callable[[], Any]) -> None:
        started = time.perf_counter()
        task()
        times.append(1000 * (time.perf_counter() - started))

    return call


def main() -> None:
    """Measure, and print a table in Markdown, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = articles(options.dataset, options.rows)
        figures = measured(table, CHOICES, Path(folder), options.rounds)
    if options.json:
        print(json.dumps(figures))
        return
    names = list(figures[0])
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    for row in figures:
        cells = [
            f"{cell:.1f}" if isinstance(cell, float) else str(cell)
            for cell in row.values()
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
