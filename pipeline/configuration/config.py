"""The configuration: TOML, environment and flags, validated once and all at once.

A value comes from the command line, else from the environment
(``NEWSBEAM_OUTPUT__PATH``), else from the file, else from the stage's own default.  What
no section knows is an error; every error is reported with its dotted path.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import pydantic
import pydantic_settings as settings

from pipeline.configuration.environment import environment_problems
from pipeline.configuration.problems import odd_sections, problem
from pipeline.configuration.runners import is_direct, runner_problem
from transforms.enrich.options import EnrichOptions
from transforms.errors import ConfigError
from transforms.extract.options import ExtractOptions
from transforms.files.options import SourceOptions, match_problem
from transforms.parse.subscriptions import read_opml, subscriptions
from transforms.redaction import redact_input
from transforms.sources import Sources, SourceSettings
from transforms.stories.signer import StoriesOptions
from transforms.text.strings import digest
from transforms.urls import canonical
from transforms.web.access import FetchOptions
from transforms.web.client import identity, unused_proxies
from transforms.work.child import PoolOptions
from transforms.work.options import Options, checked
from transforms.write.locations import is_url, local_path, url_problem
from transforms.write.options import WindowOptions, WriteOptions


class OutputOptions(WriteOptions):
    """Where the dataset is, and how it is written (section ``[output]``)."""

    path: Path | str
    """Folder of the dataset, made if it is not there; or its URL in a store."""
    format: Literal["parquet", "delta"] = "parquet"
    """How a folder is kept: plain hive Parquet, or Delta Lake tables as in a store."""
    state: Path | None = None
    """Local folder for the index of Delta tables; None for one in them or in the cache."""

    @pydantic.field_validator("path", mode="before")
    @classmethod
    def _place(cls, path: Any) -> Any:
        if not isinstance(path, (str, Path)) or not str(path).strip():
            raise ValueError("must name a folder")
        try:
            str(path).encode()
        except UnicodeEncodeError:
            # A byte of the command line that is no UTF-8; the files' library takes none.
            raise ValueError("must be UTF-8") from None
        if not is_url(path):
            return Path(path)
        wrong = url_problem(str(path))
        if wrong is not None:
            raise ValueError(wrong)
        return str(path).rstrip("/")

    @pydantic.field_validator("state", mode="before")
    @classmethod
    def _local(cls, path: Any) -> Any:
        if is_url(str(path)):
            raise ValueError("must be a local folder: it holds an index of SQLite")
        return path

    @pydantic.model_validator(mode="after")
    def _fits(self) -> OutputOptions:
        if self.url is None and self.state is not None:
            raise ValueError("state is for Delta tables; a plain folder has its own")
        return self

    @property
    def url(self) -> str | None:
        """Return the URL of Delta tables, None where the path names a plain folder."""
        if isinstance(self.path, str):
            return self.path
        return self.path.absolute().as_uri() if self.format == "delta" else None

    @property
    def place(self) -> str:
        """Return the dataset's absolute folder or URL, as one text."""
        return self.path if isinstance(self.path, str) else str(self.path.absolute())

    @property
    def reserved(self) -> tuple[str, ...]:
        """Return the local folder that is never read as a source, if there is one."""
        local = local_path(self.path) if isinstance(self.path, str) else self.path
        return (str(local.absolute()),) if local else ()

    @property
    def state_folder(self) -> Path:
        """Return the local folder for the index of Delta tables."""
        if self.state is not None:
            return self.state
        local = local_path(self.path) if isinstance(self.path, str) else self.path
        if local is not None:
            return local / "_state"
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "newsbeam" / digest(str(self.path))


class RunOptions(Options):
    """How a run behaves (section ``[run]``)."""

    runner: Annotated[str, checked(runner_problem)] = "DirectRunner"
    """Beam runner; DirectRunner is the in-process one, everywhere the same."""
    max_reject_rate: float = pydantic.Field(default=1.0, ge=0, le=1)
    """The run fails, and commits no more, when more of its input is rejected."""
    batch_files: int = pydantic.Field(default=2_000, gt=0)
    """Files that are read between two commits."""
    batch_feeds: int = pydantic.Field(default=500, gt=0)
    """Feeds that are asked between two commits, with all their news."""
    keep_runs: int = pydantic.Field(default=200, gt=0)
    """Runs of which manifests and report are kept."""
    metrics_file: Path | None = None
    """File for Prometheus, in the folder of the node exporter's textfile collector."""


