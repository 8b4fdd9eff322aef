"""What code costs in CPU time, on machines that other tests load as well."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ATTEMPTS = 20


@contextmanager
def uncollected() -> Iterator[None]:
    """Without collections of garbage, which in a process that ran many tests take longer than what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def costs_less_than(seconds: float, attempt: Callable[[], object]) -> bool:
    """Whether ``attempt`` can be done in less than ``seconds`` of this thread's CPU time.

    CPU time, too, grows when others use the caches and the sibling threads of a core: the best of several attempts
    tells what the code costs, and one below the bound is enough.
    """
    return any(_cost(attempt) < seconds for _ in range(ATTEMPTS))


def _cost(attempt: Callable[[], object]) -> float:
    started = time.thread_time()
    attempt()
    return time.thread_time() - started
