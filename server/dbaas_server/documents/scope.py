"""What a filter, an expression or an update is compiled under."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bson import DatetimeMS

from .errors import Code, DocumentError
from .values import SIMPLE, Collation

__all__ = ["Scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """One command's surroundings.

    Attributes:
        collation: how its strings are compared.
        variables: the command's ``let``, by name without ``$$``.
        now: ``$$NOW``, one moment for the whole command.
        deadline: when it has to be done (``time.monotonic()`` seconds), from ``maxTimeMS``; None is without an end.
    """

    collation: Collation = SIMPLE
    variables: Mapping[str, Any] = field(default_factory=dict)
    now: DatetimeMS = field(default_factory=lambda: DatetimeMS(int(time.time() * 1_000)))
    deadline: float | None = None

    def look_at_the_clock(self) -> None:
        """Stop a command that has had its time.

        Raises:
            DocumentError: ``MaxTimeMSExpired``.
        """
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DocumentError(Code.MaxTimeMSExpired, "operation exceeded time limit")
