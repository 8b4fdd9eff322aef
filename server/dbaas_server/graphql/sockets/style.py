"""How changes look to those who stream them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from ...changes import Change, ChangedTable, ChangeKind, Unchanged, Values, ValueType, Visible, format_position
from ...feeds.hub import Told
from ..plan.streams import Shown, ShownColumn

__all__ = ["SIZE_BYTES", "StreamStyle"]

SIZE_BYTES = 4
"""Before each payload: its length, most significant byte first."""

SHORT = 64
"""Bytes of a value that still goes into a payload that would be too large."""

_TABLES = 100

_Places = dict[str, tuple[int, ValueType]]


@dataclass(frozen=True, slots=True)
class StreamStyle:
    """The payload of a ``next`` message behind its length: its sink puts it into a frame with the operation's id.

    Values are written as queries write them.

    Attributes:
        key: the root's response key.
        most: bytes of a payload; from a larger one the long values are left out, and an error says so.
        type_of: what can be done with values of a type, by its name.
    """

    key: str
    shown: tuple[Shown, ...]
    most: int
    type_of: Callable[[str], ValueType] = field(compare=False, repr=False)
    _known: dict[int, tuple[ChangedTable, _Places]] = field(compare=False, repr=False, default_factory=dict)

    def frame(self, told: Told) -> bytes:
        """One change."""
        change, seen = told.payload.change, told.payload.seen
        body = self._payload(change, seen, None)
        if len(body) > self.most:
            body = self._payload(change, seen, SHORT)
        return len(body).to_bytes(SIZE_BYTES) + body

    def _payload(self, change: Change, seen: Visible, most: int | None) -> bytes:
        key = orjson.dumps(self.key)
        places = self._places(change.table)
        parts = [item.head + self._part(item, change, seen, places, most) for item in self.shown]
        data = b'"data":{%b:{%b}}}' % (key, b",".join(parts))
        if most is None:
            return b"{" + data
        error = {
            "message": f"This change is larger than {self.most:,} bytes: its longer values are left out.",
            "path": [self.key],
            "extensions": {"code": "payload_too_large", "hint": "Query the row."},
        }
        return b'{"errors":[%b],' % orjson.dumps(error) + data

    def _part(self, item: Shown, change: Change, seen: Visible, places: _Places, most: int | None) -> bytes:
        if item.part == "cursor":
            return b'"%b"' % format_position(change.position).encode()
        if item.part == "type":
            return b'"%b"' % change.kind.value.upper().encode()
        if item.part == "commit_timestamp":
            return b'"%b"' % _moment(change.committed_at).encode()
        if item.part == "record":
            return _row(item.columns, change.record if seen.record else None, seen, places, most)
        if item.part == "old_record":
            old = change.old if seen.old and change.kind is not ChangeKind.insert else None
            if change.old_is_key:
                columns = change.table.columns
                places = {name: found for name, found in places.items() if columns[found[0]].key}
            return _row(item.columns, old, seen, places, most)
        return item.constant

    def _places(self, table: ChangedTable) -> _Places:
        known = self._known.get(id(table))
        if known is None:
            if len(self._known) >= _TABLES:
                self._known.clear()
            found = {column.name: (place, self.type_of(column.type)) for place, column in enumerate(table.columns)}
            known = self._known[id(table)] = (table, found)  # with the table, so that its `id` stays its own
        return known[1]


def _row(
    columns: tuple[ShownColumn, ...], values: Values | None, seen: Visible, places: _Places, most: int | None
) -> bytes:
    """A row; null for what was not sent and for what may not be seen."""
    if values is None:
        return b"null"
    parts = []
    for column in columns:
        shown = column.constant or b"null"
        place, kind = places.get(column.column, (-1, None))
        if kind is not None and place in seen.columns:
            value = values[place]
            if value is not None and not isinstance(value, Unchanged) and (most is None or len(value) <= most):
                shown = kind.text(value) if column.as_text else kind.exact(value)
        parts.append(column.head + shown)
    return b"{" + b",".join(parts) + b"}"


def _moment(when: datetime) -> str:
    """As the engine writes one as JSON: no digits of a second that say nothing."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return f"{text}+00:00"
