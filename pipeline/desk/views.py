"""Views: a dataset as DuckDB sees it, read-only and in memory.

The tables are scanned where they lie.  What is made of them is said once, in
``views.sql``.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.dataset.read import check_there, delta_tables, open_table
from pipeline.state.inventory import files_of
from transforms.errors import ConfigError
from transforms.tables import TABLES
from transforms.write.locations import local_path

TABLE_VIEWS = {
    "versions": "articles",
    "assignments": "stories",
    **{name: name for name in TABLES if name not in {"articles", "stories"}},
}
"""The views that are tables as they are, each with its table."""
DERIVED = Path(__file__).with_name("views.sql").read_text(encoding="utf-8")
"""The other views, as SQL."""
MEMORY = "500MB"
"""What DuckDB takes at most, before it writes to disk; a process has 1 GB."""
Listing = Mapping[str, Sequence[str] | None]
"""The files of tables; None where DuckDB cannot reach them."""
_THREADS = 4
# Of this number of files DuckDB remembers what describes them.
_FEW_FILES = 300
# The view articles, of which all that are derived are made, is made of these.
_OF_ARTICLES = {"versions", "assignments"}
# At the end of Parquet: the length of what describes it, and PAR1.
_TAIL = 8
_ARROW_SCHEMA = re.compile(rb"ARROW:schema\x18[\x80-\xff]*[\x00-\x7f]([A-Za-z0-9+/=]+)")
_GLOB = re.compile(r"([*?\[])")
_TYPES = {
    pa.binary(): "BLOB",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.float32(): "FLOAT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}
_SETTINGS = {
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def connect(
    dataset: Path | str,
    files: Listing | None = None,
    *,
    views: Iterable[str] | None = None,
    memory: str = MEMORY,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a connection that has the views of a dataset, as it is now, and nothing else.

    No query on it reads a file other than the dataset's, loads an extension or changes a
    setting.  A compaction beside it may remove what it reads: see
    :func:`pipeline.desk.asking.ask`.

    Args:
      dataset: Its folder, or its URL in a store.
      files: What :func:`listing` has found for the same views; listed here for None.
      views: Those that are needed: tables, and views that are made of others, with those
        that these need.  Of the tables, ``versions`` and ``assignments`` are always there.
        All for None.  Each takes time, where there are thousands of files, a lot.
      memory: What DuckDB may take before it writes to disk.
      threads: How many it works with; as many as there are processors, four at most, for
        None.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be listed.
    """
    wanted = None if views is None else set(views)
    files = listing(dataset, wanted) if files is None else files
    sources = {name: rows_of_files(paths or ()) for name, paths in files.items()}
    is_small = sum(map(len, filter(None, files.values()))) <= _FEW_FILES
    spill = Path(tempfile.gettempdir()) / f"newsbeam-desk-{os.getpid()}"
    workers = threads or min(_THREADS, os.cpu_count() or 1)
    config: dict[str, str | bool | int | float | list[str]] = {
        **_SETTINGS,
        "memory_limit": memory,
        "temp_directory": str(spill),
        "threads": str(workers),
    }
    connection = duckdb.connect(config=config)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        if is_small:
            # Thousands of them would fill the memory.
            connection.execute("SET parquet_metadata_cache = true")
        for view, table in TABLE_VIEWS.items():
            if table not in files:
                continue
            if files[table] is None:
                connection.register(f"stored_{table}", open_table(dataset, table))
                sources[table] = f"FROM stored_{table}"
            connection.execute(table_view(view, sources[table]))
        for derived in DERIVED_VIEWS:
            if wanted is None or derived.name in wanted:
                connection.execute(derived.sql)
        _lock(connection, [path for paths in files.values() for path in paths or ()])
    except BaseException:
        connection.close()
        raise
    return connection


def listing(dataset: Path | str, views: Iterable[str] | None = None) -> Listing:
    """Return the committed files of each table; None for tables in a store.

    Args:
      dataset: Its folder, or its URL in a store.
      views: Those whose tables are listed, see :func:`connect`; all for None.

    Raises:
      ConfigError: When there is no dataset.
      DatasetError: When it cannot be listed.
    """
    try:
        str(dataset).encode()
    except UnicodeEncodeError as error:
        # To DuckDB every path is UTF-8.
        raise ConfigError(
            f"{str(dataset)!a}: the name of the folder is not UTF-8 in this locale"
        ) from error
    wanted = None if views is None else {*views, *_OF_ARTICLES}
    names = [
        table for view, table in TABLE_VIEWS.items() if wanted is None or view in wanted
    ]
    tables = delta_tables(dataset)
    if tables is None:
        check_there(dataset)
        return {
            table: [str(file) for file in files_of(Path(dataset), table)]
            for table in names
        }
    if local_path(tables.store.url) is None:
        return dict.fromkeys(names)
    return {table: sorted(open_table(dataset, table).files) for table in names}


