"""The ledger of feeds: what each brought, when it is asked next, and which fell silent.

A feed is compared with its own past: one that brings news every hour is silent after a
day, one that brings them every week is not.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import logging
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.dataset.contract import Home
from pipeline.dataset.read import table_files, table_parts
from pipeline.reports.lately import Brought, brought, last_errors
from pipeline.reports.terminal import many, shown
from pipeline.state.database import State
from pipeline.state.requests import KnownFeed
from transforms.errors import ConfigError
from transforms.redaction import redact_input
from transforms.web.access import host_of
from transforms.web.feed_state import FeedState
from transforms.web.policy import believed, reset

log = logging.getLogger(__name__)

# A feed is silent when it has brought nothing for this many of its usual gaps, and for
# at least this long: weekends and holidays raise no alarm.
_SILENT_GAPS = 4
_SILENT_AT_LEAST = dt.timedelta(days=3)
# At least this many gaps show what is usual.
_USUAL_GAPS = 3
_LAST_RUNS = 5
# Feeds to look at that are logged; newsbeam status shows all.
_LOGGED = 10
# Columns of a terminal that has none to spare, and of one that has room for all.
_NARROW = 80
_WIDE = 140
_LONGEST_NAME = 20
# Of the key of a feed, as many digits as distinguish those that look the same.
_SHOWN_DIGITS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class FeedStatus:
    """One line of the ledger.

    Attributes:
      feed: Its address, secrets removed.
      state: What is remembered of it.
      per_day: New articles a day, over the last week.
      warning: What its user should know; None where all is well.
      name: The publication, or the feed's host where no recent article names it.
      country: The publication's country, None where it is unknown.
      error: What last went wrong, None where all is well.
    """

    feed: str
    state: FeedState
    per_day: float
    warning: str | None
    name: str
    country: str | None
    error: str | None


def ledger(home: Home, now: dt.datetime) -> list[FeedStatus]:
    """Return the status of every feed that was ever asked, those with warnings first.

    Raises:
      ConfigError: When there is no dataset.
    """
    with home.found() as state:
        feeds, news = state.requests.feeds(), state.requests.news()
    if not feeds:
        # One that was made from files alone.
        return []
    recent, errors = brought(home.where, now), last_errors(home.where, now)
    names = _names(feeds)
    found = []
    for known in feeds:
        seen = recent.get(known.feed, Brought())
        is_well = not (known.state.failures or known.state.retired)
        found.append(
            FeedStatus(
                names[known.key],
                known.state,
                seen.per_day,
                warning(known.state, news.get(known.key, ()), now),
                seen.name or host_of(known.feed),
                seen.country,
                None if is_well else errors.get(known.key),
            )
        )
    return sorted(found, key=lambda status: (status.warning is None, status.feed))


def warnings(state: State, now: dt.datetime) -> dict[str, str]:
    """Return what is wrong with feeds, by feed; those where all is well are left out.

    Args:
      state: The dataset's state.
      now: The time.
    """
    news, feeds = state.requests.news(), state.requests.feeds()
    names = _names(feeds)
    found = {
        names[known.key]: warning(known.state, news.get(known.key, ()), now)
        for known in feeds
    }
    return {feed: problem for feed, problem in sorted(found.items()) if problem}


def log_warnings(found: Mapping[str, str]) -> None:
    """Log the first of what :func:`warnings` found."""
    for feed, problem in list(found.items())[:_LOGGED]:
        log.warning("%s %s", feed, problem)


def warning(
    state: FeedState, news: Sequence[dt.datetime], now: dt.datetime
) -> str | None:
    """Return what is wrong with a feed, None if nothing is.

    Args:
      state: What is remembered of it.
      news: When it brought something new.
      now: The time.
    """
    if state.retired:
        return "gone for good (410); newsbeam status --reset asks it again"
    if state.failures > 1:
        return f"failed {state.failures} times in a row"
    # Others were noted by a clock that was wrong.
    news = [moment for moment in news if believed(moment, now)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(news)]
    if len(gaps) < _USUAL_GAPS:
        return None
    usual = statistics.median(gap.total_seconds() for gap in gaps)
    patience = max(_SILENT_GAPS * dt.timedelta(seconds=usual), _SILENT_AT_LEAST)
    silence = now - news[-1]
    if silence <= patience:
        return None
    return f"silent for {_span(silence)}; it used to bring news every {_span(usual)}"


def _names(feeds: Sequence[KnownFeed]) -> dict[str, str]:
    """Return how feeds are shown, by key: those that look the same with part of it."""
    often = Counter(known.feed for known in feeds)
    return {
        known.key: known.feed
        if often[known.feed] == 1
        else f"{known.feed} ({known.key[:_SHOWN_DIGITS]})"
        for known in feeds
    }


def reset_feed(home: Home, feed: str) -> str:
    """Give a feed that is retired or failing a new start.

    Args:
      home: The dataset.
      feed: Its address, with its secrets or without, or what status shows behind it.

    Returns:
      The feed as status shows it.

    Raises:
      ConfigError: When no such feed was ever asked, or several are meant.
    """
    shown = redact_input(feed)
    with home.changed() as state:
        feeds = state.requests.feeds()
        names = _names(feeds)
        key = state.keys.of(feed)
        found = [known for known in feeds if known.key == key] or [
            known
            for known in feeds
            if feed in {known.feed, names[known.key]}
            or (len(feed) >= _SHOWN_DIGITS and known.key.startswith(feed))
        ]
        if not found:
            raise ConfigError(
                f"{home.where}: no feed {shown!r}; newsbeam status lists them"
            )
        if len(found) > 1:
            listed = ", ".join(names[known.key] for known in found)
            raise ConfigError(
                f"{home.where}: {shown!r} is {len(found)} feeds: {listed}; give one of "
                "these, or its address with its secret"
            )
        with state.transaction():
            state.requests.replace_feed(found[0], reset(found[0].state))
    return names[found[0].key]


def status_view(home: Home, now: dt.datetime, width: int = _NARROW) -> RenderableType:
    """Return the ledger, what there is, and the last runs for a terminal.

    Args:
      home: The dataset.
      now: The time.
      width: Columns that there are; where they are few, addresses are cut.
    """
    is_narrow = width < _WIDE
    table = Table(box=None, padding=(0, 1, 0, 0), expand=is_narrow)
    table.add_column("name", no_wrap=True, overflow="ellipsis", max_width=_LONGEST_NAME)
    for name in ("", "state", "last error", "next poll"):
        table.add_column(name, no_wrap=True)
    if not is_narrow:
        table.add_column("last success", no_wrap=True)
        table.add_column("new a day", no_wrap=True)
    overflow: Literal["ellipsis", "fold"] = "ellipsis" if is_narrow else "fold"
    table.add_column("feed", no_wrap=is_narrow, overflow=overflow, ratio=1)
    notes = []
    feeds = ledger(home, now)
    for status in feeds:
        state = status.state
        due = state.next_poll is None or state.next_poll <= now
        cells = [
            Text(shown(status.name), style="bold"),
            Text(status.country or ""),
            _health(status),
            Text(status.error or ""),
            Text("never" if state.retired else "due" if due else _soon(state, now)),
        ]
        if not is_narrow:
            cells += [Text(_moment(state.succeeded_at)), Text(f"{status.per_day:.1f}")]
        table.add_row(*cells, Text(shown(status.feed)))
        if status.warning and not state.failures > 1:
            notes.append(Text(f"{shown(status.name)}: {status.warning}", "bold red"))
    if notes:
        notes.append(Text())
    names = ("run", "new", "feeds asked", "rejected", "waiting", "seconds")
    runs = Table(*names, box=None)
    for report in home.reports(_LAST_RUNS, now):
        runs.add_row(
            report["run_id"],
            str(report["new"]),
            str(report["feeds_asked"]),
            str(sum(report["rejected"].values())),
            # Reports of newsbeam 0.1 have none.
            str(sum(report.get("waiting", {}).values())),
            f"{report['seconds']:.1f}",
        )
    asked = table if feeds else Text("no feed was ever asked for this dataset")
    return Group(asked, Text(), *notes, *_waiting_lines(home), *_rows_lines(home), runs)


def _health(status: FeedStatus) -> Text:
    if status.warning is None:
        # One failure may be chance.
        return Text("failed" if status.state.failures else "ok")
    if status.state.retired:
        return Text("gone", "bold red")
    failures = status.state.failures
    return Text(f"failing {failures}" if failures > 1 else "silent", "bold red")


def _soon(state: FeedState, now: dt.datetime) -> str:
    """Return when a feed is asked next, without the year that it is."""
    moment = state.next_poll
    if moment is None or moment.year != now.year:
        return _moment(moment)
    return f"{moment:%m-%d %H:%M}"


def _waiting_lines(home: Home) -> list[Text]:
    """Return what is waited for, if anything is."""
    with home.found() as state:
        counts, next_at = state.waiting.counts(), state.waiting.next_at()
    if next_at is None:
        return []
    count = sum(counts.values())
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in counts.items())
    pages = "1 page is" if count == 1 else f"{count:,} pages are"
    return [
        Text(f"{pages} waiting: {reasons}; the next at {_moment(next_at)}"),
        Text(),
    ]


def _rows_lines(home: Home) -> list[Text]:
    """Return how much there is of what was read, and of what was rejected."""
    with home.found() as state:
        known = state.catalog.row_counts()
    found = []
    for name in ("articles", "rejects"):
        paths = table_files(home.where, name)
        files = ("/".join(path.split("/")[-3:]) for path in paths)
        rows = {file: known.get(file) for file in files}
        # What the index does not know yet says itself how much is in it: of thousands of
        # files each takes time.
        if None in rows.values():
            rows |= {
                file: part.count_rows()
                for file, part in table_parts(home.where, name)
                if rows.get(file) is None
            }
        if rows:
            count = sum(filter(None, rows.values()))
            found.append(f"{name}: {many(count, 'row')} in {many(len(rows), 'file')}")
    return [Text("; ".join(found) or "no articles yet"), Text()]


def _moment(moment: dt.datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _span(span: dt.timedelta | float) -> str:
    hours = (span.total_seconds() if isinstance(span, dt.timedelta) else span) / 3_600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"  # noqa: PLR2004
