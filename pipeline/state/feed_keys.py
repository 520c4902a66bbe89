"""Feed keys: what the state of a feed is kept under, and the secret that they rest on.

An address without secrets is its own key.  Of any other the key is a keyed hash of the
whole address: two feeds that differ in a token alone have two states, and who reads the
dataset learns no token.  The hash's own key is a random file beside the index, which its
owner alone may read.  If it is lost, feeds with secrets are asked as if for the first
time, and their articles are known by their ids.
"""

from __future__ import annotations

import binascii
import contextlib
import dataclasses
import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipeline.configuration.config import Config
from transforms.errors import ConfigError
from transforms.listings import Subscription
from transforms.parse.subscriptions import subscriptions
from transforms.redaction import redact, redact_feed
from transforms.write.durable import sync_folder

log = logging.getLogger(__name__)

KEY_FILE = "feeds.key"
_BYTES = 32
_KEY_DIGITS = 32


@dataclasses.dataclass(frozen=True, slots=True)
class FeedKeys:
    """Makes the keys of feeds.

    Attributes:
      secret: What makes the hashes of one dataset differ from those of others.
    """

    secret: bytes = dataclasses.field(repr=False)

    def of(self, url: str) -> str:
        """Return the key of the feed at ``url``."""
        url = url.strip()
        if redact_feed(url) == url:
            return url
        size = _KEY_DIGITS // 2
        return hashlib.blake2b(
            url.encode(), key=self.secret, digest_size=size
        ).hexdigest()

    def given_to(self, feeds: Iterable[Subscription]) -> tuple[Subscription, ...]:
        """Return feeds with their keys, and with what earlier versions knew them by.

        Args:
          feeds: All the feeds that are configured: what two of them share is not an alias.
        """
        feeds = tuple(feeds)
        names = Counter(redact(feed.url) for feed in feeds)
        return tuple(
            dataclasses.replace(
                feed,
                key=self.of(feed.url),
                alias=redact(feed.url) if names[redact(feed.url)] == 1 else None,
            )
            for feed in feeds
        )


def open_keys(folder: Path) -> FeedKeys:
    """Return the keys of the dataset whose index is in ``folder``, made at first use.

    Raises:
      ConfigError: When the key's file cannot be read or written.
    """
    path = folder / KEY_FILE
    try:
        secret = _read(path)
        if secret is None:
            secret = os.urandom(_BYTES)
            _write(path, secret)
            # Another process may have been first.
            secret = _read(path) or secret
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; the key of the dataset's feeds must be "
            "readable for who runs newsbeam"
        ) from error
    return FeedKeys(secret)


def take_keys(source: Path, target: Path) -> None:
    """Give a copy of a dataset the keys of its feeds, where it has none.

    Args:
      source: The folder of the dataset's index.
      target: That of the copy's.

    Raises:
      ConfigError: When a key's file cannot be read or written.
    """
    try:
        secret = _read(source / KEY_FILE)
        if secret is not None:
            target.mkdir(parents=True, exist_ok=True)
            _write(target / KEY_FILE, secret)
    except OSError as error:
        raise ConfigError(f"{target / KEY_FILE}: {error.strerror}") from error


def feeds_of(config: Config, keys: FeedKeys) -> tuple[Subscription, ...]:
    """Return the feeds that a configuration names, of its share, with their keys.

    Raises:
      ValueError: When the OPML file is not valid; the message says why.
      OSError: When it cannot be read.
    """
    feeds = keys.given_to(subscriptions(config.source.feeds, config.source.opml))
    return tuple(feed for feed in feeds if config.fetch.share.holds_feed(feed.url))


def _read(path: Path) -> bytes | None:
    """Return the secret in a file; None where there is none, or a broken one."""
    try:
        secret = binascii.unhexlify(path.read_bytes().strip())
    except FileNotFoundError:
        return None
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) == _BYTES:
        return secret
    broken = path.with_suffix(".broken")
    log.warning(
        "%s holds no key: moved to %s, and a new one is made; feeds whose addresses "
        "hold secrets are asked as if for the first time",
        path,
        broken,
    )
    path.replace(broken)
    return None


def _write(path: Path, secret: bytes) -> None:
    """Write the secret into a file that is new, whole and its owner's alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(binascii.hexlify(secret) + b"\n")
        file.flush()
        os.fsync(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    sync_folder(path.parent)
