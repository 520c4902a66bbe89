"""Stored: articles taken from the dataset again, as they were extracted.

What is tagged (language, names, countries, stories) is left out: it is made again from the
stored text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pydantic

from transforms.records import Article
from transforms.vocabulary import REPLAYED, WITHOUT_TEXT, Stage
from transforms.work.stage import Tally
from transforms.write.locations import is_url
from transforms.write.store import fetch

# What extraction fills; the rest is what is made again.
_TAGGED = {
    *("revision", "language", "language_score", "entities", "countries", "story_id"),
    *("duplicate_of", "entity_model", "gazetteer", "entity_quality", "signature"),
    "listing",
}
_COLUMNS = [
    field.name for field in dataclasses.fields(Article) if field.name not in _TAGGED
]
_ARTICLE = pydantic.TypeAdapter(Article)


@dataclasses.dataclass(frozen=True, slots=True)
class StoredRows:
    """Articles in a file of the dataset, each in its latest revision there.

    Attributes:
      file: The file, below the dataset.
      ids: Their ids.
    """

    file: str
    ids: tuple[str, ...]


def read_articles(dataset: str, rows: StoredRows) -> Iterator[Article]:
    """Yield the articles in rows of a file; those without text, too.

    Args:
      dataset: The dataset's folder or URL.
      rows: Which of them.

    Raises:
      OSError: When the file cannot be read.
    """
    path = f"{dataset}/{rows.file}"
    data = pa.py_buffer(fetch(path)) if is_url(path) else None
    # An earlier version wrote fewer columns.
    there = pq.read_schema(pa.BufferReader(data) if data else path).names
    columns = [name for name in (*_COLUMNS, "revision") if name in there]
    wanted = pc.field("id").isin(list(rows.ids))
    source = pa.BufferReader(data) if data else path
    found = pq.read_table(
        source, columns=columns, filters=wanted, partitioning=None
    ).sort_by("revision")
    latest = {row.pop("id"): row for row in found.drop_columns("revision").to_pylist()}
    for article_id in rows.ids:
        row = {"id": article_id} | latest[article_id]
        # What a column holds as null is the default of the field.
        given = {name: value for name, value in row.items() if value is not None}
        yield _ARTICLE.validate_python(given)


@dataclasses.dataclass(eq=False)
class _ReadFn(beam.DoFn):
    """Reads the articles, and counts them."""

    dataset: str

    def setup(self) -> None:
        self._read, self._extracted = Tally(Stage.READ), Tally(Stage.EXTRACT)

    def process(self, rows: StoredRows) -> Iterator[Article]:
        for article in read_articles(self.dataset, rows):
            self._read.add("in")
            if article.text:
                self._extracted.add(REPLAYED)
                yield article
            else:
                self._read.add(WITHOUT_TEXT)


@dataclasses.dataclass(eq=False)
class ReadStored(beam.PTransform):
    """Rows of the dataset to articles that are to be tagged again.

    Attributes:
      rows: Which.
      dataset: The dataset's folder or URL.
    """

    rows: tuple[StoredRows, ...]
    dataset: str

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[Article]:
        """Return the articles."""
        read = beam.ParDo(_ReadFn(self.dataset)).with_output_types(Article)
        return root | "Rows" >> beam.Create(self.rows) | "Read rows" >> read