class StreamOptions(Options):
    """How ``newsbeam stream`` goes on (section ``[stream]``)."""

    shortest_poll_seconds: float = pydantic.Field(default=60, gt=0)
    """No feed is asked more often, even where fetch.interval_minutes permits it."""
    rhythm: float = pydantic.Field(default=0.1, ge=0, le=1)
    """Of the time since a feed last changed, the share that it is left alone."""
    files_seconds: float = pydantic.Field(default=30, gt=0)
    """Seconds between two looks for new and changed files."""
    pause_seconds: float = pydantic.Field(default=5, ge=0)
    """Between the starts of two batches; feeds that fall due meanwhile share one."""
    batch_feeds: int = pydantic.Field(default=100, gt=0)
    """Feeds that are asked between two commits."""
    batch_seconds: float = pydantic.Field(default=2, ge=0)
    """How long a batch waits for feeds, and then for pages, while there is nothing else to
    do; 0 for no limit."""
    report_minutes: float = pydantic.Field(default=60, gt=0)
    """How long a run of the stream lasts before its report is written."""
    compact_minutes: float = pydantic.Field(default=60, gt=0)
    """Minutes between two compactions."""
    compact_files: int = pydantic.Field(default=10, ge=2)
    """A partition is compacted when it has at least this many small files."""
    stop_seconds: float = pydantic.Field(default=30, gt=0)
    """How long a batch may go on after SIGTERM before it is abandoned."""
    max_failures: int = pydantic.Field(default=5, gt=0)
    """Batches that may fail in a row; then the stream fails."""
    stalled_minutes: float = pydantic.Field(default=30, gt=0)
    """A batch that takes longer is reported as unhealthy."""
    health_file: Path | None = None
    """File with the health of the stream, as JSON, for a supervisor."""


class Config(settings.BaseSettings):
    """The whole configuration; each section is the options of one stage."""

    model_config = settings.SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="NEWSBEAM_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    source: SourceOptions = pydantic.Field(default_factory=SourceOptions)
    fetch: FetchOptions = pydantic.Field(default_factory=FetchOptions)
    extract: ExtractOptions = pydantic.Field(default_factory=ExtractOptions)
    enrich: EnrichOptions = pydantic.Field(default_factory=EnrichOptions)
    stories: StoriesOptions = pydantic.Field(default_factory=StoriesOptions)
    sources: dict[str, SourceSettings] = pydantic.Field(default_factory=dict)
    """What is known of publications, by domain."""
    output: OutputOptions
    pool: PoolOptions = pydantic.Field(default_factory=PoolOptions)
    run: RunOptions = pydantic.Field(default_factory=RunOptions)
    stream: StreamOptions = pydantic.Field(default_factory=StreamOptions)
    windows: WindowOptions = pydantic.Field(default_factory=WindowOptions)

    @property
    def known_sources(self) -> Sources:
        """What is known of publications: from ``[sources]`` and from the feeds."""
        feeds = subscriptions(self.source.feeds, self.source.opml)
        return Sources.of(self.sources, feeds)

    @property
    def workers(self) -> PoolOptions:
        """The child processes of each worker of the runner.

        Other runners than the local one have a worker a core already, and replace one
        that dies: there are none.
        """
        if is_direct(self.run.runner):
            return self.pool
        return self.pool.model_copy(update={"processes": 0})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[settings.BaseSettings],
        init_settings: settings.PydanticBaseSettingsSource,
        env_settings: settings.PydanticBaseSettingsSource,
        dotenv_settings: settings.PydanticBaseSettingsSource,
        file_secret_settings: settings.PydanticBaseSettingsSource,
    ) -> tuple[settings.PydanticBaseSettingsSource, ...]:
        """Put flags before the environment, and the environment before the file."""
        del dotenv_settings, file_secret_settings
        given = cast("settings.InitSettingsSource", init_settings).init_kwargs
        return (
            settings.InitSettingsSource(settings_cls, given.get("flags", {})),
            env_settings,
            settings.InitSettingsSource(settings_cls, given.get("file", {})),
        )


