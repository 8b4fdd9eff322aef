"""What an engine returned becomes an answer: status, ranges, preferences, location."""

from __future__ import annotations

from urllib.parse import quote

from ..http import Response
from ..nouns import Resolution, Rows, TableRef, Write, WriteKind
from .cursors import encode_cursor
from .names import record_id_text
from .plan import ReadPlan
from .prefer import Preferences
from .ranges import content_range

__all__ = ["respond_read", "respond_write"]

CURSOR_HEADER = "X-Next-Cursor"


def respond_read(plan: ReadPlan, rows: Rows, offset: int, *, head: bool = False, record: bool = False) -> Response:
    """The answer to a GET or to a call.

    Args:
        offset: the first row asked for, counted from 0.
        head: leave the body out.
        record: one row was asked for by its id; there is no range to speak of.

    Raises:
        Invalid: ``PGRST103`` when the offset is past the counted total.
    """
    headers = [("Content-Type", plan.media.content_type)]
    status = 200
    if plan.keyset:
        headers.append(("Content-Range", f"*/{'*' if rows.total is None else rows.total}"))
        if rows.cursor is not None:
            assert isinstance(plan.read.source, TableRef)
            headers.append((CURSOR_HEADER, encode_cursor(plan.read.source, plan.read.order, rows.cursor)))
    elif not record:
        total = rows.total
        if total is not None and plan.read.count is not None and plan.read.count.value != "exact":
            total = max(total, offset + rows.returned)  # an estimate never contradicts what is there
        headers.append(("Content-Range", content_range(offset, rows.returned, total)))
        if total is not None and rows.returned < total:
            status = 206
    if plan.applied:
        headers.append(("Preference-Applied", plan.applied))
    if rows.status is not None:
        status = rows.status
    headers.extend(rows.headers)
    return Response(status, b"" if head else rows.body, headers)


def respond_write(
    write: Write, prefer: Preferences, rows: Rows, *, content_type: str, path: str, record: bool
) -> Response:
    """The answer to a write.

    Args:
        content_type: of the rows returned.
        path: of the request, for the Location of a new row.
        record: one row was written by its id.
    """
    kind = write.kind
    headers: list[tuple[str, str]] = []
    counted = rows.returned if prefer.count is not None else None
    if kind in (WriteKind.insert, WriteKind.upsert):
        merged_only = kind is WriteKind.upsert and write.resolution is Resolution.merge and rows.inserted == 0
        status = 200 if merged_only else 201
        headers.append(("Content-Range", content_range(0, 0, counted)))
        if write.locate and rows.location:
            headers.append(("Location", _location(path, rows.location)))
    elif kind is WriteKind.replace:
        status = 201 if rows.inserted else 200
    else:
        status = 200
        if not record:
            shown = rows.returned if kind is WriteKind.update else 0
            headers.append(("Content-Range", content_range(0, shown, counted)))
    if write.returning is not None:
        headers.append(("Content-Type", content_type))
    elif status == 200:
        status = 204
    applied = _applied(write, prefer)
    if applied:
        headers.append(("Preference-Applied", applied))
    if rows.status is not None:
        status = rows.status
    headers.extend(rows.headers)
    return Response(status, rows.body if write.returning is not None else b"", headers)


def _location(path: str, key: tuple[tuple[str, str], ...]) -> str:
    if "/data/" in path:
        return f"{path}/{quote(record_id_text(tuple(value for _, value in key)), safe=',')}"
    return f"{path}?" + "&".join(f"{quote(name)}=eq.{quote(value, safe='')}" for name, value in key)


def _applied(write: Write, prefer: Preferences) -> str:
    names = ["return", "count", "tx", "handling", "timezone", "numbers"]
    if write.kind in (WriteKind.insert, WriteKind.upsert):
        names.append("missing")
    if write.kind is WriteKind.upsert:
        names.append("resolution")
    if write.max_affected is not None:
        names.append("max-affected")
    return prefer.applied(*names)
