"""A newsroom: feeds that fill up while they are read, as untidy as real ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from typing import Self

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from transforms.text.strings import digest
from transforms.urls import canonical

FEEDS = 3
# Of this number of articles one is listed by two feeds, one is rewritten later, one has no date
# and one was published long ago.
DUPLICATE, REWRITTEN, UNDATED, OLD = 5, 7, 11, 13


class Story:
    """One article, as it stands."""

    def __init__(self, number: int, published: dt.datetime) -> None:
        self.number = number
        self.published = published
        self.versions = 1

    @property
    def feeds(self) -> set[int]:
        first = self.number % FEEDS
        return {first, (first + 1) % FEEDS} if self.number % DUPLICATE == 0 else {first}

    def page(self) -> str:
        title = f"Harbour {self.number} rebuilds its bridge"
        paragraphs = "".join(
            f"<p>The council of harbour {self.number} voted in session "
            f"{self.versions}.{part} to rebuild pillar {part} of the old bridge, which "
            "engineers closed last winter after finding cracks in it.</p>"
            for part in range(4)
        )
        return (
            f"<!DOCTYPE html><html lang='en'><head><title>{title}</title></head><body>"
            f"<article><h1>{title}</h1>{paragraphs}</article></body></html>"
        )


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


class Newsroom:
    """Publishes stories one after another, some again, late or out of order.

    It listens on 127.0.0.1 as long as it is open.
    """

    def __init__(self) -> None:
        self.start = dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.stories: list[Story] = []
        self._lock = threading.Lock()
        self._server = make_server(
            "127.0.0.1",
            0,
            Request.application(self.answer),
            threaded=True,
            request_handler=_Quiet,
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()

    def publish(self) -> None:
        """Bring out one more story."""
        with self._lock:
            number = len(self.stories)
            # Out of order: the minutes go up and down.
            published = self.start - dt.timedelta(minutes=number * 37 % 180)
            if number % OLD == 0:
                published -= dt.timedelta(days=40)
            self.stories.append(Story(number, published))

    def rewrite(self) -> int:
        """Bring out another text of every story that is due for one."""
        with self._lock:
            due = [
                story
                for story in self.stories
                if story.number % REWRITTEN == 0
                # Only its date tells of a rewritten story.
                and story.number % UNDATED != 0
                and story.versions == 1
            ]
            for story in due:
                story.versions += 1
            return len(due)

    def versions(self) -> set[tuple[str, int]]:
        """Return each version that there was, by id and revision."""
        return {
            (digest(canonical(f"{self.url}/story/{story.number}") or ""), revision)
            for story in self.stories
            for revision in range(story.versions)
        }

    @property
    def feeds(self) -> list[str]:
        return [f"{self.url}/feed/{number}" for number in range(FEEDS)]

    def answer(self, request: Request) -> Response:
        kind, _, number = request.path.strip("/").partition("/")
        with self._lock:
            if kind == "feed":
                return self._feed(request, int(number))
            if kind == "story":
                page = self.stories[int(number)].page()
                return Response(page, content_type="text/html; charset=utf-8")
        return Response("", 404)

    def _feed(self, request: Request, number: int) -> Response:
        items = "".join(self._items(number))
        tag = f'"{hashlib.blake2b(items.encode(), digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == tag:
            return Response("", 304, {"ETag": tag})
        feed = (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>Harbours</title>"
            f"<id>urn:harbours:{number}</id>{items}</feed>"
        )
        return Response(feed, 200, {"ETag": tag}, content_type="application/atom+xml")

    def _items(self, number: int) -> Iterator[str]:
        for story in reversed(self.stories):
            if number in story.feeds:
                changed = story.published + dt.timedelta(minutes=story.versions)
                dates = (
                    f"<published>{story.published.isoformat()}</published>"
                    f"<updated>{changed.isoformat()}</updated>"
                )
                if story.number % UNDATED == 0:
                    dates = f"<category term='{story.versions}'/>"
                yield (
                    f"<entry><id>urn:story:{story.number}:{story.versions}</id>"
                    f"<title>Harbour {story.number}</title>"
                    f"<link href='{self.url}/story/{story.number}'/>{dates}</entry>"
                )
