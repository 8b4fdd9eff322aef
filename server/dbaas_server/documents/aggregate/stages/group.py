"""``$group``: documents that have a key in common, taken together.

Batches are worked on by columns: the keys of all, then for each accumulator each group's values. What memory has
no room for is written to files, in parts by a hash of the keys, and each part is put together again on its own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, Final

from bson import Int64

from ...codec import MISSING, Missing
from ...errors import DocumentError
from ...expressions import Compiler, Node
from ...expressions.totals import Total
from ...scope import Scope
from ...values import hasher
from ..accumulators import ACCUMULATORS, Accumulation
from ..columns import column_of
from ..run import Batch, Batches, Run, weight
from ..spill import SpillFile
from ..stage import Building, Step, stage

__all__ = ["Group", "compile_group"]

_CHUNK: Final = 4_096
_OUT: Final = 1_000
_PORTION: Final = 1  # documents at first between two times that others may run; then by how long they take
_SHORT: Final = 0.003
_LONG: Final = 0.01
_PARTS: Final = 16
_MAX_LEVEL: Final = 6
_CHECKS: Final = 8
"""How often, while as much comes in as memory has room for, the groups are weighed."""

_WHOLE: Final = frozenset({int, Int64})
_STRINGS: Final = frozenset({str})


class _Groups:
    """Groups by their keys, in the order in which they came."""

    def __init__(self, makers: Sequence[Callable[[], Total]]) -> None:
        self._makers = makers
        self.all: dict[Hashable, tuple[Any, list[Total]]] = {}
        self.keys_weight = 0

    def get(self, key: Hashable, value: Any) -> list[Total]:
        found = self.all.get(key)
        if found is None:
            totals = [make() for make in self._makers]
            self.all[key] = (value, totals)
            self.keys_weight += 300 if type(value) in (int, float, str, type(None)) else 150 + weight([value])
            return totals
        return found[1]

    def size(self) -> int:
        """Bytes that they take, about."""
        return self.keys_weight + sum(total.size() for _, totals in self.all.values() for total in totals)


class Group(Step):
    """``$group``, compiled."""

    name = "$group"
    cuts = True

    def __init__(self, key: Node, accumulations: Sequence[Accumulation], compiler: Compiler) -> None:
        self.needs = compiler.needs
        self._key = column_of(key)
        self._hash = hasher(compiler.scope.collation)
        self._is_simple = compiler.scope.collation.is_simple
        self._names = [accumulation.name for accumulation in accumulations]
        self._makers = [accumulation.make for accumulation in accumulations]
        self._columns = [accumulation.column for accumulation in accumulations]

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        groups = _Groups(self._makers)
        parts: list[SpillFile] = []
        chunk: Batch = []
        waiting = taken = 0
        step = context.bound // _CHECKS
        portion = _PORTION
        try:
            async for batch in source:
                chunk = chunk + batch if chunk else batch
                waiting += weight(batch)
                if len(chunk) < _CHUNK and waiting < step:
                    continue
                portion = await self._take_by(portion, chunk, groups, context)
                chunk = []
                taken, waiting = taken + waiting, 0
                if taken > step:
                    taken = 0
                    if groups.size() > context.bound:
                        await self._spill(groups, parts, context, 0)
                        groups = _Groups(self._makers)
            if chunk:
                await self._take_by(portion, chunk, groups, context)
            if parts:
                await self._spill(groups, parts, context, 0)
                async for out in self._rejoin(parts, context, 1):
                    yield out
            else:
                for out in self._results(groups):
                    yield out
                    await context.breathe()
        finally:
            for part in parts:
                part.close()

    async def _take_by(self, portion: int, documents: Batch, groups: _Groups, context: Run) -> int:
        """Take documents so many at a time, others run in between. Returns how many are right at a time."""
        start = 0
        while start < len(documents):
            began = time.thread_time()
            self._take(documents[start : start + portion], groups)
            start += portion
            lasted = time.thread_time() - began
            if lasted > _LONG and portion > 1:
                portion //= 2
            elif lasted < _SHORT:
                portion = min(2 * portion, _CHUNK)
            await context.breathe()
        return portion

    def _take(self, documents: Batch, groups: _Groups) -> None:
        values = self._key(documents)
        kinds = set(map(type, values))
        if Missing in kinds:
            values = [None if value is MISSING else value for value in values]
        if kinds <= _WHOLE or (kinds <= _STRINGS and self._is_simple):
            keys: Sequence[Hashable] = values
        else:
            keys = list(map(self._hash, values))
        places: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            places[key].append(place)
        columns = [column(documents) for column in self._columns]
        if len(places) == 1:
            totals = groups.get(keys[0], values[0])
            for total, column in zip(totals, columns, strict=True):
                total.add(column)
            return
        for key, where in places.items():
            totals = groups.get(key, values[where[0]])
            if len(where) == 1:
                (only,) = where
                for total, column in zip(totals, columns, strict=True):
                    total.add((column[only],))
            else:
                pick = itemgetter(*where)
                for total, column in zip(totals, columns, strict=True):
                    total.add(pick(column))

    def _results(self, groups: _Groups) -> Sequence[Batch]:
        names = self._names
        found = [
            {"_id": value, **{name: total.result() for name, total in zip(names, totals, strict=True)}}
            for value, totals in groups.all.values()
        ]
        return [found[start : start + _OUT] for start in range(0, len(found), _OUT)]

    # --- files --------------------------------------------------------------------------------------------------

    async def _spill(self, groups: _Groups, parts: list[SpillFile], context: Run, level: int) -> None:
        context.may_spill("$group")
        if not parts:
            for _ in range(_PARTS):
                parts.append(SpillFile(context.folder))
        for count, (key, (value, totals)) in enumerate(groups.all.items()):
            part = parts[hash((level, key)) % _PARTS]
            part.write({"k": value, "t": [total.dump() for total in totals]})
            if count % 256 == 0:
                await context.breathe()

    async def _rejoin(self, parts: list[SpillFile], context: Run, level: int) -> Batches:
        for part in parts:
            groups = _Groups(self._makers)
            smaller: list[SpillFile] = []
            count = 0
            try:
                for record in part.read():
                    totals = groups.get(self._hash(record["k"]), record["k"])
                    for total, dumped in zip(totals, record["t"], strict=True):
                        total.merge(dumped)
                    count += 1
                    if count % 256 == 0:
                        await context.breathe()
                    if count % 4_096 == 0 and level < _MAX_LEVEL and groups.size() > context.bound:
                        await self._spill(groups, smaller, context, level)
                        groups = _Groups(self._makers)
                part.close()
                if smaller:
                    await self._spill(groups, smaller, context, level)
                    async for out in self._rejoin(smaller, context, level + 1):
                        yield out
                else:
                    for out in self._results(groups):
                        yield out
                        await context.breathe()
            finally:
                for file in smaller:
                    file.close()


def compile_group(spec: Any, scope: Scope) -> Group:
    """Compile ``$group``.

    Raises:
        DocumentError: 15947 to 15955, 40234 to 40238; what an expression raises.
    """
    if type(spec) is not dict:
        raise DocumentError(15947, "a group's fields must be specified in an object")
    if "_id" not in spec:
        raise DocumentError(15955, "a group specification must include an _id")
    compiler = Compiler(scope)
    key = compiler.compile(spec["_id"])
    accumulations = []
    for name, operand in spec.items():
        if name == "_id":
            continue
        if name[:1] == "$":
            raise DocumentError(40236, f"The field name '{name}' cannot be an operator name")
        if not name:
            raise DocumentError(15998, "FieldPath field names may not be empty strings.")
        if "." in name:
            raise DocumentError(40235, f"The field name '{name}' cannot contain '.'")
        if type(operand) is not dict or not operand:
            raise DocumentError(40234, f"The field '{name}' must be an accumulator object")
        if len(operand) != 1:
            raise DocumentError(40238, f"The field '{name}' must specify one accumulator")
        ((accumulator, argument),) = operand.items()
        if accumulator not in ACCUMULATORS:
            raise DocumentError(15952, f"unknown group operator '{accumulator}'")
        column, make = ACCUMULATORS[accumulator](argument, compiler)
        accumulations.append(Accumulation(name, column, make))
    return Group(key, accumulations, compiler)


@stage("$group")
def _group(spec: Any, building: Building) -> Sequence[Step]:
    return [compile_group(spec, building.scope)]
