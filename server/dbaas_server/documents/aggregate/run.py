"""What stages run in: where other collections are read, how much may be kept, when to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import bson

from ..codec import CODEC, Document
from ..errors import Code, DocumentError
from ..match import And, Node
from ..scope import Scope

__all__ = ["BOUND", "Batch", "Batches", "Leading", "Run", "weight"]

Batch: TypeAlias = list[Document]
Batches: TypeAlias = AsyncIterator[Batch]

Value = TypeVar("Value")
Made = TypeVar("Made")

BOUND: Final = 100 * 1024 * 1024
"""Bytes that one stage keeps in memory."""

_BREATH: Final = 0.005
_SAMPLE: Final = 12


@dataclass(frozen=True, slots=True)
class Leading:
    """What a pipeline begins with; whoever reads the collection does all of it, in this order.

    Attributes:
        match: the documents wanted; None: all.
        sort: field → 1 or -1.
        skip: so many left out.
        limit: so many at most; 0: none at all.
        fields: the top-level fields that matter; None: all. Others may be given or not.
    """

    match: Node | None = None
    sort: Mapping[str, Any] | None = None
    skip: int = 0
    limit: int | None = None
    fields: frozenset[str] | None = None

    def narrowed(self, match: Node) -> Leading:
        """With one condition more, which comes before any sorting and counting."""
        return replace(self, match=match if self.match is None else And((match, self.match)))


@dataclass(slots=True)
class Run:
    """One run of a pipeline.

    Attributes:
        scope: the command's.
        read: another collection's documents, what they begin with done. A collection that is not there is empty.
        is_indexed: whether an index of a collection begins with a field.
        folder: where files go that are too large for memory; None: the system's.
        bound: bytes that one stage may keep.
        allow_disk_use: False: past the bound is an error.
    """

    scope: Scope
    read: Callable[[str, Leading], Batches]
    is_indexed: Callable[[str, str], Awaitable[bool]]
    folder: Path | None = None
    bound: int = BOUND
    allow_disk_use: bool = True
    _last: float = field(default_factory=time.monotonic)

    def is_out_of_breath(self) -> bool:
        """Whether this has run for a while: :meth:`breathe`."""
        return time.monotonic() - self._last > _BREATH

    async def breathe(self) -> None:
        """Let others run, when this has run for a while.

        Raises:
            DocumentError: ``MaxTimeMSExpired``.
        """
        now = time.monotonic()
        if now - self._last > _BREATH:
            self.scope.look_at_the_clock()
            await asyncio.sleep(0)
            self._last = time.monotonic()

    async def of_each(self, values: Iterable[Value], function: Callable[[Value], Made]) -> list[Made]:
        """What a function gives of each value; others run in between. Raises as :meth:`breathe`."""
        made = []
        for value in values:
            made.append(function(value))
            if self.is_out_of_breath():
                await self.breathe()
        return made

    def may_spill(self, stage: str) -> None:
        """Whether a stage may go to disk.

        Raises:
            DocumentError: ``QueryExceededMemoryLimitNoDiskUseAllowed``.
        """
        if not self.allow_disk_use:
            raise DocumentError(
                Code.QueryExceededMemoryLimitNoDiskUseAllowed,
                f"PlanExecutor error during aggregation :: caused by :: {stage} exceeded memory limit of {self.bound} "
                "bytes, but did not opt in to external sorting. Pass allowDiskUse:true to opt in.",
            )


def weight(values: list[Any]) -> int:
    """Bytes that values take in memory, about; of many, some are looked at."""
    if not values:
        return 0
    step = max(1, len(values) // _SAMPLE)
    looked_at = values[::step]
    raw = len(bson.encode({"": looked_at}, codec_options=CODEC))
    return (2 * raw + 400 * len(looked_at)) * len(values) // len(looked_at)
