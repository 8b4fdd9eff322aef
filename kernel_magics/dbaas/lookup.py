"""Names for completion: fetched beside the person's typing, kept a short while, never waited for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, TypeVar

from .errors import DbaasError

__all__ = ["Lookup"]

T = TypeVar("T")


class Lookup:
    """Answers kept for a while, fetched on a thread of its own.

    Args:
        fresh_seconds: an answer this young is taken as it is; an older one is taken too while a newer one is fetched.
        wait_seconds: how long a first answer is waited for; when it is late, the next question finds it.
        most: answers that are kept; the oldest ones go.
    """

    def __init__(self, *, fresh_seconds: float = 5.0, wait_seconds: float = 0.25, most: int = 200) -> None:
        self._fresh = fresh_seconds
        self._wait = wait_seconds
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[Any, tuple[float, Any]] = {}
        self._running: dict[Any, Future[None]] = {}
        self._newest: dict[str, Any] = {}  # the last question of its kind
        # One that is slow does not keep the next one waiting.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="dbaas-completion")

    def get(
        self,
        key: Any,
        fetch: Callable[[], T],
        default: T,
        *,
        fresh_seconds: float | None = None,
        wait_seconds: float | None = None,
        instead_of: str | None = None,
    ) -> T:
        """The answer to ``key``, or ``default`` while there is none.

        Args:
            fresh_seconds, wait_seconds: for this answer alone.
            instead_of: a kind of question of which only the newest matters: an earlier one that waits is given up.
        """
        with self._lock:
            if instead_of is not None:
                self._give_up(self._newest.get(instead_of), key)
                self._newest[instead_of] = key
            at, value = self._known.get(key, (float("-inf"), default))
            fresh = time.monotonic() - at < (self._fresh if fresh_seconds is None else fresh_seconds)
            if not fresh and key not in self._running:
                self._running[key] = self._threads.submit(self._fetch, key, fetch)
            pending = None if fresh else self._running.get(key)
            known = key in self._known
        if pending is None or known:
            found: T = value
            return found
        try:
            pending.result(self._wait if wait_seconds is None else wait_seconds)
        except (Late, CancelledError):
            return default
        with self._lock:
            late: T = self._known.get(key, (0.0, default))[1]
            return late

    def close(self) -> None:
        """Let the thread end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _give_up(self, earlier: Any, key: Any) -> None:
        waiting = self._running.get(earlier)
        if waiting is not None and earlier != key and waiting.cancel():
            del self._running[earlier]

    def _fetch(self, key: Any, fetch: Callable[[], Any]) -> None:
        try:
            value = fetch()
        except DbaasError:
            return
        else:
            with self._lock:
                self._known.pop(key, None)  # the newest one stands last
                self._known[key] = (time.monotonic(), value)
                while len(self._known) > self._most:
                    del self._known[next(iter(self._known))]
        finally:
            with self._lock:
                self._running.pop(key, None)
