"""Share: which feeds and files one of several runs side by side takes."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from urllib.parse import urlsplit

from transforms.urls import domain

_FORM = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """One of some equal shares.

    Attributes:
      number: Which, from 1 on.
      of: How many there are.
    """

    number: int = 1
    of: int = 1

    @property
    def is_all(self) -> bool:
        """Return whether there is no other."""
        return self.of == 1

    def holds(self, text: str) -> bool:
        """Return whether a text is in it; each is in one share, everywhere the same."""
        digest = hashlib.blake2b(
            text.encode("utf-8", "replace"), digest_size=8
        ).digest()
        return int.from_bytes(digest) % self.of == self.number - 1

    def holds_feed(self, url: str) -> bool:
        """Return whether a feed is in it, with all others of its site."""
        return self.of == 1 or self.holds(site_of(url))


def share(text: str) -> Share:
    """Return the share that ``3/16`` names; see :func:`share_problem`."""
    number, of = text.split("/")
    return Share(int(number), int(of))


def share_problem(text: str) -> str | None:
    """Return what is wrong with the name of a share, None if nothing is."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        return "must be a share and how many there are, such as 3/16"
    return None


def site_of(url: str) -> str:
    """Return the registrable domain of a URL, or its host where it has none."""
    try:
        return domain(url) or urlsplit(url).hostname or url
    except ValueError:
        return url
