"""Request: a page, or a site's file, asked for when the turn of its host has come."""

from __future__ import annotations

import datetime as dt
from typing import Any

from transforms.vocabulary import Stage
from transforms.web.access import Network, host_of
from transforms.web.response import FetchError, Response
from transforms.work.turns import Turn


def request(
    network: Network, url: str, *, is_new: bool, pause: float, **how: Any
) -> tuple[Response, dt.datetime | None]:
    """Request what is at a URL.

    Args:
      network: The way to the web.
      url: The URL.
      is_new: It was not put off before.
      pause: Seconds that the host is left alone afterwards.
      **how: As :meth:`transforms.web.client.Client.fetch` takes it.

    Returns:
      The answer, and until when the host wants to be left alone.

    Raises:
      FetchError: When no complete answer came.
      NotYet: When the turn does not come in this batch.
    """

    def ask() -> tuple[Response, dt.datetime | None]:
        # What the host said is noted at once: the answer may be read batches later.
        try:
            response = network.client.fetch(url, pause=pause, **how)
        except FetchError as error:
            network.hosts.failed(error)
            raise
        return response, network.hosts.heard(response.answer())

    rest = network.client.rest(url)
    turn = Turn(Stage.PAGES, host_of(url), url, is_new, rest, pause)
    return network.turns.take(turn, ask)
