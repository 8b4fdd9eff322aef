"""How long one step may hold the event loop that serves everybody.

1. A step is what one task does between two times that others may run; nothing but the step itself can end it early.
   Whatever is worked out within one document, or to compile one command, looks at the clock now and then.
2. What counts is the thread's CPU time: a step is not to fail because the machine is busy.
3. A step begins with the first look at the clock after others ran. Where no loop runs nobody is held up, and nothing
   is refused.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, TypeVar

from .errors import Code, DocumentError

__all__ = ["MATCHING_SECONDS", "STEP_SECONDS", "TooLong", "breathe", "look", "matching", "spend", "watched"]

STEP_SECONDS: Final = 0.25
"""CPU seconds of one step, about; what takes longer is an error."""

MATCHING_SECONDS: Final = 0.1
"""Of those, what may go into patterns that have to be tried in many ways."""

_STOPPED: Final = 51156
_LEAST: Final = 0.001
_BREATH: Final = 0.005
_MANY: Final = 256
"""Turns between two looks at the clock."""

_turns = _MANY

T = TypeVar("T")


class TooLong(DocumentError):
    """A step has lasted too long. It is no error that a driver tries again by itself."""

    def __init__(self) -> None:
        super().__init__(
            Code.OperationFailed,
            f"One document, or the command itself, takes more than {STEP_SECONDS} seconds of processor time to work on "
            "at one stretch.",
            hint="Use fewer and smaller operands, or arrays with fewer elements.",
        )


class _Step(threading.local):
    task: asyncio.Task[Any] | None = None
    began = 0.0
    matched = 0.0

    def end(self) -> None:
        self.task = None


_step = _Step()


def spend(turns: int = 1) -> None:
    """Count turns of loops, and look at the clock when there were many.

    Raises:
        TooLong: as :func:`look`.
    """
    global _turns
    _turns -= turns
    if _turns < 0:
        look()


def look() -> None:
    """Look at the clock.

    Raises:
        TooLong: the step has lasted too long.
    """
    global _turns
    _turns = _MANY
    if _is_under_way() and time.thread_time() - _step.began > STEP_SECONDS:
        raise TooLong


async def breathe() -> None:
    """Let others run, when this step has lasted for a while."""
    if _is_under_way() and time.thread_time() - _step.began > _BREATH:
        await asyncio.sleep(0)


def watched(items: Collection[T]) -> Collection[T] | Iterator[T]:
    """The same items; the clock is looked at now and then while they are gone through.

    Raises:
        TooLong: as :func:`look`, while they are.
    """
    count = len(items)
    if count > _MANY:
        return _in_turns(items)
    spend(count)
    return items


def _in_turns(items: Collection[T]) -> Iterator[T]:
    look()
    for count, item in enumerate(items, 1):
        yield item
        if not count % _MANY:
            look()


def matching(attempt: Callable[[float], T]) -> T:
    """Try a pattern that may take long.

    Args:
        attempt: given the seconds that it may take; raises ``TimeoutError`` past them.

    Raises:
        DocumentError: 51156, patterns have had the time of one step.
        TooLong: as :func:`look`.
    """
    look()
    known = _is_under_way()
    left = MATCHING_SECONDS - _step.matched if known else MATCHING_SECONDS
    began = time.thread_time()
    try:
        if left <= 0:
            raise TimeoutError
        return attempt(max(left, _LEAST))
    except TimeoutError:
        raise DocumentError(
            _STOPPED,
            "Error occurred while executing the regular expression: it takes too long on the texts of one document.",
            hint="Avoid nested quantifiers, look-around and references back.",
        ) from None
    finally:
        if known:
            _step.matched += time.thread_time() - began


def _is_under_way() -> bool:
    """Whether there is a step, which begins now unless it has; False where no loop runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    task = asyncio.current_task(loop)
    if task is None:
        return False
    if _step.task is not task:
        _step.task, _step.began, _step.matched = task, time.thread_time(), 0.0
        loop.call_soon(_step.end)  # nobody runs before it but what the loop has begun with already
    return True