def rows_of_files(paths: Iterable[str]) -> str | None:
    """Return the query for all rows of files of a table; None without files.

    To read files of several versions of the schema together, DuckDB looks into each of
    them before it begins, which takes minutes and gigabytes for thousands.  So those of
    the same schema are read by the columns of one of them, and only those without a
    schema of Arrow by name.
    """
    alike: dict[bytes, list[str]] = {}
    for path in paths:
        alike.setdefault(_arrow_schema(path), []).append(path)
    queries = (scan(some, by_name=not schema) for schema, some in alike.items())
    return " UNION ALL BY NAME ".join(queries) or None


def _arrow_schema(path: str) -> bytes:
    """Return the schema of a Parquet file as Arrow has written it, nothing without."""
    try:
        with open(path, "rb") as file:
            file.seek(-_TAIL, os.SEEK_END)
            size = int.from_bytes(file.read(4), "little")
            file.seek(-_TAIL - size, os.SEEK_END)
            found = _ARROW_SCHEMA.search(file.read(size))
    except OSError:
        # DuckDB says what is wrong with it.
        return b""
    return found[1] if found else b""


def scan(
    paths: Iterable[str], *, are_patterns: bool = False, by_name: bool = True
) -> str:
    """Return the query for all rows of Parquet files.

    Args:
      paths: The files, at least one.
      are_patterns: They are patterns of names.
      by_name: The files may differ in their columns.
    """
    patterns = paths if are_patterns else map(as_pattern, paths)
    listed = ", ".join(map(literal, patterns))
    return (
        f"SELECT * FROM read_parquet([{listed}], union_by_name = {by_name}, "  # noqa: S608
        "hive_partitioning = true, hive_types = {'date': DATE})"
    )


def as_pattern(path: str) -> str:
    """Return the pattern that matches a path and nothing else."""
    return _GLOB.sub(r"[\1]", path)


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def table_view(view: str, source: str | None) -> str:
    """Return the SQL that makes a view of a table.

    What files of an earlier version lack is null, in structs too.

    Args:
      view: The view.
      source: The query for its rows; None where there are none.
    """
    columns = column_types(TABLE_VIEWS[view])
    names = ",\n    ".join(f'"{name}"' for name in columns)
    typed = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
    rows = f"SELECT {typed} WHERE false"
    if source is not None:
        rows += f"\n    UNION ALL BY NAME {source}"
    return (
        f"CREATE OR REPLACE VIEW {view} AS\nSELECT\n    {names}\nFROM (\n    {rows}\n);"
    )


@functools.cache
def column_types(table: str) -> dict[str, str]:
    """Return the columns of a table with their types in DuckDB, its partition at the end."""
    columns = [*TABLES[table], pa.field("date", pa.date32())]
    return {column.name: _type(column.type) for column in columns}


def _type(kind: pa.DataType) -> str:
    """Return a type as DuckDB writes it.

    DuckDB's own conversion imports pandas, which takes as long as a question; its types
    open a database of their own.
    """
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = ", ".join(f'"{field.name}" {_type(field.type)}' for field in kind)
        return f"STRUCT({fields})"
    return _TYPES[kind]


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A view that is made of others.

    Attributes:
      name: Its name.
      meaning: What a row of it is.
      columns: What those of its columns mean that are none of a table's.
      sql: The statement that makes it.
    """

    name: str
    meaning: str
    columns: Mapping[str, str]
    sql: str


def _derived_views() -> Iterator[View]:
    form = r"^-- (\w+): (.+)\n(CREATE OR REPLACE VIEW \1 AS\n.*?;)$"
    for name, meaning, sql in re.findall(form, DERIVED, re.MULTILINE | re.DOTALL):
        columns = re.findall(r'(\w+)"?,? -- (.+)$', sql, re.MULTILINE)
        yield View(name, meaning, dict(columns), sql)


DERIVED_VIEWS = tuple(_derived_views())
"""The views that are made of others, in order."""
VIEWS = (*(view.name for view in DERIVED_VIEWS), *TABLE_VIEWS)
"""The names of all views."""


def view_columns(view: str) -> list[tuple[str, str, str]]:
    """Return the columns of a view: name, type, meaning."""
    nothing: Listing = dict.fromkeys(TABLES, ())
    [explained] = [known.columns for known in DERIVED_VIEWS if known.name == view]
    with connect("", nothing) as connection:
        found = connection.execute(f'DESCRIBE "{view}"').fetchall()
    return [(name, kind, explained.get(name, "")) for name, kind, *_ in found]


def _lock(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    """Close everything but the dataset's own files."""
    # What is looked at is the pattern first, then the path that it has found.
    names = {name for path in paths for name in (path, as_pattern(path))}
    allowed = ", ".join(map(literal, sorted(names)))
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
