"""The whole data flow on one screen.

::

    files ────────── read ─┐
    feeds ──┬─ ask ─ pages ┴ extract ─ dedup ─ language ─ entities ─ countries ─ stage ─┐
    due again ┘ └──────┴─ fetches, what waits ─────────────────────────────────── stage ─┤
    ask, pages, dedup ── sightings ───────────────────────────────────────────── stage ─┤
    all of them ──────── rejects ─────────────────────────────────────────────── stage ─┴ seal
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

import apache_beam as beam
from apache_beam.transforms.error_handling import ErrorHandler

from pipeline.batches import Batch
from pipeline.configuration.config import Config
from pipeline.configuration.runners import is_direct
from pipeline.dataset.contract import Places
from pipeline.state import indexed
from pipeline.state.rejected import RejectedFiles
from transforms.dedup.articles import DropSeen, drop_known
from transforms.dedup.known_rejects import StageNewRejects
from transforms.dedup.sightings import NoteSightings
from transforms.encryption import Cipher
from transforms.enrich.stages import enrich
from transforms.extract.stages import extract_text
from transforms.fast.insides import permitted
from transforms.feeds.ask import FetchFeeds
from transforms.feeds.pages import FetchPages
from transforms.files.read import ReadFiles
from transforms.listings import Waiting
from transforms.records import Stamp
from transforms.stories.signer import sign_articles
from transforms.web.access import Web
from transforms.web.waiting import waiting_of
from transforms.write.raw import ReadRaw, StageRaw
from transforms.write.staging import SealStaging, StageRows
from transforms.write.stored import ReadStored

Item = TypeVar("Item")


def build(
    root: beam.Pipeline,
    config: Config,
    batch: Batch,
    number: int,
    places: Places,
    stamp: Stamp,
    web: Web,
    cipher: Cipher | None = None,
) -> None:
    """Add the flow of one batch to ``root``.

    Every stage sends what it cannot process to ``rejects``; Beam refuses to run a
    pipeline whose error handler is left open.
    """
    stage_rows = partial(
        StageRows,
        staging=places.staging,
        stamp=stamp,
        options=config.output,
        prefix=places.prefix,
    )
    is_anew = bool(batch.pages or batch.stored)
    articles_of = indexed.Reopened if is_anew else indexed.Articles
    entries_of = indexed.NoEntries if batch.again else indexed.Entries
    known = partial(indexed.in_index, articles_of, places.index)
    followed = partial(indexed.in_index, entries_of, places.index)
    pool = config.workers
    # What is tried again leaves the table: each must end in a row, or in an article.
    is_again = batch.again or is_anew
    rejected = (
        None if is_again else partial(indexed.in_index, RejectedFiles, places.index)
    )
    new_rejects = StageNewRejects(stage_rows("rejects", cipher=cipher), rejected)
    with ErrorHandler("Stage rejects" >> new_rejects) as rejects:
        read = root | "Read" >> ReadFiles(batch.paths, config.source, stamp.at, rejects)
        ask = FetchFeeds(batch.feeds, web, rejects, pool)
        listed, asked = root | "Ask" >> ask
        again = root | "Replayed" >> beam.Create(batch.entries)
        entries = _together(
            "All entries", (listed, bool(batch.feeds)), (again, bool(batch.entries))
        )
        pages, fetched, seen = entries | "Follow" >> FetchPages(web, followed, rejects)
        if config.output.raw:
            name = f"{stamp.run_id}-{number:05d}"
            keep = StageRaw(places.staging, name, config.output.partition_by)
            pages, kept = pages | "Keep pages" >> keep
        else:
            kept = root | "No pages kept" >> beam.Create(())
        raw = root | "Reread" >> ReadRaw(batch.pages, places.dataset, rejects)
        documents = _together(
            "All documents",
            (read, bool(batch.files)),
            (pages, bool(batch.feeds or batch.entries)),
            (raw, bool(batch.pages)),
        )
        articles = documents | "Extract" >> extract_text(
            config.extract,
            rejects,
            pool,
            config.known_sources,
            respects=config.fetch.respect_reservations,
        )
        if batch.stored:
            articles = root | "Stored" >> ReadStored(batch.stored, places.dataset)
        if is_direct(config.run.runner):
            drop: beam.PTransform = drop_known(known, rejects)
        else:
            # Several workers share no memory: an article goes to the one that has its id.
            drop = DropSeen(known)
        new, listed_by = articles | "Drop known" >> drop
        sign = (sign_articles(config.stories),)
        tagged = new | "Enrich" >> enrich(config.enrich, rejects, pool, sign)
        staged = tagged | "Stage articles" >> stage_rows("articles", rejects=rejects)
    requests = (asked, fetched) | "All fetches" >> beam.Flatten()
    logged = requests | "Stage fetches" >> stage_rows("fetches")
    waits = fetched | "Waits" >> beam.FlatMap(waiting_of).with_output_types(Waiting)
    waiting = waits | "Stage waiting" >> stage_rows("waiting", cipher=cipher)
    listings = partial(indexed.in_index, indexed.Listings, places.index)
    sighted = (
        (listed_by, seen)
        | "Note sightings" >> NoteSightings(listings)
        | "Stage sightings" >> stage_rows("sightings")
    )
    (
        (staged, rejects.output(), logged, waiting, sighted, kept)
        | "All staged files" >> beam.Flatten()
        | "Seal" >> SealStaging(places.seal)
    )


def _together(
    name: str, *sources: tuple[beam.PCollection[Item], bool]
) -> beam.PCollection[Item]:
    """Return the elements of the sources that have any, as far as can be known.

    Beam's in-process runner keeps in memory all that goes into a Flatten before any of it
    goes on.  Most batches have one kind of source: without a Flatten, pages are requested
    while other feeds are, and a document is extracted while the next is read or fetched,
    and let go.  The plain way puts all together.

    Args:
      name: What the step is called.
      sources: Each with whether it has any.
    """
    used = [elements for elements, is_used in sources if is_used and permitted()]
    if len(used) == 1:
        return used[0]
    used = used or [elements for elements, _ in sources]
    return tuple(used) | name >> beam.Flatten()
