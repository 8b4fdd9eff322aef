"""Compiled shapes, for one catalog version at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from ...engine import Limits
from ...nouns import Read, Write
from .catalog import Snapshot
from .compile import ReadPlan, TogetherPlan, WritePlan, plan_called, plan_read, plan_together, plan_write
from .multiplexer import Meter

__all__ = ["Compiled", "PlanCache"]

BUDGET = 8 * 1024 * 1024
"""Of all that is kept, by ``_weight``: SQL stands for the plan and the shape, which are about in proportion to it."""
LARGEST = 16 * 1024
"""Bytes of SQL. Longer statements are compiled each time, so that a stranger's shapes do not fill the memory."""
OVERHEAD = 2 * 1024  # of a plan whose SQL is short

_Compile: TypeAlias = Callable[[Snapshot, Limits, str, Any], Any]
_Plan = TypeVar("_Plan")


class Compiled(Generic[_Plan]):
    """A plan and what is known of its cost."""

    __slots__ = ("meter", "plan")

    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        self.meter = Meter()


class PlanCache:
    """Shapes to plans. A shape that comes again as the same object is found without hashing it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._version = 0
        self._weight = 0
        self._known: dict[tuple[_Compile, Any, str], Compiled[Any]] = {}  # the oldest first
        self._same: dict[tuple[_Compile, int, str], tuple[Any, Compiled[Any]]] = {}

    def read(self, snapshot: Snapshot, read: Read, role: str) -> Compiled[ReadPlan]:
        """The plan of a read. Raises what ``plan_read`` raises."""
        # Doors make those with stages anew for each request.
        return self._find(plan_read, snapshot, read, role, again=not read.stages)

    def together(self, snapshot: Snapshot, reads: tuple[Read, ...], role: str) -> Compiled[TogetherPlan]:
        """The plan of several reads. Raises what ``plan_together`` raises."""
        return self._find(plan_together, snapshot, reads, role)

    def write(self, snapshot: Snapshot, write: Write | Read, role: str) -> WritePlan:
        """The plan of a write, or of a call among writes. Raises what ``plan_write`` and ``plan_called`` raise."""
        compile = plan_write if isinstance(write, Write) else plan_called
        found: Compiled[WritePlan] = self._find(compile, snapshot, write, role)
        return found.plan

    def _find(
        self, compile: _Compile, snapshot: Snapshot, shape: Any, role: str, *, again: bool = True
    ) -> Compiled[Any]:
        """What a shape compiles to; ``again``: this object is likely to be asked for again."""
        if snapshot.catalog.version != self._version:
            self._version = snapshot.catalog.version
            self._forget()
        known = self._same.get((compile, id(shape), role))
        if known is not None and known[0] is shape:
            return known[1]
        found = self._known.get((compile, shape, role))
        if found is None:
            found = Compiled(compile(snapshot, self._limits, role, shape))
            if len(found.plan.sql) > LARGEST:
                return found
            self._make_room(found)
            self._known[compile, shape, role] = found
        if again:
            self._make_room(found)
            self._same[compile, id(shape), role] = (shape, found)
        return found

    def _make_room(self, found: Compiled[Any]) -> None:
        """Account for one more entry; when it is too much, the older half goes, and objects are to be met anew."""
        self._weight += _weight(found)
        if self._weight > BUDGET:
            kept = list(self._known.items())[(len(self._known) + 1) // 2 :]
            self._forget()
            self._known.update(kept)
            self._weight = sum(_weight(each) for _, each in kept) + _weight(found)

    def _forget(self) -> None:
        self._weight = 0
        self._same.clear()
        self._known.clear()


def _weight(found: Compiled[Any]) -> int:
    return OVERHEAD + len(found.plan.sql)
