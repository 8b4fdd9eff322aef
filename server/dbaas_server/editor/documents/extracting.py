"""All documents of a result on their way out: lines of CSV, or of Extended JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from dbaas_provisioning.errors import Invalid

from ...mongo_clients.failures import told_plainly
from ...mongo_clients.shapes import type_of
from ...nouns import QueryColumn
from .cells import extended_json, text_of
from .scroll import documents_of, some

if TYPE_CHECKING:
    from ...mongo_clients.clients import MongoClients, Opened

__all__ = ["csv_lines", "every_column", "json_lines"]

_CHUNK_BYTES = 256 * 1024
_BATCH = 500  # documents that are decoded without a pause
_MOST_COLUMNS = 5_000
_MILLISECONDS = 3_600_000  # of the engine's work: an export takes as long as who is at its other end likes
_RELATIONAL = {
    "int": "integer", "long": "bigint", "double": "double precision", "decimal": "numeric", "bool": "boolean",
    "date": "timestamp with time zone",
}  # fmt: skip


async def every_column(
    clients: MongoClients, place: tuple[str, str], body: Mapping[str, Any], first: Sequence[QueryColumn]
) -> tuple[QueryColumn, ...]:
    """The columns of all documents, with types as files know them: those that were seen first, then the others.

    Reads everything once: a file's columns come before its rows, and a later document may have another field.
    """
    types: dict[str, set[str]] = {column.name: set() for column in first}
    async with clients.opened(*place) as opened:
        async for document in _documents(opened, body):
            for name, value in document.items():
                types.setdefault(name, set()).add(type_of(value))
            if len(types) > _MOST_COLUMNS:
                raise Invalid(
                    "too_many_columns", f"The documents have more than {_MOST_COLUMNS:,} fields.",
                    hint="Export them as JSON, or project fewer.",
                )  # fmt: skip
    return tuple(QueryColumn(name, _relational(found - {"null"})) for name, found in types.items())


def _relational(types: set[str]) -> str:
    """The name of a type that holds all values exactly; else they are text."""
    if len(types) == 1:
        return _RELATIONAL.get(next(iter(types)), "text")
    if types == {"int", "long"}:
        return "bigint"
    return "double precision" if types == {"int", "double"} else "text"


async def csv_lines(
    clients: MongoClients, place: tuple[str, str], body: Mapping[str, Any], columns: Sequence[QueryColumn]
) -> AsyncGenerator[bytes]:
    """Documents as lines of CSV: a null is empty, a text is in quotes."""
    names = [column.name for column in columns]
    async with clients.opened(*place) as opened:
        async for chunk in _chunks(opened, body, lambda document: _csv_line(map(document.get, names))):
            yield chunk


async def json_lines(clients: MongoClients, place: tuple[str, str], body: Mapping[str, Any]) -> AsyncGenerator[bytes]:
    """Documents as lines of relaxed Extended JSON."""
    async with clients.opened(*place) as opened:
        async for chunk in _chunks(opened, body, lambda document: f"{extended_json(document)}\n"):
            yield chunk


async def _chunks(
    opened: Opened, body: Mapping[str, Any], line: Callable[[Mapping[str, Any]], str]
) -> AsyncGenerator[bytes]:
    def lines(documents: Sequence[Mapping[str, Any]]) -> bytes:
        return "".join(map(line, documents)).encode("utf-8", "replace")

    async with aclosing(_documents(opened, body)) as documents:
        while found := await some(documents, _BATCH, _CHUNK_BYTES):
            yield await asyncio.to_thread(lines, found)


async def _documents(opened: Opened, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any]]:
    small: Mapping[str, Any] = {"batchSize": _BATCH} if "find" in body else {"cursor": {"batchSize": _BATCH}}
    with told_plainly():
        async with await documents_of(opened, {**body, **small}, _MILLISECONDS) as cursor:
            async for document in cursor:
                yield document


def _csv_line(values: Iterable[Any]) -> str:
    return ",".join(map(_csv, values)) + "\n"


def _csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    text = text_of(value)
    if isinstance(value, int | float):
        return text
    return '"' + text.replace('"', '""') + '"'
