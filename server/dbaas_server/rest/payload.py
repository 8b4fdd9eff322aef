"""Bodies: JSON, CSV or a form become the JSON text of an array of objects, and the columns it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from dbaas_provisioning.errors import Invalid

from .csv_body import csv_to_json

__all__ = ["Payload", "call_payload", "parse_json", "rows_payload", "with_key"]


@dataclass(frozen=True, slots=True)
class Payload:
    """Rows to write.

    Attributes:
        body: JSON text of an array of objects.
        columns: the columns it writes, sorted where the order carries nothing.
        rows: how many.
    """

    body: bytes
    columns: tuple[str, ...]
    rows: int


def parse_json(raw: bytes) -> Any:
    """The body as a value. Raises ``Invalid`` (``PGRST102``)."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("PGRST102", "Empty or invalid json", details=str(error)) from None


def rows_payload(kind: str, raw: bytes, columns: tuple[str, ...] | None, *, one: bool = False) -> Payload:
    """Read the body of an insert, upsert, update or replace.

    Args:
        kind: of :func:`~.negotiate.content_type`.
        columns: from the query; then keys may differ between objects, and others are left out.
        one: at most one object is wanted.

    Raises:
        Invalid: ``PGRST102``, ``unsupported_media_type``.
    """
    if kind == "json":
        value = parse_json(raw)
        if isinstance(value, dict):
            return Payload(b"[" + raw + b"]", columns or tuple(sorted(value)), 1)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise Invalid("PGRST102", "The body must be a JSON object, or an array of objects")
        payload = Payload(raw, _columns(value, columns), len(value))
    elif kind == "csv":
        body, header, count = csv_to_json(raw)
        payload = Payload(body, columns or header, count)
    elif kind == "form":
        fields = _form(raw)
        return Payload(b"[" + orjson.dumps(fields) + b"]", columns or tuple(sorted(fields)), 1)
    else:
        raise Invalid("unsupported_media_type", "Rows are sent as JSON, as CSV or as a form")
    if one and payload.rows > 1:
        raise Invalid("PGRST102", "The body must hold one object")
    return payload


def _columns(rows: list[dict[str, Any]], columns: tuple[str, ...] | None) -> tuple[str, ...]:
    if columns:
        return columns
    if not rows:
        return ()
    keys = rows[0].keys()
    if any(row.keys() != keys for row in rows):
        raise Invalid(
            "PGRST102",
            "All object keys must match",
            hint="Give every object the same keys, or name the columns in the `columns` parameter.",
        )
    return tuple(sorted(keys))


def call_payload(kind: str, raw: bytes) -> tuple[bytes, tuple[str, ...] | None]:
    """Read the body of a function call.

    Returns:
        The JSON text and the names in it, sorted; None for names when it is not an object.

    Raises:
        Invalid: ``PGRST102``.
    """
    if kind == "form":
        fields = _form(raw)
        return orjson.dumps(fields), tuple(sorted(fields))
    if kind == "csv":
        body, header, count = csv_to_json(raw)
        if count != 1:
            raise Invalid("PGRST102", "A call takes one line of arguments")
        return orjson.dumps(orjson.loads(body)[0]), tuple(sorted(header))
    if not raw.strip():
        return b"{}", ()
    value = parse_json(raw)
    return raw, tuple(sorted(value)) if isinstance(value, dict) else None


def with_key(payload: Payload, key: tuple[str, ...], values: tuple[str, ...]) -> Payload:
    """The body of a PUT, whose key must agree with the URL's; a key that it leaves out is added.

    Args:
        payload: of one row.

    Raises:
        Invalid: ``PGRST115`` when they differ.
    """
    row = orjson.loads(payload.body)[0]
    missing: dict[str, str] = {}
    for column, value in zip(key, values, strict=True):
        if column not in row:
            missing[column] = value
        elif _text(row[column]) != value:
            raise Invalid("PGRST115", "Payload values do not match URL in primary key column(s)")
    if not missing:
        return payload
    # Joined as text: what Python's numbers cannot hold must reach the engine as it was sent.
    inner = payload.body.strip()[1:-1].strip()[1:].lstrip()
    added = orjson.dumps(missing)[:-1]
    body = b"[" + added + (inner if inner.startswith(b"}") else b"," + inner) + b"]"
    return Payload(body, tuple(sorted({*payload.columns, *missing})), 1)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _form(raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict"))
    except ValueError:
        raise Invalid("PGRST102", "The body is not a form") from None
