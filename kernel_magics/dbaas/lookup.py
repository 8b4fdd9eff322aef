"""Names for completion: fetched beside the person's typing, kept a short while, never waited for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
    """

    def __init__(self, *, fresh_seconds: float = 5.0, wait_seconds: float = 0.25) -> None:
        self._fresh = fresh_seconds
        self._wait = wait_seconds
        self._lock = threading.Lock()
        self._known: dict[Any, tuple[float, Any]] = {}
        self._running: dict[Any, Future[None]] = {}
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dbaas-completion")

    def get(self, key: Any, fetch: Callable[[], T], default: T, *, fresh_seconds: float | None = None) -> T:
        """The answer to ``key``, or ``default`` while there is none. ``fresh_seconds`` for this answer alone."""
        with self._lock:
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
            pending.result(self._wait)
        except Late:
            return default
        with self._lock:
            late: T = self._known.get(key, (0.0, default))[1]
            return late

    def close(self) -> None:
        """Let the thread end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, key: Any, fetch: Callable[[], Any]) -> None:
        try:
            value = fetch()
        except DbaasError:
            with self._lock:
                self._running.pop(key, None)
            return
        with self._lock:
            self._known[key] = (time.monotonic(), value)
            self._running.pop(key, None)
