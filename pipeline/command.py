"""What the commands do, once the command line is read."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.config import Config, doubts, is_direct, load
from pipeline.dataset import find_article, latest_articles, local_dataset, table_files
from pipeline.home import home_of
from pipeline.index import found_state
from pipeline.lock import locked
from pipeline.process import say
from pipeline.progress import Progress
from pipeline.report import Report
from pipeline.resolved import resolved
from pipeline.run import run as run_once
from pipeline.sample import CONFIG
from pipeline.show import article_view, articles_view
from pipeline.status import forget, status_view
from pipeline.terminal import console, shown, table_console
from transforms.enrich.models import KNOWN
from transforms.errors import ConfigError, RunError
from transforms.matching import match_files
from transforms.policy import is_due, request_headers
from transforms.records import Subscription
from transforms.redaction import redact_feed
from transforms.subscriptions import subscriptions
from transforms.tables import SCHEMA_VERSION, TABLES
from transforms.web import Memory, host_of

# Articles that are listed.
_LATEST = 50
_SHORT = re.compile(r"-[^-\d]")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def run(
    *,
    config: Path | None,
    files: Sequence[str],
    feeds: Sequence[str],
    output: str | None,
    runner: str | None,
    overrides: Sequence[str],
    run_id: str | None,
    max_reject_rate: float | None,
    dry_run: bool,
    beam_options: Sequence[str],
    own_options: Sequence[str],
) -> None:
    """Do one run, or say what it would read."""
    if config is not None and str(config).startswith("-"):
        # The parser leaves unknown options to us, in the first free place too.
        config, beam_options = None, [str(config), *beam_options]
    flags = source_flags(files, feeds, output)
    behaviour = {"runner": runner, "max_reject_rate": max_reject_rate}
    flags["run"] = {key: value for key, value in behaviour.items() if value is not None}
    _check_beam_options(beam_options, runner, own_options)
    resolved_config = load(config_here(config, files, feeds), overrides, flags)
    check_run_id(run_id)
    if dry_run:
        _dry_run(resolved_config)
        return
    report = run_once(
        resolved_config,
        run_id=run_id,
        beam_options=beam_options,
        progress=Progress(console(stderr=True)),
    )
    tell(report)
    check_success(report)


def config_here(
    config: Path | None, files: Sequence[str] = (), feeds: Sequence[str] = ()
) -> Path | None:
    """Return the configuration of a command: the one named, or this folder's own.

    Where files or feeds are named, the folder's own is left alone.
    """
    own = Path(CONFIG)
    if config is not None or files or feeds or not own.is_file():
        return config
    return own


def source_flags(
    files: Sequence[str], feeds: Sequence[str], output: str | None
) -> dict[str, dict[str, Any]]:
    """Return what the flags say of what is read and written, by section."""
    flags: dict[str, dict[str, Any]] = {}
    if files or feeds:
        # What is named on the command line is read, and nothing else.
        flags["source"] = {"files": tuple(files), "feeds": tuple(feeds), "opml": None}
    if output is not None:
        flags["output"] = {"path": output}
    return flags


def check_run_id(run_id: str | None) -> None:
    """Refuse a name that no folder can have; raises ConfigError."""
    if run_id is not None and not _RUN_ID.fullmatch(run_id):
        raise ConfigError(
            (f"--run-id {run_id!r}: use letters, digits, dot, underscore and dash",)
        )


def tell(report: Report) -> None:
    """Print what a run did; raises RunError when its figures do not add up."""
    console().print(report, soft_wrap=True)
    if report.imbalances:
        raise RunError(
            "the counters do not add up (see LOST above): this is a fault of newsbeam, "
            f"please report it with {report.dataset}/_runs/{report.run_id}/report.json"
        )


def check_success(report: Report) -> None:
    """Raise RunError when everything that a run asked for has failed."""
    if report.failure is not None:
        reasons = ", ".join(report.counters.rejected)
        raise RunError(
            f"the run produced nothing: {report.failure} failed"
            + (f" ({reasons})" if reasons else "")
            + f"; {report.dataset}/rejects says why"
        )


def _check_beam_options(
    options: Sequence[str], runner: str | None, own: Sequence[str]
) -> None:
    """Refuse what neither of us knows, a mistyped option of ours most often.

    Other runners take options that Beam's own parser has never heard of.
    """
    strays = [option for option in options if not option.startswith("-")]
    if strays and strays[0] == options[0]:
        raise ConfigError(
            (f"unexpected argument {strays[0]!r}; see newsbeam run --help",)
        )
    if runner is not None and not is_direct(runner):
        return
    # Beam's parser would drop them with a warning.
    short = [option for option in options if _SHORT.match(option)]
    if short:
        raise ConfigError(tuple(_unknown(option, own) for option in short))
    parsed = PipelineOptions(list(options))
    known = parsed.get_all_options()
    given = parsed.get_all_options(retain_unknown_options=True)
    names = [*own, *(f"--{name}" for name in known)]
    problems = [_unknown(f"--{name}", names) for name in given if name not in known]
    if known["direct_running_mode"] != "in_memory":
        problems.append(
            f"--direct_running_mode={known['direct_running_mode']}: the in-process "
            "runner is in_memory only; other modes hang when a worker dies"
        )
    if problems:
        raise ConfigError(tuple(problems))


def _unknown(option: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(option, known, n=1)
    hint = f" did you mean {close[0]}?" if close else ""
    return f"unknown option {option};{hint} see newsbeam run --help"


def _dry_run(config: Config) -> None:
    paths = list(match_files(config.source.files, exclude=config.output.reserved))
    kinds = Counter("".join(Path(path).suffixes[-2:]) or "no suffix" for path in paths)
    out = console(soft_wrap=True)
    for path in paths:
        out.print(shown(path))
    listed = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
    if config.source.files:
        out.print(f"{len(paths):,} files would be read: {listed or 'none'}")
    feeds = subscriptions(config.source.feeds, config.source.opml)
    if feeds:
        _dry_feeds(config, feeds, out)


def _dry_feeds(config: Config, feeds: tuple[Subscription, ...], out: Console) -> None:
    """List the feeds that are due, with what they would be asked with."""
    path = home_of(config.output).index
    memory = Memory()
    if path.is_file():
        with found_state(path.parent) as state:
            feeds = state.keys.given_to(feeds)
            memory = state.requests.memory(feeds)
    now = dt.datetime.now(dt.UTC)
    memory = memory.believed(now, config.fetch.pace())
    due = 0
    for feed in feeds:
        known = memory.state_of(feed)
        if not is_due(known, now, memory.hosts.get(host_of(feed.url))):
            continue
        due += 1
        headers = request_headers(known, known.url)
        asked = f" ({', '.join(sorted(headers))})" if headers else ""
        out.print(f"{redact_feed(known.url)}{asked}")
    out.print(f"{due:,} of {len(feeds):,} feeds are due and would be asked")


def check(*, config: Path | None, overrides: Sequence[str]) -> None:
    """Print the resolved configuration, and warn of what is hardly meant."""
    # What is read may be named on the command line of a run.
    loaded = load(config_here(config), overrides, needs_source=False)
    console(soft_wrap=True).print(resolved(loaded))
    for doubt in doubts(loaded):
        say(f"warning: {doubt}", 0)


def show(*, dataset: str, article_id: str | None) -> None:
    """Print one article, or a list of the latest."""
    if article_id is None:
        table_console().print(articles_view(latest_articles(dataset, _LATEST)))
    else:
        console().print(article_view(find_article(dataset, article_id)))


def files(*, dataset: str, table: str, as_sql: bool) -> None:
    """Print the files of a table, as lines or as a list in SQL."""
    found = table_files(dataset, table)
    if as_sql:
        quoted = ("'" + path.replace("'", "''") + "'" for path in found)
        found = [f"[{', '.join(quoted)}]"]
    for path in found:
        sys.stdout.write(f"{path}\n")


def status(*, dataset: str, reset: str | None) -> None:
    """Print the ledger of feeds, or give one a new start."""
    folder = local_dataset(dataset, "status")
    out = table_console()
    if reset is not None:
        with locked(folder):
            feed = forget(folder, reset)
        out.print(f"{feed} will be asked again in the next run")
        return
    out.print(status_view(folder, dt.datetime.now(dt.UTC), out.width))


def schema(*, table: str | None) -> None:
    """Print the tables."""
    if table is not None and table not in TABLES:
        raise ConfigError((f"no table {table!r}; there are {', '.join(TABLES)}",))
    out = table_console()
    for name in [table] if table else TABLES:
        view = Table(
            "column",
            "type",
            "meaning",
            title=f"{name} (schema version {SCHEMA_VERSION})",
            title_justify="left",
            box=None,
        )
        for field in TABLES[name]:
            meaning = field.metadata[b"description"].decode()
            view.add_row(
                Text(field.name, style="bold"),
                Text(_type(field.type)),
                Text(meaning if field.nullable else f"{meaning} (never null)"),
            )
        out.print(view)


def models(*, language: str | None) -> None:
    """Print the entity models."""
    known = [model for model in KNOWN if language in {None, model.language}]
    if not known:
        languages = ", ".join(sorted({model.language for model in KNOWN}))
        raise ConfigError(
            (
                f"--language {language!r}: newsbeam knows other models of {languages}; "
                "any spaCy model is taken by enrich.entities.models",
            )
        )
    view = Table("language", "model", "licence", "installed", "how to get it", box=None)
    for model in known:
        view.add_row(
            model.language,
            model.package,
            model.licence,
            version(model.package) if model.is_installed else "",
            "" if model.is_installed else model.how,
        )
    out = table_console()
    out.print(view)
    out.print(
        "newsbeam's own model serves every language unless the configuration names "
        "another one under enrich.entities.models. Take spacy download from spaCy itself "
        "(pip install 'newsbeam[spacy]'): on package indexes these names have been "
        "squatted. A GLiNER model that you have exported to ONNX serves any language: pip "
        "install 'newsbeam[gliner]' and name its folder; its quality is not measured.",
        soft_wrap=True,
    )


def _type(kind: pa.DataType) -> str:
    return str(kind).replace("item: ", "").replace("timestamp[us, tz=UTC]", "timestamp")
