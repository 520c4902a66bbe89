"""What a site permits: robots.txt, by the rules of RFC 9309.

It applies to pages only.  A feed is made to be fetched by programs, and the user chose it
by its address, as in a browser: that is a subscription, not a crawl.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
import threading
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from protego import Protego

from transforms.text.charset import decode
from transforms.vocabulary import FetchOutcome, Reason
from transforms.web.response import FetchError, Response
from transforms.web.waiting import Passing, page_verdict

TOKEN = "newsbeam"  # noqa: S105 - the name that a robots.txt calls us by
KEPT = dt.timedelta(days=1)
"""How long a robots.txt is believed (RFC 9309, section 2.4)."""
MAX_DELAY = 60.0
"""Seconds; a site that asks for more between two pages would not be read in a run."""

MAX_ROBOTS_BYTES = 500 * 1_024
"""Of one file, the first ones: RFC 9309, section 2.5."""
_RETRY = dt.timedelta(hours=1)
"""How long a site without a readable robots.txt is left alone."""
# Protego multiplies the agents of a group by its rules, and takes these spellings.
_AGENT = re.compile(r"^\s*user[- ]?agent\s*:?\s*([^#\n]*)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class RobotsFile:
    """A robots.txt as it was found; may be kept from run to run.

    Attributes:
      origin: Scheme, host and port that it speaks for.
      at: When it was asked for.
      text: What it says; empty if the site has no such file; None if it was not
        available, and nothing may be fetched until it is.
      reason: Why it was not available.
      detail: The same for a person.
    """

    origin: str
    at: dt.datetime
    text: str | None
    reason: Reason | None = None
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Permission:
    """What a site says about the request for one of its pages.

    Attributes:
      file: The site's robots.txt.
      is_given: The page may be fetched.
      delay: Seconds that the site wants between two requests, at most 60; None where it
        does not say.
      was_asked: The site was asked for the file to learn this.
      response: What it answered; None where no complete answer came.
    """

    file: RobotsFile
    is_given: bool
    delay: float | None = None
    was_asked: bool = False
    response: Response | None = None


class SiteFiles:
    """The files of one name that sites have for programs; may be shared by threads.

    Args:
      fetch: Fetches the file at a URL, redirects followed, of a long one its
        first MAX_ROBOTS_BYTES; raises FetchError.
      now: The time.
      known: Finds the file that an earlier run kept, by its origin; one that is too
        old, or that was not available, is not used.
      retry: How long a site without a readable file is left alone.
    """

    path = "/robots.txt"

    def __init__(
        self,
        fetch: Callable[[str], Response],
        now: Callable[[], dt.datetime],
        known: Callable[[str], RobotsFile | None] = lambda _: None,
        retry: dt.timedelta = _RETRY,
    ) -> None:
        self._retry = retry
        self._fetch = fetch
        self._now = now
        self._known = known
        self._files: dict[str, RobotsFile] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def file(self, url: str) -> tuple[RobotsFile, bool, Response | None]:
        """Return the file of a page's site; asks the site if need be.

        Args:
          url: An absolute http(s) URL.

        Returns:
          The file, whether the site was asked for it, and what it answered.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock_of(origin):
            file, was_asked, response = self._files.get(origin), False, None
            if file is None:
                file = self._known(origin)
                # A file that was not available to another batch may be there now.
                file = None if file is None or file.text is None else file
            if file is None or not self._is_fresh(file):
                was_asked = True
                file, response = self._read(origin)
            self._files[origin] = file
        return file, was_asked, response

    def _lock_of(self, origin: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(origin, threading.Lock())

    def _is_fresh(self, file: RobotsFile) -> bool:
        kept = self._retry if file.text is None else KEPT
        return dt.timedelta() <= self._now() - file.at < kept

    def _read(self, origin: str) -> tuple[RobotsFile, Response | None]:
        """Ask for the file, and return it with the answer, if one came."""
        now = self._now()
        try:
            response = self._fetch(f"{origin}{self.path}")
        except FetchError as error:
            return _without_answer(origin, now, error), None
        return _answered(origin, now, response), response


class Robots(SiteFiles):
    """Checks the robots.txt of any number of sites; may be shared by threads."""

    def permission(self, url: str) -> Permission:
        """Return whether a page may be fetched; asks the site if need be.

        Args:
          url: An absolute http(s) URL.
        """
        file, was_asked, response = self.file(url)
        if file.text is None:
            return Permission(
                file, is_given=False, was_asked=was_asked, response=response
            )
        rules = _rules(file.text)
        is_given, delay = rules.can_fetch(url, TOKEN), rules.crawl_delay(TOKEN)
        delay = None if delay is None else min(delay, MAX_DELAY)
        return Permission(file, is_given, delay, was_asked, response)


@functools.lru_cache(maxsize=1_000)
def _rules(text: str) -> Protego:
    return Protego.parse(_ours(text))


def _without_answer(origin: str, now: dt.datetime, error: FetchError) -> RobotsFile:
    if error.outcome is FetchOutcome.REDIRECT:
        return RobotsFile(origin, now, "")
    verdict = page_verdict(error)
    reason = verdict.reason
    if isinstance(verdict, Passing) and reason is Reason.HTTP_ERROR:
        # The host is there, but its answer is not a robots.txt.
        reason = Reason.ROBOTS_UNREACHABLE
    return RobotsFile(origin, now, None, reason, f"robots.txt: {error.detail}")


def _answered(origin: str, now: dt.datetime, response: Response) -> RobotsFile:
    """Judge by the status (RFC 9309, section 2.3.1)."""
    if response.status == HTTPStatus.OK:
        return RobotsFile(origin, now, decode(_first_lines(response.body)))
    # 429 says that we are not welcome now, other 4xx that there is no such file.
    is_welcome = response.status != HTTPStatus.TOO_MANY_REQUESTS
    if is_welcome and response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RobotsFile(origin, now, "")
    detail = f"robots.txt: HTTP status {response.status}"
    return RobotsFile(origin, now, None, Reason.ROBOTS_UNREACHABLE, detail)


def _first_lines(body: bytes) -> bytes:
    if len(body) < MAX_ROBOTS_BYTES:
        return body
    # The last line may be cut in its middle, and then permit what it forbids.
    return body[:MAX_ROBOTS_BYTES].rpartition(b"\n")[0]


def _ours(text: str) -> str:
    """Give all agents that are not ours one name, so that they cannot add up."""
    return "\n".join(map(_named, text.splitlines()))


def _named(line: str) -> str:
    agent = _AGENT.match(line)
    if agent is None:
        return line
    # A version is no part of the token (RFC 9309, section 2.2.1).
    token = agent[1].partition("/")[0].strip().lower()
    return f"User-agent: {token if token in {'*', TOKEN} else 'other'}"
