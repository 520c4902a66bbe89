"""Logging: plain lines for people, JSON lines for machines; Beam's go the same way."""

from __future__ import annotations

import functools
import logging
import sys
from typing import TYPE_CHECKING

from transforms.redaction import redact_message

if TYPE_CHECKING:
    import structlog

FIELDS = ("new", "rejected", "feeds", "files", "seconds")
"""Figures that a record may carry besides its text."""
PROGRESS_LOG = "newsbeam.progress"
"""The logger of what a terminal shows otherwise: how far the work is."""
REJECTS_LOG = "newsbeam.rejects"
"""The logger of what was rejected, which the summary shows to people."""


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what Beam says at each import about Google clients that nobody asked for."""
    return not str(record.msg).startswith("apitools not found")


def _without_secrets(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Redact what a record says, whoever says it, with the error that it quotes."""
    del logger, method
    return {
        name: redact_message(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


class _Formatter(logging.Formatter):
    """Formats by structlog, which is imported with the first record.

    Most commands log nothing, and it takes as long to import as a quick question.

    Args:
      as_json: One JSON object a record, else one plain line.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        return self._structured.format(record)

    @functools.cached_property
    def _structured(self) -> logging.Formatter:
        import structlog

        shared: list[structlog.typing.Processor] = [
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.PositionalArgumentsFormatter(),
            # What a batch of a stream did, as fields of its line.
            structlog.stdlib.ExtraAdder(FIELDS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        last: structlog.typing.Processor = (
            structlog.processors.JSONRenderer()
            if self._as_json
            else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        )
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_secrets,
                last,
            ],
        )


def configure(level: str | None, *, as_json: bool) -> None:
    """Send every log record of the process to stderr.

    Args:
      level: Least severe level to show: debug, info, warning, error; None for warnings
        and, where stderr is not a terminal, :data:`PROGRESS_LOG`, for machines :data:`REJECTS_LOG`.
      as_json: One JSON object a record, else one plain line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_news)
    handler.setFormatter(_Formatter(as_json=as_json))
    # Importing Beam installs a root handler of its own: replaced, not added to.
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel((level or "warning").upper())
    is_alone = level is None and not sys.stderr.isatty()
    for name, is_shown in ((PROGRESS_LOG, True), (REJECTS_LOG, as_json)):
        shown = logging.INFO if is_alone and is_shown else logging.NOTSET
        logging.getLogger(name).setLevel(shown)
    # What third parties say below a warning is of use to their authors alone.
    for name in ("apache_beam", "trafilatura", "htmldate", "charset_normalizer"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # Of options that it does not know, newsbeam says more.
    logging.getLogger("apache_beam.options.pipeline_options").setLevel(logging.ERROR)
    # What fails a run is reported once, by the command.
    if root.level > logging.DEBUG:
        logging.getLogger("apache_beam.runners").setLevel(logging.CRITICAL)
    # They report every odd page as an error; the reject says it better.
    for name in ("trafilatura", "htmldate", "courlan", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
