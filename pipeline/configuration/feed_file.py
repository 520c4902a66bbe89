"""Feed file: the list of feeds in a configuration, edited with its comments kept."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Table

from transforms.errors import ConfigError
from transforms.redaction import redact_input
from transforms.urls import canonical
from transforms.write.durable import write_durably

_ADDRESS = re.compile(r"\w+://[^\s\"']+")
_BOM = "\ufeff"


class FeedFile:
    """``source.feeds`` of a TOML file.

    Args:
      path: The file, which is a valid configuration.

    Raises:
      ConfigError: When it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        # A link stays one: what it leads to is written.
        self.path = path.resolve()
        self._name = path
        try:
            self._before = self.path.read_bytes().decode()
            # What is added begins on a line of its own.
            text = self._before if self._before.endswith("\n") else f"{self._before}\n"
            self._document = tomlkit.parse(text.removeprefix(_BOM))
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise ConfigError(f"{path}: {_reason(error)}") from error
        read = self._document.unwrap()
        self._wanted, self._others = _feeds(read), _rest(read)

    @property
    def feeds(self) -> list[dict[str, Any]]:
        """The feeds in order, each as a table."""
        return [dict(feed) for feed in self._wanted]

    def _items(self) -> Any:
        source = self._document.get("source", {})
        return source.get("feeds", [])

    def positions(self, given: str) -> list[int]:
        """Return where the feed stands that is meant by an address or a name.

        A feed may be listed twice.

        Raises:
          ConfigError: When there is none, or there are several.
        """
        feeds = self.feeds
        address = canonical(given) or given
        found = [
            number
            for number, feed in enumerate(feeds)
            if given in {feed["url"], feed.get("name")}
            or (canonical(feed["url"]) or feed["url"]) == address
        ]
        shown = redact_input(given)
        if not found:
            raise ConfigError(f"{self._name}: lists no feed {shown!r}")
        exact = [number for number in found if feeds[number]["url"] == given]
        found = exact or found
        if len({feeds[number]["url"] for number in found}) > 1:
            raise ConfigError(
                f"{self._name}: {shown!r} is {len(found)} feeds: give the address"
            )
        return found

    def has(self, url: str) -> bool:
        """Return whether a feed is listed."""
        address = canonical(url) or url
        return any((canonical(f["url"]) or f["url"]) == address for f in self.feeds)

    def add(self, feed: Mapping[str, Any]) -> None:
        """List a feed, at the end."""
        self._wanted.append(dict(feed))
        source = self._document.setdefault("source", tomlkit.table())
        items = source.setdefault("feeds", tomlkit.array().multiline(multiline=True))
        if isinstance(items, AoT):
            table = tomlkit.table()
            table.update(feed)
            items.append(table)
            return
        entry = _inline(feed) if len(feed) > 1 else feed["url"]
        array = cast("Array", items)
        if "\n" in array.as_string() or not len(array):
            array.add_line(entry, indent="  ")
            if not array.as_string().rstrip("]").endswith("\n"):
                array.add_line(indent="")
        else:
            array.append(entry)

    def enable(self, position: int, *, wanted: bool) -> None:
        """Have a feed asked, or not."""
        feed = self._wanted[position]
        feed.pop("enabled", None)
        if not wanted:
            feed["enabled"] = False
        items = self._items()
        item = items[position]
        if isinstance(item, Table):
            item.pop("enabled", None)
            if not wanted:
                item["enabled"] = False
            return
        items[position] = _inline(feed)

    def remove(self, position: int) -> None:
        """Take a feed out of the list."""
        del self._wanted[position]
        items = self._items()
        if isinstance(items, AoT) and len(items) == 1:
            # Its tables are the list.
            del self._document["source"]["feeds"]
        else:
            del items[position]

    @property
    def _after(self) -> str:
        mark = _BOM if self._before.startswith(_BOM) else ""
        text = mark + tomlkit.dumps(self._document)
        if self._before.count("\r\n") * 2 > self._before.count("\n"):
            # Lines end as those that are there.
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return text

    def change(self) -> str:
        """Return what has changed, as ``diff -u`` does, without secrets."""
        lines = difflib.unified_diff(
            self._before.splitlines(),
            self._after.splitlines(),
            str(self._name),
            str(self._name),
            lineterm="",
        )
        return "\n".join(_ADDRESS.sub(_redacted, line) for line in lines)

    def check(self) -> None:
        """Make sure that it can be written; raises ConfigError."""
        folder = self.path.parent
        if not (os.access(self.path, os.W_OK) and os.access(folder, os.W_OK)):
            raise ConfigError(
                f"{self._name}: cannot be written; change its rights, or give another "
                "file with --config"
            )

    def write(self) -> None:
        """Put what has changed in the place of the file, at once.

        Raises:
          ConfigError: When it cannot be written, or would not be what was wanted.
        """
        self.check()
        text = self._after
        with contextlib.suppress(tomllib.TOMLDecodeError):
            read = tomllib.loads(text.removeprefix(_BOM))
            if _feeds(read) == self._wanted and _rest(read) == self._others:
                try:
                    mode = stat.S_IMODE(self.path.stat().st_mode)
                    write_durably(self.path, text.encode())
                    self.path.chmod(mode)
                except OSError as error:
                    raise ConfigError(f"{self._name}: {_reason(error)}") from error
                return
        raise ConfigError(
            f"{self._name}: its list of feeds cannot be edited without harm; edit it by "
            "hand"
        )


def _feeds(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the feeds of a configuration, each as a table."""
    listed = document.get("source", {}).get("feeds", [])
    return [{"url": one} if isinstance(one, str) else dict(one) for one in listed]


def _rest(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else a configuration says."""
    source = {k: v for k, v in document.get("source", {}).items() if k != "feeds"}
    return {**document, "source": source}


def _inline(feed: Mapping[str, Any]) -> Any:
    """Return a feed as a table on one line, written as people write it."""
    pairs = (
        f"{key} = {tomlkit.item(value).as_string()}" for key, value in feed.items()
    )
    return tomlkit.value(f"{{ {', '.join(pairs)} }}")


def _redacted(found: re.Match[str]) -> str:
    return redact_input(found[0])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
