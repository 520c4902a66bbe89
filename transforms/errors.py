"""The exceptions of newsbeam.

::

    NewsbeamError
    ├── ConfigError      the user's options or configuration cannot be used: exit code 2
    ├── LockedError      another run holds the dataset: exit code 3
    ├── RunError         the run failed and says why: exit code 1
    │   └── DatasetError something in the dataset stands in the way
    └── Unreadable       one document cannot be processed: becomes a reject

Messages say what happened, to what, and what to do about it.
"""

from __future__ import annotations

from transforms.redaction import redact, redact_message
from transforms.vocabulary import Reason


class NewsbeamError(Exception):
    """Root of all errors that newsbeam raises on purpose; none shows a secret."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(
            *(redact_message(a) if type(a) is str else a for a in arguments)
        )


class ConfigError(NewsbeamError, ValueError):
    """Options or configuration cannot be used; one line for each problem.

    Attributes:
      problems: One sentence for each thing to correct, dotted path first.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(map(redact_message, problems))
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class LockedError(NewsbeamError):
    """Another run is in progress on the same dataset."""


class RunError(NewsbeamError):
    """The run as a whole failed."""


class DatasetError(RunError):
    """Something in the dataset stands in the way; says the whole name of it."""

    def __init__(self, message: str) -> None:
        # Names that we gave look like tokens, but are not tokens.
        Exception.__init__(self, redact(message))


class Unreadable(NewsbeamError):  # noqa: N818 - it is a verdict, not a fault of newsbeam
    """One document cannot be processed.

    Attributes:
      reason: Why, from the closed list of reasons.
      detail: One line for a person.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        # What it says is redacted where it becomes a row.
        Exception.__init__(self, reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
