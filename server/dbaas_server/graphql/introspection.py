"""What a schema says of itself.

A large schema says megabytes: a document may ask for what tools need and not for much more, it is worked out in a
thread, one question at a time, and remembered by what is selected, however that is written.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    introspection_types,
)

from .documents import Prepared
from .errors import Refused
from .kept import Kept
from .plan import Inputs
from .plan.fields import Collector, Picked
from .schemas import Built

__all__ = ["Introspection", "Walk", "allowance", "selection"]

_MOST_BYTES = 64 * 1024 * 1024
_VALUES = 20
"""Of each type, field, argument or enum value. Introspection by GraphiQL and code generators needs half of it."""

_FREE = 10_000
_TEXT = 32  # characters of a text that count as one value


@dataclass(frozen=True, slots=True)
class _Part:
    """One selected field of introspection."""

    key: str
    name: str
    field: GraphQLField | None  # None for __typename
    arguments: Mapping[str, Any]
    of: str
    many: bool
    memorable: bool  # a type that very many fields have
    parts: tuple[_Part, ...] | None

    def text(self) -> str:
        """The same for selections that mean the same."""
        below = "" if self.parts is None else ",".join(part.text() for part in self.parts)
        return f"{self.key}:{self.name}{sorted(self.arguments.items())!r}{{{below}}}"


class Introspection:
    """Answers what a process's schemas are asked about themselves."""

    def __init__(self) -> None:
        self._known: Kept[bytes] = Kept(_MOST_BYTES, _MOST_BYTES // 2)
        self._turn = asyncio.Lock()

    async def answer(
        self, built: Built, prepared: Prepared, roots: Sequence[FieldNode], variables: Mapping[str, Any]
    ) -> dict[str, bytes]:
        """The values of ``__schema`` and ``__type`` roots as JSON, by response key.

        Raises:
            Refused: ``introspection_too_large``.
        """
        collector = Collector(prepared.fragments, variables)
        wanted = selection(built.schema, collector, prepared, roots, variables)
        if sum(part.name == "__schema" for part in wanted) > 1:
            raise _too_large("A document has one `__schema`.")
        keys = {part.key: hashlib.sha256(part.text().partition(":")[2].encode()).digest() for part in wanted}
        found, missing = self._remembered(built, wanted, keys)
        if missing:
            async with self._turn:  # somebody may have asked the same meanwhile
                found, missing = self._remembered(built, wanted, keys)
                made = await asyncio.to_thread(_walk, built.schema, missing) if missing else {}
            for key, value in made.items():
                self._known.put(built.serial, keys[key], value, len(value))
            found |= made
        return found

    def _remembered(
        self, built: Built, wanted: Sequence[_Part], keys: Mapping[str, bytes]
    ) -> tuple[dict[str, bytes], list[_Part]]:
        """What is known, and what is not."""
        found: dict[str, bytes] = {}
        missing: list[_Part] = []
        for part in wanted:
            value = self._known.get(built.serial, keys[part.key])
            if value is None:
                missing.append(part)
            else:
                found[part.key] = value
        return found, missing

    def forget(self, serial: int) -> None:
        """A schema is no longer in use."""
        self._known.forget(serial)


def selection(
    schema: GraphQLSchema,
    collector: Collector,
    prepared: Prepared,
    roots: Sequence[FieldNode],
    variables: Mapping[str, Any],
) -> list[_Part]:
    """What is selected of ``__schema`` and ``__type``, fragments and directives resolved."""
    inputs = Inputs(variables, frozenset())
    wanted: list[_Part] = []
    for picked in collector.collect(prepared.root, [prepared.operation.selection_set]):
        if picked.node not in roots:
            continue
        field = schema.get_field(prepared.root, picked.name)
        assert field is not None
        wanted.append(_part(Picked(picked.key, picked.node, picked.nodes, field), collector, inputs))
    return wanted


def _part(picked: Picked, collector: Collector, inputs: Inputs) -> _Part:
    field = picked.definition
    if field is None:
        return _Part(picked.key, picked.name, None, {}, "", False, False, None)
    kind = field.type
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    named = get_named_type(field.type)
    parts: tuple[_Part, ...] | None = None
    if isinstance(named, GraphQLObjectType):
        parts = tuple(_part(part, collector, inputs) for part in collector.collect(named, picked.below))
    many = isinstance(kind, GraphQLList)
    arguments = inputs.arguments(picked.node, field.args)
    memorable = not many and named is introspection_types["__Type"]
    return _Part(picked.key, picked.name, field, arguments, named.name, many, memorable, parts)


def allowance(schema: GraphQLSchema) -> int:
    """How many values may be said of a schema at once."""
    things = texts = 0

    def count(found: Iterable[Any]) -> None:
        nonlocal things, texts
        for thing in found:
            things += 1
            texts += len(thing.description or "") // _TEXT

    for named in schema.type_map.values():
        count((named,))
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            count(named.fields.values())
            for field in named.fields.values():
                count(field.args.values())
        elif isinstance(named, GraphQLInputObjectType):
            count(named.fields.values())
        elif isinstance(named, GraphQLEnumType):
            count(named.values.values())
    return _FREE + _VALUES * things + texts


def _walk(schema: GraphQLSchema, parts: Sequence[_Part]) -> dict[str, bytes]:
    return Walk(schema).roots(parts)


class Walk:
    """One answer. Counts what it says, and stops where that becomes too much."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._info: Any = SimpleNamespace(schema=schema)
        self._left = allowance(schema)
        self._types: dict[tuple[int, int], tuple[Any, int]] = {}

    def roots(self, parts: Sequence[_Part]) -> dict[str, bytes]:
        """JSON by response key. Raises ``Refused`` (``introspection_too_large``)."""
        found: dict[str, bytes] = {}
        for part in parts:
            source = self._schema if part.name == "__schema" else self._schema.get_type(part.arguments["name"])
            found[part.key] = b"null" if source is None else orjson.dumps(self._object(part, source, outermost=True))
        return found

    def _object(self, of: _Part, source: Any, *, outermost: bool = False) -> dict[str, Any]:
        assert of.parts is not None
        self._spend(len(of.parts))
        found: dict[str, Any] = {}
        for part in of.parts:
            if part.field is None:
                found[part.key] = of.of
                continue
            assert part.field.resolve is not None
            value = part.field.resolve(source, self._info, **part.arguments)
            if value is None:
                found[part.key] = None
            elif part.parts is None:
                found[part.key] = self._leaf(value)
            elif not part.many:
                found[part.key] = self._type(part, value) if part.memorable else self._object(part, value)
            elif outermost:  # in pieces: what is JSON already is no longer many objects
                found[part.key] = [orjson.Fragment(orjson.dumps(self._object(part, item))) for item in value]
            else:
                found[part.key] = [self._object(part, item) for item in value]
        return found

    def _type(self, part: _Part, value: Any) -> Any:
        # Types live as long as the schema, so identities hold.
        known = self._types.get((id(part), id(value)))
        if known is not None:
            self._spend(known[1])
            return known[0]
        before = self._left
        made = self._object(part, value)
        self._types[id(part), id(value)] = made, before - self._left
        return made

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, str):
            self._spend(len(value) // _TEXT)
        elif isinstance(value, list | tuple):
            return [self._leaf(item) for item in value]
        return value

    def _spend(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise _too_large("This asks for more than the tools' own introspection does.")


def _too_large(message: str) -> Refused:
    return Refused.because("introspection_too_large", message, "Ask about single types with `__type`.")
