"""A press on this machine: feeds of items as a test has them, and what was asked."""

from __future__ import annotations

from news_site import BODY, Reader, page
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

TEXT = (
    "The council of {} voted to rebuild pillar {} of the old harbour bridge, which "
    "engineers closed last winter after finding cracks in it."
)


class Press:
    """Answers by path and query; what it does not know is not there."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.answers: dict[str, Response] = {}
        self.requests: list[Request] = []
        self.printed = 0
        server.expect_request(_ANY).respond_with_handler(self._answer)

    def url(self, path: str) -> str:
        return self.server.url_for("/") + path.lstrip("/")

    def feed(self, path: str, *items: str, title: str = "Press") -> str:
        """Put up a feed of items; return its address."""
        # No two are the same: a feed that is unchanged is not read.
        self.printed += 1
        self.answers[path] = Response(
            f"<rss version='2.0'><channel><title>{title}</title>"
            f"<generator>{self.printed}</generator>{''.join(items)}</channel></rss>",
            content_type="application/rss+xml",
        )
        return self.url(path)

    def page(self, path: str, city: str, text: str = BODY) -> str:
        """Put up a page; return its address."""
        self.answers[path] = Response(page(city, text), content_type="text/html")
        return self.url(path)

    def fail(self, path: str, status: int, **headers: str) -> None:
        self.answers[path] = Response("", status, headers)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if _where(request) == path]

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        if request.path == "/robots.txt":
            return Response("")
        found = self.answers.get(_where(request)) or self.answers.get(request.path)
        return found or Response("", 404)


def item(**parts: str) -> str:
    """Return an item of a feed; ``&`` in a part is escaped."""
    inner = "".join(
        f"<{name}{_MARKS.get(name, '')}>{text.replace('&', '&amp;')}</{name}>"
        for name, text in parts.items()
    )
    return f"<item>{inner}</item>"


_MARKS = {"guid": " isPermaLink='false'"}


def told(city: str, number: int, **parts: str) -> str:
    """Return an item without link that carries its text."""
    return item(
        title=f"{city} {number}", **parts, description=TEXT.format(city, number)
    )


def news(reader: Reader, *feeds: str, **fetch: object) -> int:
    """Read feeds; return how many articles are new."""
    report = reader.read(*feeds, **fetch)
    assert report.imbalances == []
    return int(report.as_json()["new"])


def _where(request: Request) -> str:
    query = request.query_string.decode()
    return request.path + (f"?{query}" if query else "")


class _Any(str):
    """A path that equals every other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


_ANY = _Any()
