"""The whole data flow on one screen.

::

    files ── read ── extract ── dedup ── language ── entities ── countries ── stage ─┐
               └────────┴─────────┴──────── rejects ──────────────────┴────── stage ─┴─ seal
"""

from __future__ import annotations

from functools import partial

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from pipeline.config import Config
from pipeline.publish import RunFolder
from pipeline.state import FILE_NAME, KnownArticles
from transforms.dedup import DropKnown
from transforms.enrich import Enrich
from transforms.extract import ExtractText
from transforms.records import Stamp
from transforms.source import ReadFiles
from transforms.write import SealStaging, StageRows


def build(root: beam.Pipeline, config: Config, run: RunFolder, stamp: Stamp) -> None:
    """Add the flow of one bounded run to ``root``.

    Every stage sends what it cannot process to ``rejects``; Beam refuses to run a
    pipeline whose error handler is left open.
    """
    dataset = run.dataset.absolute()
    staging = str(run.staging.absolute())
    known = partial(KnownArticles, dataset / FILE_NAME)
    stage_rejects = StageRows("rejects", staging, stamp, config.output)
    with ErrorHandler("Stage rejects" >> stage_rejects) as rejects:
        documents = root | "Read" >> ReadFiles(
            config.source, stamp.at, rejects, exclude=(str(dataset),)
        )
        articles = documents | "Extract" >> ExtractText(config.extract, rejects)
        new = articles | "Drop known" >> DropKnown(known, stamp.run_id, rejects)
        tagged = new | "Enrich" >> Enrich(config.enrich, rejects)
        staged = tagged | "Stage articles" >> StageRows(
            "articles", staging, stamp, config.output, rejects
        )
    (
        (staged, rejects.output())
        | "All staged files" >> beam.Flatten()
        | "Seal" >> SealStaging(str(run.seal.absolute()))
    )