def load(
    path: Path | None,
    overrides: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    *,
    needs_source: bool = True,
) -> Config:
    """Return the resolved configuration.

    Args:
      path: The TOML file; None for none.
      overrides: ``section.key=value`` assignments, as ``--set`` takes them.
      flags: Values of other flags, nested by section.
      needs_source: Whether something must be named to read.

    Raises:
      ConfigError: With one line for each thing that is wrong.
    """
    problems = environment_problems(Config)
    file = _read(path) if path is not None else {}
    odd = odd_sections(file, Config)
    problems += odd.values()
    file = {name: value for name, value in file.items() if name not in odd}
    given: dict[str, Any] = {}
    for override in overrides:
        _assign(given, override, problems)
    for section, values in (flags or {}).items():
        given.setdefault(section, {}).update(values)
    config: Config | None = None
    try:
        config = Config(file=file, flags=given)  # type: ignore[call-arg]
    except pydantic.ValidationError as error:
        problems += [
            problem(details, Config, has_file=path is not None)
            for details in error.errors()
        ]
    except settings.SettingsError as error:
        # It names the section alone; the value may be a secret and stays unsaid.
        named = re.search(r"field \"(\w+)\"", str(error))
        name = f"NEWSBEAM_{named[1].upper() if named else ''}"
        problems.append(
            f"environment: a variable {name}… is not valid JSON; write lists as "
            '["one", "other"] and tables as {"key": "value"}'
        )
    # The globs are judged even where something else is wrong: every error at once.
    patterns = config.source.files if config else _raw_patterns(given, file)
    problems += [
        f"source.files[{number}]: {wrong}"
        for number, pattern in enumerate(patterns)
        if (wrong := match_problem(pattern))
    ]
    served = config.fetch.serve if config else _served(given, file)
    problems += [
        f"fetch.serve.{host}: no such folder: '{folder}'"
        for host, folder in served.items()
        if not Path(folder).is_dir()
    ]
    if config is not None:
        problems += _feed_problems(config)
        source = config.source
        is_idle = not (source.files or source.feeds or source.opml)
        if needs_source and is_idle and not problems:
            problems.append(
                "source: nothing to read; name files or feeds in the configuration or "
                "with --files and --feed"
            )
    if problems or config is None:
        raise ConfigError(*problems)
    return config


def doubts(config: Config) -> list[str]:
    """Return what is not an error but hardly intended: nothing to read, a feed twice."""
    source = config.source
    if not (source.files or source.feeds or source.opml):
        return ["source: nothing to read yet; list feeds or files"]
    first: dict[str, str] = {}
    found = []
    listed = [(f"source.feeds.{n}", feed.url) for n, feed in enumerate(source.feeds)]
    if source.opml is not None:
        listed += [
            (str(source.opml), feed.url) for feed in read_opml(source.opml.read_bytes())
        ]
    for place, url in listed:
        address = canonical(url) or url
        if address in first:
            same = first[address]
            found.append(f"{place}: listed twice, see {same}: {redact_input(url)}")
        first.setdefault(address, place)
    if listed:
        found += [
            f"{name}: set in the environment, and not used: newsbeam connects to "
            "publishers itself, so that it can judge their addresses"
            for name in unused_proxies()
        ]
    return found


def _raw_patterns(*sources: Mapping[str, Any]) -> list[str]:
    """Return the globs of the first source that has any, as far as they are strings."""
    for source in sources:
        section = source.get("source")
        listed = section.get("files") if isinstance(section, dict) else None
        if isinstance(listed, (list, tuple)):
            return [pattern for pattern in listed if isinstance(pattern, str)]
    return []


def _feed_problems(config: Config) -> list[str]:
    problems = []
    try:
        found = subscriptions(config.source.feeds, config.source.opml)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return [f"source.opml: {config.source.opml}: {reason}"]
    if found:
        try:
            identity("0", config.fetch.contact)
        except ValueError:
            problems.append(
                "fetch.contact: say in printable ASCII where publishers reach you, a URL "
                "or an address; it is sent with every request"
            )
    problems += [
        f"source.feeds.{number}.{missing}"
        for number, feed in enumerate(config.source.feeds)
        if feed.enabled
        for missing in feed.missing()
    ]
    return problems


def _served(given: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, str]:
    """Return the folders that are to be served, as far as they are texts."""
    found: dict[str, str] = {}
    for source in (file, given):
        section = source.get("fetch")
        hosts = section.get("serve") if isinstance(section, dict) else None
        if isinstance(hosts, dict):
            found |= {host: to for host, to in hosts.items() if isinstance(to, str)}
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        # Some editors begin a file with a byte order mark.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not UTF-8, as TOML must be: byte {error.start + 1}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _assign(given: dict[str, Any], override: str, problems: list[str]) -> None:
    name, equals, text = override.partition("=")
    *sections, key = name.strip().split(".")
    if not equals or not sections or not key:
        problems.append(f"--set {override}: write section.key=value")
        return
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    for section in sections:
        given = given.setdefault(section, {})
        if not isinstance(given, dict):
            problems.append(f"--set {override}: {section} is set to a value already")
            return
    given[key] = value
