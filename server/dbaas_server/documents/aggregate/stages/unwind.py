"""``$unwind``: a document for each element of an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bson import Int64

from ...codec import MISSING, Document
from ...errors import DocumentError
from ...expressions.compiler import check_path
from ...values import alias
from ..run import Batch, Batches, Run
from ..stage import Building, Step, stage

__all__ = ["Unwind", "put"]

_OUT = 1_000


class Unwind(Step):
    """A document for each element.

    Args:
        path: of the array; what is no array counts as its only element.
        index: a field's path for the element's place; None: none is wanted.
        preserve: a document without elements stays, without the field where it was an empty array.
    """

    name = "$unwind"

    def __init__(self, path: tuple[str, ...], index: tuple[str, ...] | None, preserve: bool) -> None:
        self._path = path
        self._index = index
        self._preserve = preserve
        self.needs = frozenset((path[0],))

    def is_passing(self, field: str) -> bool:
        """See :class:`Step`."""
        return field != self._path[0] and (self._index is None or field != self._index[0])

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        one = self._top if len(self._path) == 1 and self._index is None else self._any
        out: Batch = []
        async for batch in source:
            await context.breathe()
            for document in batch:
                for part in one(document):
                    out.append(part)
                    if len(out) >= _OUT:
                        yield out
                        out = []
                        await context.breathe()
            if out:
                yield out
                out = []

    def _top(self, document: Document) -> Iterator[Document]:
        (name,) = self._path
        value = document.get(name, MISSING)
        if type(value) is list:
            if value:
                for item in value:
                    yield {**document, name: item}
                return
            if self._preserve:
                yield {key: part for key, part in document.items() if key != name}
        elif (value is not MISSING and value is not None) or self._preserve:
            yield document

    def _any(self, document: Document) -> Iterator[Document]:
        value: Any = document
        for name in self._path:
            value = value.get(name, MISSING) if type(value) is dict else MISSING
        index = self._index
        if type(value) is list:
            for place, item in enumerate(value):
                part = put(document, self._path, item)
                yield part if index is None else put(part, index, Int64(place))
            if value or not self._preserve:
                return
            document = put(document, self._path, MISSING)
        elif (value is MISSING or value is None) and not self._preserve:
            return
        yield document if index is None else put(document, index, None)


def put(document: Document, path: Sequence[str], value: Any) -> Document:
    """A copy with a value at a path through documents; ``MISSING`` takes it away."""
    result = dict(document)
    if len(path) == 1:
        if value is MISSING:
            result.pop(path[0], None)
        else:
            result[path[0]] = value
        return result
    inner = result.get(path[0])
    if type(inner) is dict:
        result[path[0]] = put(inner, path[1:], value)
    elif type(inner) is list:
        result[path[0]] = [put(item if type(item) is dict else {}, path[1:], value) for item in inner]
    elif value is not MISSING:
        result[path[0]] = put({}, path[1:], value)
    return result


@stage("$unwind")
def _unwind(spec: Any, building: Building) -> Sequence[Step]:
    index, preserve = None, False
    if type(spec) is dict:
        for key in spec:
            if key not in ("path", "includeArrayIndex", "preserveNullAndEmptyArrays"):
                raise DocumentError(28811, f"unrecognized option to $unwind stage: {key}")
        preserve = spec.get("preserveNullAndEmptyArrays", False)
        if type(preserve) is not bool:
            raise DocumentError(
                28809,
                f"expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got {alias(preserve)}",
            )
        if "includeArrayIndex" in spec:
            given = spec["includeArrayIndex"]
            if type(given) is not str or not given:
                raise DocumentError(
                    28810,
                    "expected a non-empty string for the includeArrayIndex option to $unwind stage, got "
                    f"{alias(given)}",
                )
            if given[0] == "$":
                raise DocumentError(
                    28822, f"includeArrayIndex option to $unwind stage should not be prefixed with a '$': {given}"
                )
            index = check_path(given)
        spec = spec.get("path", MISSING)
        if spec is MISSING:
            raise DocumentError(28812, "no path specified to $unwind stage")
        if type(spec) is not str:
            raise DocumentError(28808, f"expected a string as the path for $unwind stage, got {alias(spec)}")
    elif type(spec) is not str:
        raise DocumentError(
            15981, f"expected either a string or an object as specification for $unwind stage, got {alias(spec)}"
        )
    if spec[:1] != "$":
        raise DocumentError(28818, f"path option to $unwind stage should be prefixed with a '$': {spec}")
    return [Unwind(check_path(spec[1:]), index, preserve)]
