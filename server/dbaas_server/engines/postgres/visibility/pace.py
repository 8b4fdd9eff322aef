"""How long questions about changes may take, and how many of them are under way.

What others wrote is run here: policies by the database's owner, filters by anybody. Each kind has connections of its
own, so that slow ones hold up their like only, and a time of its own, after which PostgreSQL itself gives up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["CHECK", "FILTER", "PATIENT", "QUICK", "Pace", "Throng"]

FEW, MANY = 4, 256
"""Questions under way on a table: of which it is not known that they are quick, and at most."""

QUICK_SECONDS = 0.02
"""After an answer that came so soon, one more question is under way."""

ENOUGH_SECONDS = 0.6
"""After this long no more questions are asked where somebody waits who has nothing to do with them."""

KNOWN_SECONDS = 60.0
_KNOWN = 1_000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pace:
    """A kind of question.

    Attributes:
        name: of its connections.
        timeout_ms: None: as long as every statement.
    """

    name: str
    timeout_ms: int | None = None


CHECK = Pace("")
QUICK = Pace(" policies", 300)
PATIENT = Pace(" patient")
FILTER = Pace(" filters", 500)


class Throng:
    """Many callers' questions about one table, as many at a time as it has been quick to answer.

    Callers whose question took too long are remembered for a while, and not asked for again in a hurry.
    """

    def __init__(self) -> None:
        self._size = FEW
        self._slow: dict[object, float] = {}

    async def ask(
        self, keys: Sequence[object], question: Callable[[int], Awaitable[_T | None]], *, hurry: bool
    ) -> list[_T | None]:
        """Ask for each key, by its place.

        Args:
            question: None: it took too long.
            hurry: those who take long, and those who would have to wait for them, get None.

        Raises:
            What the first question that fails raises.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        answers: list[_T | None] = [None] * len(keys)
        waiting = [place for place, key in enumerate(keys) if not (hurry and self._slow.get(key, began) > began)]
        waiting.reverse()
        errors: list[Exception] = []

        async def work() -> None:
            while waiting and not errors:
                at = loop.time()
                if hurry and at - began > ENOUGH_SECONDS:
                    return
                place = waiting.pop()
                try:
                    answers[place] = await question(place)
                except Exception as error:
                    errors.append(error)
                    return
                if answers[place] is None:
                    self._is_slow(keys[place], loop.time())
                elif loop.time() - at < QUICK_SECONDS and self._size < MANY:
                    self._size += 1
                    if waiting:
                        group.create_task(work())

        if len(waiting) == 1:
            place = waiting[0]
            answers[place] = await question(place)
            if answers[place] is None:
                self._is_slow(keys[place], loop.time())
            return answers
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._size, len(waiting))):
                group.create_task(work())
        if errors:
            raise errors[0]
        return answers

    def _is_slow(self, key: object, now: float) -> None:
        self._size = FEW
        if len(self._slow) >= _KNOWN:
            self._slow.clear()
        self._slow[key] = now + KNOWN_SECONDS
