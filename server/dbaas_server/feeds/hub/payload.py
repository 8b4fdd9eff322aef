"""A change as JSON, the form that every door sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC

import orjson

from ...changes import Change, ChangedTable, ChangeKind, Unchanged, Values, ValueType, Visible, format_position

__all__ = ["Kept", "Payload", "Renderer"]

SHORT = 64
"""Bytes of a value that still goes into a payload that would be too large."""

_CAPACITY = 1000


@dataclass(slots=True)
class Kept:
    """How many bytes of rendered payloads may still be kept for who comes next."""

    left: int


@dataclass(slots=True, eq=False)
class Payload:
    """What is told of a change: one object for all who are told the same.

    Attributes:
        change: for styles that render it in a form of their own, in which they keep to ``seen``.
    """

    change: Change
    seen: Visible
    _render: Callable[[], bytes]
    _kept: Kept
    _data: bytes | None = field(default=None, init=False)

    @property
    def event(self) -> str:
        """``INSERT``, ``UPDATE``, ``DELETE`` or ``TRUNCATE``."""
        return self.change.kind.value.upper()

    @property
    def position(self) -> str:
        """The change's position, as clients hand it back."""
        return format_position(self.change.position)

    @property
    def data(self) -> bytes:
        """A JSON object: schema, table, commit_timestamp, type, columns, record, old_record, errors, position.

        Rendered when it is asked for; once, unless too much is kept already.
        """
        if self._data is not None:
            return self._data
        data = self._render()
        if len(data) <= self._kept.left:
            self._kept.left -= len(data)
            self._data = data
        return data


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is the same for all changes of a table: kept with the table, so that its ``id`` stays its own."""

    table: ChangedTable
    head: bytes
    columns: tuple[bytes, ...]  # {"name":…,"type":…}
    names: tuple[bytes, ...]  # "name":
    json: tuple[Callable[[str], bytes], ...]


class Renderer:
    """Renders changes.

    Args:
        type_of: what can be done with values of a type, by its name.
        most: bytes of a payload; of a larger one only short values are sent, and ``errors`` says so.
    """

    def __init__(self, type_of: Callable[[str], ValueType], most: int) -> None:
        self.type_of = type_of
        self._most = most
        self._known: dict[int, _Prepared] = {}

    def render(self, change: Change, seen: Visible, columns: tuple[int, ...], kept: Kept) -> Payload:
        """What somebody is told who may see so much of a change, and of its columns wants these (by place)."""
        return Payload(change, seen, lambda: self._render(change, seen, columns), kept)

    def _render(self, change: Change, seen: Visible, places: tuple[int, ...]) -> bytes:
        prepared = self._known.get(id(change.table))
        if prepared is None:
            prepared = self._prepare(change.table)
        data = self._data(prepared, change, seen, places, None)
        if len(data) > self._most:
            data = self._data(prepared, change, seen, places, SHORT)
        return data

    def _prepare(self, table: ChangedTable) -> _Prepared:
        if len(self._known) >= _CAPACITY:
            self._known.clear()
        types = [self.type_of(column.type) for column in table.columns]
        names = [orjson.dumps(column.name) for column in table.columns]
        prepared = self._known[id(table)] = _Prepared(
            table,
            b'{"schema":%b,"table":%b,' % (orjson.dumps(table.ref.schema), orjson.dumps(table.ref.name)),
            tuple(
                b'{"name":%b,"type":%b}' % (name, orjson.dumps(kind.name))
                for name, kind in zip(names, types, strict=True)
            ),
            tuple(name + b":" for name in names),
            tuple(kind.json for kind in types),
        )
        return prepared

    def _data(
        self, prepared: _Prepared, change: Change, seen: Visible, places: tuple[int, ...], most: int | None
    ) -> bytes:
        parts = [
            prepared.head,
            b'"commit_timestamp":"%b","type":"%b","columns":[%b]'
            % (
                change.committed_at.astimezone(UTC).replace(tzinfo=None).isoformat().encode() + b"Z",
                change.kind.value.upper().encode(),
                b",".join(prepared.columns[place] for place in places),
            ),
        ]
        if change.record is not None:
            record = change.record if seen.record else None
            parts += (b',"record":', _row(prepared, record, places, most))
        if change.kind in (ChangeKind.update, ChangeKind.delete):
            shown = places
            if change.old_is_key:
                shown = tuple(place for place in places if change.table.columns[place].key)
            parts += (b',"old_record":', _row(prepared, change.old if seen.old else None, shown, most))
        errors = b"null" if most is None else b'["Error 413: Payload Too Large"]'
        parts += (b',"errors":', errors, b',"position":"', format_position(change.position).encode(), b'"}')
        return b"".join(parts)


def _row(prepared: _Prepared, values: Values | None, places: tuple[int, ...], most: int | None) -> bytes:
    """A row as an object; a value that the log left out is left out here."""
    if values is None:
        return b"{}"
    names, json = prepared.names, prepared.json
    parts = []
    for place in places:
        value = values[place]
        if isinstance(value, Unchanged) or (most is not None and value is not None and len(value) > most):
            continue
        parts.append(names[place] + (b"null" if value is None else json[place](value)))
    return b"{" + b",".join(parts) + b"}"
