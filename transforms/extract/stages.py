"""The stage of extraction; what it does to a document is in :mod:`article`.

Child processes load that alone, and not Beam, which takes most of a second and 90 MB.
"""

from __future__ import annotations

from functools import partial

from apache_beam.transforms.error_handling import ErrorHandler

from transforms.extract.article import NOTHING_KNOWN, extractor
from transforms.extract.options import ExtractOptions
from transforms.origin import document_origin
from transforms.records import Article, Document
from transforms.sources import Sources
from transforms.vocabulary import Stage
from transforms.work.child import PoolOptions
from transforms.work.stage import Work


def extract_text(
    options: ExtractOptions,
    rejects: ErrorHandler,
    pool: PoolOptions,
    sources: Sources = NOTHING_KNOWN,
    *,
    respects: bool = False,
) -> Work[Document, Article]:
    """Return the stage from documents to one article for each that holds one.

    Args:
      options: How pages are extracted.
      rejects: Where documents without an article go.
      pool: The child processes to work in.
      sources: What is known of publications.
      respects: Reject fetched pages whose publisher reserves the rights of text and data
        mining.
    """
    make = partial(extractor, options, sources, respects=respects)
    return Work(Stage.EXTRACT, make, document_origin, rejects, pool=pool)
