"""Sources: what is known of the publication behind an address.

What was declared of an article wins; this fills what is missing, for files as for feeds.
The first that knows it decides: the table ``[sources]`` of the configuration, the settings
of one's feeds, and for the country a domain of the country's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from transforms.codes import countries, country_problem, language_problem
from transforms.listings import Subscription
from transforms.work.options import Options, checked

# Domains of countries that are sold to everybody, for what they spell or what they cost:
# they say nothing of a publication's country.  They are those that Google's guide to sites
# for several regions lists as generic, those that Freenom gave away, and others that are
# sold as words.
_SOLD = frozenset(
    "ad ag ai am as bi bz cc cd cf cm co cx dj fm ga gd gg gl gq gs hn im io je la lc li ly "
    "me ml mn ms mu nu pn pw sc sh sl so sr st sx tc tk tl tm to tv vc vg ws".split()
)
# The letters of ISO 3166-1 are others.
_OTHER_LETTERS = {"uk": "GB"}
# Names of hosts that only say what is served there.
_SERVED = frozenset("www rss feed feeds".split())


class SourceSettings(Options):
    """What a table of ``[sources]`` says of a domain."""

    name: str | None = None
    """The publication's name."""
    country: Annotated[str, checked(country_problem)] | None = None
    """The publication's country, ISO 3166-1 alpha-2."""
    language: Annotated[str, checked(language_problem)] | None = None
    """For the reader of the list: the language of an article is detected from its text."""


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """What is known of a publication."""

    name: str | None = None
    country: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """The publications that are known, by host: each stands for the hosts below it."""

    by_host: Mapping[str, Source] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: Mapping[str, SourceSettings],
        feeds: Iterable[Subscription] = (),
    ) -> Sources:
        """Return what a configuration knows.

        Args:
          settings: Its table ``[sources]``, by domain.
          feeds: Its feeds.  Where two of one host say different things, neither counts.
        """
        said: dict[str, set[tuple[str, str]]] = {}
        for feed in feeds:
            pairs = [("name", feed.name), ("country", feed.country)]
            known = {(key, value) for key, value in pairs if value}
            said.setdefault(_site(feed.url), set()).update(known)
        found = {
            host: Source(_only(pairs, "name"), _only(pairs, "country"))
            for host, pairs in said.items()
        }
        for host, told in settings.items():
            name = host.lower().removeprefix("www.")
            before = found.get(name, Source())
            found[name] = Source(
                told.name or before.name, told.country or before.country
            )
        return cls(found)

    def find(self, url: str | None) -> Source:
        """Return what is known of the publication at an address."""
        host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
        known = [self.by_host[name] for name in _above(host) if name in self.by_host]
        name = next((one.name for one in known if one.name), None)
        country = next((one.country for one in known if one.country), None)
        return Source(name, country or country_of(host))


def country_of(host: str) -> str | None:
    """Return the country whose domain a host is in, None where that says nothing."""
    *below, last = host.lower().split(".")
    if not below or last in _SOLD:
        return None
    code = _OTHER_LETTERS.get(last, last.upper())
    return code if last != "gb" and code in countries() else None


def _site(url: str) -> str:
    """Return the host that a feed speaks for."""
    first, _, rest = (urlsplit(url).hostname or "").partition(".")
    return rest if first in _SERVED and "." in rest else f"{first}.{rest}"


def _above(host: str) -> Iterator[str]:
    """Yield a host and those above it, down to two labels."""
    while "." in host:
        yield host
        host = host.partition(".")[2]


def _only(pairs: Iterable[tuple[str, str]], key: str) -> str | None:
    values = {value for name, value in pairs if name == key}
    return values.pop() if len(values) == 1 else None
