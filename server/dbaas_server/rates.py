"""How fast counters of databases grow, by what this process saw of them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

__all__ = ["Rates"]

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 60.0
MOST = 1_000


@dataclass(slots=True)
class _Sample:
    at: float
    count: int
    since: tuple[datetime | None, ...]
    rate: float | None = None


class Rates:
    """Two samples make a rate; nothing is sampled but when somebody asks.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: OrderedDict[UUID, _Sample] = OrderedDict()

    def per_second(self, database: UUID, count: int, since: tuple[datetime | None, ...]) -> float | None:
        """How much the count grew per second since the last sample.

        Who asks again within a second is told what was told then; a sample that is older than a minute says nothing of
        now.

        Args:
            since: when counting began; a count that began anew is no sum of the last one and something.

        Returns:
            None while it cannot be told.
        """
        now = self._clock()
        last = self._samples.get(database)
        if last is not None and last.since == since and last.count <= count:
            elapsed = now - last.at
            if elapsed < SHORTEST_SECONDS:
                return last.rate
            rate = (count - last.count) / elapsed if elapsed <= LONGEST_SECONDS else None
        else:
            rate = None
        self._samples[database] = _Sample(now, count, since, rate)
        self._samples.move_to_end(database)
        if len(self._samples) > MOST:
            self._samples.popitem(last=False)
        return rate
