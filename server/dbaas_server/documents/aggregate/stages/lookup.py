"""``$lookup``: documents of another collection, by equal fields, by a pipeline, or by both."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bson import Regex

from ...codec import MISSING, Document
from ...errors import Code, DocumentError
from ...expressions import Cell, Compiler, Expression, Frame
from ...expressions.compiler import check_path, check_variable
from ...match import Node, parse_filter
from ...paths import candidates, split
from ...scope import Scope
from ...values import alias, hasher
from ..run import Batch, Batches, Leading, Run, weight
from ..stage import Building, Inner, Step, stage
from .unwind import put

__all__: list[str] = []

_OPTIONS: Final = ("from", "localField", "foreignField", "as", "let", "pipeline")


class _Equal:
    """``localField`` and ``foreignField``."""

    def __init__(self, local: str, foreign: str, scope: Scope) -> None:
        self.local = split(local)
        self.foreign = split(foreign)
        self.field = foreign
        self._scope = scope
        self._hash = hasher(scope.collation)

    def local_values(self, document: Document) -> dict[Hashable, Any]:
        """What is looked for: the field's value or, of an array, its elements; missing is null."""
        found = [value for value in candidates(document, self.local) if type(value) is not list]
        nested = [value for value in candidates(document, self.local, leaves=False) if type(value) is list]
        for array in nested:
            found += [item for item in array if type(item) is list]
        return {self._hash(value): value for value in (None if value is MISSING else value for value in found)}

    def foreign_keys(self, document: Document) -> set[Hashable]:
        """What it is found by."""
        return {self._hash(None if value is MISSING else value) for value in candidates(document, self.foreign)}

    def condition(self, values: Iterable[Any]) -> Node:
        """The documents that have one of the values."""
        return parse_filter({"$or": [{self.field: {"$eq": value}} for value in values]}, self._scope)

    def conditions(self, values: Sequence[Any]) -> Node:
        """As :meth:`condition`, for many values."""
        if any(isinstance(value, Regex) for value in values):  # in an $in it would be a pattern
            return self.condition(values)
        return parse_filter({self.field: {"$in": list(values)}}, self._scope)


class Lookup(Step):
    """``$lookup``, compiled."""

    name = "$lookup"

    def __init__(
        self,
        collection: str,
        target: tuple[str, ...],
        equal: _Equal | None,
        pipeline: Inner | None,
        variables: Sequence[tuple[Cell, Expression]],
        compiler: Compiler,
    ) -> None:
        self._collection = collection
        self._target = target
        self._equal = equal
        self._pipeline = pipeline
        self._variables = variables
        needs = compiler.needs
        self.needs = None if needs is None else needs if equal is None else needs | {equal.local[0]}

    def is_passing(self, field: str) -> bool:
        """See :class:`Step`."""
        return field != self._target[0]

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        if self._pipeline is None:
            assert self._equal is not None
            async for out in self._joined(source, context, self._equal):
                yield out
            return
        async for out in self._piped(source, context, self._pipeline):
            yield out

    # --- equal fields -------------------------------------------------------------------------------------------

    async def _joined(self, source: Batches, context: Run, equal: _Equal) -> Batches:
        indexed = await context.is_indexed(self._collection, equal.field)
        table: _Table | None = None
        tried = indexed
        async for batch in source:
            wanted = []
            for document in batch:
                wanted.append(equal.local_values(document))
                if context.is_out_of_breath():
                    await context.breathe()
            if not tried:
                tried = True
                table = await self._whole(context, equal)
            here = table
            if here is None:
                values = {key: value for keys in wanted for key, value in keys.items()}
                here = _Table(equal)
                if values:
                    leading = Leading(match=equal.conditions(list(values.values())))
                    async for found in _closing(context.read(self._collection, leading)):
                        here.add(found)
                        await context.breathe()
            yield [put(document, self._target, here.find(keys)) for document, keys in zip(batch, wanted, strict=True)]
            await context.breathe()

    async def _whole(self, context: Run, equal: _Equal) -> _Table | None:
        """The collection by its field, where memory has room for it."""
        table, size = _Table(equal), 0
        async for found in _closing(context.read(self._collection, Leading())):
            table.add(found)
            size += weight(found)
            if size > context.bound:
                return None
            await context.breathe()
        return table

    # --- a pipeline ---------------------------------------------------------------------------------------------

    async def _piped(self, source: Batches, context: Run, pipeline: Inner) -> Batches:
        constant = self._equal is None and not self._variables
        kept: Batch | None = None
        frame = Frame({})
        async for batch in source:
            out = []
            for document in batch:
                leading = pipeline.leading
                if self._equal is not None:
                    values = self._equal.local_values(document)
                    if not values:
                        out.append(put(document, self._target, []))
                        continue
                    leading = leading.narrowed(self._equal.conditions(list(values.values())))
                if kept is None or not constant:
                    frame.show(document)
                    for cell, evaluate in self._variables:
                        cell.value = evaluate(frame)
                    kept = await self._collect(context, pipeline, leading)
                out.append(put(document, self._target, list(kept)))
                await context.breathe()
            yield out

    async def _collect(self, context: Run, pipeline: Inner, leading: Leading) -> Batch:
        found: Batch = []
        size = 0
        source = context.read(self._collection, leading)
        async for batch in _closing(pipeline.run(source, context)):
            found += batch
            size += weight(batch)
            if size > 4 * context.bound:
                raise DocumentError(
                    4568,
                    f"Total size of documents in {self._collection} matching pipeline's $lookup stage exceeds a "
                    "document's",
                )
        return found


