"""The signals of a process.

SIGTERM and SIGINT interrupt a command.  One that works until a stop is asked for takes
them as a wish to stop when it has finished its work in progress; if that takes too long, it is
interrupted; a second one does what the signal did before.  SIGHUP asks it to read the
configuration again.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn, Self, TextIO

_STOPPING = (signal.SIGTERM, signal.SIGINT)
# Longer waits overflow some platforms' timers.
_LONGEST_WAIT = 86_400.0
# Seconds.  An exception that a signal raises is lost where Python cannot let it through,
# in the callback of a weak reference say; so it is raised again until it arrives.
_AGAIN = 1.0


class Interrupts:
    """Raises KeyboardInterrupt at SIGTERM and SIGINT; for the main thread.

    Raised again each second, until :func:`arrived` is called or the context is left.

    Attributes:
      number: The first signal that came, None before.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._others = sys.unraisablehook

    def __enter__(self) -> Self:
        for number in _STOPPING:
            signal.signal(number, self._interrupt)
        signal.signal(signal.SIGALRM, self._interrupt_again)
        self._others, sys.unraisablehook = sys.unraisablehook, self._lost
        return self

    def __exit__(self, *error: object) -> None:
        if self.number is not None:
            arrived()

    def _interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        del frame
        self.number = self.number or number
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
        raise KeyboardInterrupt

    def _interrupt_again(self, number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    def _lost(self, lost: sys.UnraisableHookArgs) -> None:
        if self.number is None or not isinstance(lost.exc_value, KeyboardInterrupt):
            self._others(lost)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Do what an interruption may cut short anywhere; what cleans up is outside."""
    try:
        yield
    except BaseException:  # Beam makes it an error of the stage that it hit
        arrived()
        raise


def arrived() -> None:
    """Say that an interruption has got through, so that it is not raised again."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def give_up(stream: TextIO) -> None:
    """Have what is written to a stream from now on go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Signals:
    """Takes the signals of the process while the context lasts; for the main thread.

    Within :class:`Interrupts`, which a second signal goes to.

    Attributes:
      grace: Seconds that work may go on after a stop was asked for.
      notified: Called when it is.
      is_stopping: A stop was asked for.
      was_abandoned: Work went on for too long after that, and was interrupted.
    """

    def __init__(
        self, grace: float, notified: Callable[[], None] = lambda: None
    ) -> None:
        self.grace = grace
        self.notified = notified
        self.is_stopping = False
        self.was_abandoned = False
        # Its put may interrupt its own get, which a signal handler needs.
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._wants_reload = False
        self._is_busy = False
        self._before: dict[int, Any] = {}
        streams = (sys.stdout, sys.stderr)
        self._terminals = [stream for stream in streams if stream.isatty()]

    def __enter__(self) -> Self:
        handlers = dict.fromkeys(_STOPPING, self._stop)
        handlers |= {signal.SIGHUP: self._hang_up, signal.SIGALRM: self._abandon}
        for number, handler in handlers.items():
            self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the next signal."""
        with contextlib.suppress(queue.Empty):
            self._woken.get(timeout=min(max(seconds, 0), _LONGEST_WAIT))

    def take_reload(self) -> bool:
        """Return whether the configuration is to be read again; asks only once."""
        wanted, self._wants_reload = self._wants_reload, False
        return wanted

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Say that work is in progress, which a stop lets finish within :attr:`grace`.

        Raises:
          KeyboardInterrupt: Within, when the grace is over.
        """
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
            if self.is_stopping:
                arrived()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:
            arrived()
            before = self._before[number]
            signal.signal(number, before)
            before(number, frame)
            return
        self.is_stopping = True
        self.notified()
        self._woken.put(None)
        if self._is_busy:
            signal.setitimer(signal.ITIMER_REAL, self.grace, _AGAIN)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._terminals and not any(one.isatty() for one in self._terminals):
            # No wish of a supervisor: the terminal that we were started from is gone.
            for stream in self._terminals:
                give_up(stream)
            self._stop(signal.SIGTERM, frame)
            return
        del number
        self._wants_reload = True
        self._woken.put(None)

    def _abandon(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._is_busy:
            self.was_abandoned = True
            raise KeyboardInterrupt
