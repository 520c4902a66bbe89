"""The whole data flow on one screen.

::

    files ──────── read ─┐
    feeds ── ask ─ pages ┴ extract ─ dedup ─ language ─ entities ─ countries ─ stage ─┐
               └─────┴─ fetches ─────────────────────────────────────────────── stage ─┤
    all of them ─────── rejects ─────────────────────────────────────────────── stage ─┴ seal
"""

from __future__ import annotations

from functools import partial

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from pipeline.config import Config
from pipeline.publish import RunFolder
from pipeline.state import FILE_NAME, KnownArticles, KnownEntries
from transforms.dedup import DropKnown
from transforms.enrich import Enrich
from transforms.extract import ExtractText
from transforms.feeds import FetchFeeds
from transforms.pages import FetchPages
from transforms.records import Stamp
from transforms.source import ReadFiles
from transforms.subscriptions import subscriptions
from transforms.web import Web
from transforms.write import SealStaging, StageRows


def build(
    root: beam.Pipeline, config: Config, run: RunFolder, stamp: Stamp, web: Web
) -> None:
    """Add the flow of one bounded run to ``root``.

    Every stage sends what it cannot process to ``rejects``; Beam refuses to run a
    pipeline whose error handler is left open.
    """
    dataset = run.dataset.absolute()
    state = dataset / FILE_NAME
    staging = str(run.staging.absolute())
    feeds = subscriptions(config.source.feeds, config.source.opml)
    stage_rejects = StageRows("rejects", staging, stamp, config.output)
    with ErrorHandler("Stage rejects" >> stage_rejects) as rejects:
        read = root | "Read" >> ReadFiles(
            config.source, stamp.at, rejects, exclude=(str(dataset),)
        )
        entries, asked = root | "Ask" >> FetchFeeds(feeds, web, rejects)
        followed = partial(KnownEntries, state)
        pages, fetched = entries | "Follow" >> FetchPages(web, followed, rejects)
        documents = (read, pages) | "All documents" >> beam.Flatten()
        articles = documents | "Extract" >> ExtractText(config.extract, rejects)
        known = partial(KnownArticles, state)
        new = articles | "Drop known" >> DropKnown(known, stamp.run_id, rejects)
        tagged = new | "Enrich" >> Enrich(config.enrich, rejects)
        staged = tagged | "Stage articles" >> StageRows(
            "articles", staging, stamp, config.output, rejects
        )
    requests = (asked, fetched) | "All fetches" >> beam.Flatten()
    logged = requests | "Stage fetches" >> StageRows(
        "fetches", staging, stamp, config.output
    )
    (
        (staged, rejects.output(), logged)
        | "All staged files" >> beam.Flatten()
        | "Seal" >> SealStaging(str(run.seal.absolute()))
    )