class _Table:
    """Documents by the values of a field."""

    def __init__(self, equal: _Equal) -> None:
        self._equal = equal
        self._rows: Batch = []
        self._by: dict[Hashable, list[int]] = {}

    def add(self, batch: Batch) -> None:
        for document in batch:
            for key in self._equal.foreign_keys(document):
                self._by.setdefault(key, []).append(len(self._rows))
            self._rows.append(document)

    def find(self, keys: Mapping[Hashable, Any]) -> Batch:
        """Those that have one of the keys, each once, in their order."""
        if len(keys) == 1:
            return [self._rows[place] for key in keys for place in self._by.get(key, ())]
        places = {place for key in keys for place in self._by.get(key, ())}
        return [self._rows[place] for place in sorted(places)]


async def _closing(batches: Batches) -> Batches:
    """The batches; whatever happens, their source is closed."""
    try:
        async for batch in batches:
            yield batch
    finally:
        close = getattr(batches, "aclose", None)
        if close is not None:
            await close()


@stage("$lookup")
def _lookup(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not dict:
        raise DocumentError(Code.FailedToParse, f"the $lookup specification must be an Object, but found {alias(spec)}")
    for key, value in spec.items():
        if key not in _OPTIONS:
            raise DocumentError(Code.FailedToParse, f"unknown argument to $lookup: {key}")
        if key not in ("let", "pipeline") and type(value) is not str:
            raise DocumentError(
                Code.FailedToParse, f"$lookup argument '{key}: {value!r}' must be a string, is type {alias(value)}"
            )
    if "as" not in spec:
        raise DocumentError(Code.FailedToParse, "must specify 'as' field for a $lookup")
    if not spec.get("from"):
        raise DocumentError(Code.FailedToParse, "must specify 'from' field for a $lookup")
    if ("localField" in spec) != ("foreignField" in spec) or not ("localField" in spec or "pipeline" in spec):
        raise DocumentError(
            Code.FailedToParse,
            "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
        )
    scope = building.scope
    compiler = Compiler(scope)
    equal = None
    if "localField" in spec:
        check_path(spec["localField"])
        check_path(spec["foreignField"])
        equal = _Equal(spec["localField"], spec["foreignField"], scope)
    variables: list[tuple[Cell, Expression]] = []
    pipeline = None
    if "pipeline" in spec:
        given = spec.get("let", {})
        if type(given) is not dict:
            raise DocumentError(
                Code.FailedToParse, f"$lookup argument 'let: {given!r}' must be an object, is type {alias(given)}"
            )
        known = dict(scope.variables)
        for name, expression in given.items():
            check_variable(name)
            cell = Cell()
            variables.append((cell, compiler.compile(expression).evaluate))
            known[name] = cell
        pipeline = building.pipeline(spec["pipeline"], replace(scope, variables=known), "$lookup")
    elif "let" in spec:
        raise DocumentError(Code.FailedToParse, "$lookup with a 'let' argument must also specify 'pipeline'")
    return [Lookup(spec["from"], check_path(spec["as"]), equal, pipeline, variables, compiler)]
