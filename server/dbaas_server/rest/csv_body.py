"""CSV bodies (RFC 4180) with a header line; ``NULL`` in a field means null, an empty field an empty text."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import orjson

from dbaas_provisioning.errors import Invalid

__all__ = ["MAX_FIELD", "copy_nulls", "csv_to_json", "read_header"]

MAX_FIELD = 64 * 1024 * 1024
_MAX_HEADER = 64 * 1024


def csv_to_json(raw: bytes) -> tuple[bytes, tuple[str, ...], int]:
    """A whole CSV body.

    Returns:
        The JSON text of an array of objects with text values and nulls, the header's columns, the number of rows.

    Raises:
        Invalid: ``PGRST102``.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("PGRST102", "The CSV is not UTF-8 text") from None
    if "\0" in text:
        raise Invalid("PGRST102", "The CSV holds a NUL character")
    csv.field_size_limit(MAX_FIELD)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _columns(next(lines, []))
        rows = []
        for line in lines:
            if not line:
                continue
            if len(line) != len(header):
                raise Invalid(
                    "PGRST102", "All lines must have same number of fields", details=f"Line {lines.line_num} differs."
                )
            rows.append({name: None if field == "NULL" else field for name, field in zip(header, line, strict=True)})
    except csv.Error as error:
        raise Invalid("PGRST102", "The body is not valid CSV", details=str(error)) from None
    return orjson.dumps(rows), header, len(rows)


def _columns(fields: list[str]) -> tuple[str, ...]:
    if not fields or not all(fields) or len(set(fields)) != len(fields):
        raise Invalid("PGRST102", "The CSV needs a header line with a different name for each column")
    return tuple(fields)


async def read_header(stream: AsyncIterator[bytes]) -> tuple[tuple[str, ...], bytes]:
    """Take the header line off a stream.

    Returns:
        Its columns, and what of the stream was read, the header line included.

    Raises:
        Invalid: ``PGRST102``.
    """
    taken = b""
    async for chunk in stream:
        taken += chunk
        if b"\n" in taken or len(taken) > _MAX_HEADER:
            break
    line, _, _ = taken.partition(b"\n")
    if len(line) > _MAX_HEADER:
        raise Invalid("PGRST102", "The header line of the CSV is too long")
    try:
        fields = next(csv.reader([line.decode("utf-8-sig").rstrip("\r")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise Invalid("PGRST102", "The CSV needs a header line") from None
    return _columns(fields), taken


async def copy_nulls(taken: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Rewrite a CSV stream so that COPY's reading of it agrees with :func:`csv_to_json`.

    COPY reads an empty field as null and a quoted one as empty text. Here ``NULL`` becomes an empty field, and an empty
    field a quoted one. Whole lines are handed on as they complete, so memory is bounded by the longest line.

    Args:
        taken: what was read of the stream already, the header line included.
    """
    rest = taken.removeprefix(b"\xef\xbb\xbf")
    async for chunk in stream:
        rest += chunk
        cut = _last_line_end(rest)
        if cut:
            yield _rewrite(rest[:cut])
            rest = rest[cut:]
        elif len(rest) > MAX_FIELD:
            raise Invalid("PGRST102", "A line of the CSV is too long, or a quote is not closed")
    if rest:
        yield _rewrite(rest if rest.endswith(b"\n") else rest + b"\n")


def _last_line_end(data: bytes) -> int:
    """Past the last newline that is outside of quotes; 0 when there is none. ``data`` begins at a line's start."""
    at = data.rfind(b"\n")
    # A newline is outside when the quotes before it pair up.
    quotes = data.count(b'"', 0, at + 1)
    while at >= 0 and quotes % 2:
        before = data.rfind(b"\n", 0, at)
        quotes -= data.count(b'"', before + 1, at + 1)
        at = before
    return at + 1


def _rewrite(lines: bytes) -> bytes:
    """Rewrite whole lines.

    What stands between quotes is every second segment, and stays. The others are rewritten as one text, joined by the
    one character that they cannot hold, so that the work is a few passes over a chunk and not some for each field.
    """
    if b"\0" in lines:
        raise Invalid("PGRST102", "The CSV holds a NUL character")
    segments = (b"\n" + lines).split(b'"')
    text = b'"'.join(segments[::2])
    for blank in (b"\n\r\n", b"\n\n"):  # blank lines are no rows
        while blank in text:
            text = text.replace(blank, b"\n")
    text = text.replace(b",,", b",\0,").replace(b",,", b",\0,")  # twice, since neighbours share a comma
    text = text.replace(b",\n", b",\0\n").replace(b",\r", b",\0\r").replace(b"\n,", b"\n\0,")
    if b"NULL" in text:
        for before in (b",", b"\n"):
            for after in (b",", b"\n", b"\r"):
                special = before + b"NULL" + after
                text = text.replace(special, before + after).replace(special, before + after)
    segments[::2] = text.split(b'"')
    return b'"'.join(segments)[1:].replace(b"\0", b'""')
