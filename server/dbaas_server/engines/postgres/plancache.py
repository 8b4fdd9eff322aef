"""Compiled shapes, for one catalog version at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

from ...engine import Limits
from ...nouns import Read, Write
from .catalog import Snapshot
from .compile import ReadPlan, TogetherPlan, WritePlan, plan_called, plan_read, plan_together, plan_write
from .multiplexer import Meter

__all__ = ["Compiled", "PlanCache"]

CAPACITY = 4096
LARGEST = 16 * 1024
"""Bytes of SQL. Longer reads are compiled each time, so that a stranger's pipelines do not fill the memory."""

_K = TypeVar("_K")
_V = TypeVar("_V")


_Plan = TypeVar("_Plan")


class Compiled(Generic[_Plan]):
    """A read's plan and what is known of its cost."""

    __slots__ = ("meter", "plan")

    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        self.meter = Meter()


class PlanCache:
    """Shapes to plans. A shape that comes again as the same object is found without hashing it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._version = 0
        self._same: dict[tuple[int, str], tuple[Read, Compiled[ReadPlan]]] = {}
        self._reads: dict[tuple[Read, str], Compiled[ReadPlan]] = {}
        self._same_together: dict[tuple[int, str], tuple[tuple[Read, ...], Compiled[TogetherPlan]]] = {}
        self._together: dict[tuple[tuple[Read, ...], str], Compiled[TogetherPlan]] = {}
        self._same_writes: dict[tuple[int, str], tuple[Write | Read, WritePlan]] = {}
        self._writes: dict[tuple[Write | Read, str], WritePlan] = {}

    def read(self, snapshot: Snapshot, read: Read, role: str) -> Compiled[ReadPlan]:
        """The plan of a read. Raises what ``plan_read`` raises."""
        if snapshot.catalog.version != self._version:
            self._forget(snapshot)
        known = self._same.get((id(read), role))
        if known is not None and known[0] is read:
            return known[1]
        compiled = self._reads.get((read, role))
        if compiled is None:
            compiled = Compiled(plan_read(snapshot, self._limits, role, read))
            if len(compiled.plan.sql) > LARGEST:
                return compiled
            _bound(self._reads)
            self._reads[read, role] = compiled
        if read.stages:  # doors make these anew for each request
            return compiled
        _bound(self._same)
        self._same[id(read), role] = (read, compiled)
        return compiled

    def together(self, snapshot: Snapshot, reads: tuple[Read, ...], role: str) -> Compiled[TogetherPlan]:
        """The plan of several reads. Raises what ``plan_together`` raises."""
        if snapshot.catalog.version != self._version:
            self._forget(snapshot)
        known = self._same_together.get((id(reads), role))
        if known is not None and known[0] is reads:
            return known[1]
        compiled = self._together.get((reads, role))
        if compiled is None:
            compiled = Compiled(plan_together(snapshot, self._limits, role, reads))
            if len(compiled.plan.sql) > LARGEST:
                return compiled
            _bound(self._together)
            self._together[reads, role] = compiled
        _bound(self._same_together)
        self._same_together[id(reads), role] = (reads, compiled)
        return compiled

    def write(self, snapshot: Snapshot, write: Write | Read, role: str) -> WritePlan:
        """The plan of a write, or of a call among writes. Raises what ``plan_write`` and ``plan_called`` raise."""
        if snapshot.catalog.version != self._version:
            self._forget(snapshot)
        known = self._same_writes.get((id(write), role))
        if known is not None and known[0] is write:
            return known[1]
        plan = self._writes.get((write, role))
        if plan is None:
            plan = (
                plan_write(snapshot, self._limits, role, write)
                if isinstance(write, Write)
                else plan_called(snapshot, self._limits, role, write)
            )
            if len(plan.sql) > LARGEST:
                return plan
            _bound(self._writes)
            self._writes[write, role] = plan
        _bound(self._same_writes)
        self._same_writes[id(write), role] = (write, plan)
        return plan

    def _forget(self, snapshot: Snapshot) -> None:
        self._version = snapshot.catalog.version
        self._same.clear()
        self._reads.clear()
        self._same_together.clear()
        self._together.clear()
        self._same_writes.clear()
        self._writes.clear()


def _bound(cache: dict[_K, _V]) -> None:
    if len(cache) >= CAPACITY:
        for key in list(cache)[: CAPACITY // 4]:  # the oldest
            del cache[key]
