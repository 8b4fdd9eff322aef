"""Values that a CSV reader does not know, one by one: infinity, years before and far after ours, bytes, arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dbaas_provisioning.errors import Invalid

__all__ = ["column_array"]

_MOMENT = re.compile(
    r"(?P<year>\d{4,})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[ T](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<zone>[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?(?P<bc> BC)?"
)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_DAY_MICROSECONDS = 86_400_000_000
_LARGEST = {"date": 2**31 - 1, "timestamp": 2**63 - 1}
_INFINITE = {"infinity": 1, "-infinity": -1}

_Convert = Callable[[Any], Any]


def column_array(texts: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    """A column from its texts.

    Infinity of a date or moment is the largest number of its type, as PostgreSQL itself and DuckDB keep it; minus
    infinity is that number's negative.

    Raises:
        Invalid: ``value_unfit``.
    """
    kind, convert = _storage(field.type), _converter(field.type)
    values = []
    for text in texts.to_pylist():
        try:
            values.append(None if text is None else convert(text))
        except (ValueError, ArithmeticError):
            raise _unfit(field, text) from None
    try:
        return pa.array(values, type=kind).cast(field.type) if kind != field.type else pa.array(values, type=kind)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        for value, text in zip(values, texts.to_pylist(), strict=True):
            try:
                pa.array([value], type=kind)
            except (pa.ArrowException, ValueError, TypeError, OverflowError):
                raise _unfit(field, text) from None
        raise


def _storage(kind: pa.DataType) -> pa.DataType:
    """As what the values are handed to Arrow: moments and dates as numbers, which any of them is."""
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return pa.int64()
    return pa.list_(_storage(kind.value_type)) if pa.types.is_list(kind) else kind


def _converter(kind: pa.DataType) -> _Convert:
    if pa.types.is_list(kind):
        return _list_of(kind.value_type)
    if pa.types.is_date32(kind):
        return _days
    if pa.types.is_timestamp(kind):
        return _microseconds
    if pa.types.is_time64(kind):
        return _time
    if pa.types.is_binary(kind):
        return lambda text: bytes.fromhex(text[2:])
    if pa.types.is_decimal(kind):
        return _decimal
    if pa.types.is_boolean(kind):
        return lambda text: text == "t"
    if pa.types.is_integer(kind):
        return int
    return float if pa.types.is_floating(kind) else str


def _list_of(kind: pa.DataType) -> _Convert:
    """An array arrives as JSON, with texts where elements are texts here."""
    if pa.types.is_string(kind):
        return lambda text: [_text(item) for item in json.loads(text)]
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        found: _Convert = json.loads
        return found
    convert = _converter(kind)
    return lambda text: [None if item is None else convert(item) for item in json.loads(text)]


def _text(item: Any) -> str | None:
    if isinstance(item, list):  # of an array of more dimensions than one
        raise ValueError(item)
    return item if item is None else str(item)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _time(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None or found[1] == "24":  # which PostgreSQL has, and Arrow has not
        raise ValueError(text)
    return _clock(found[1], found[2], found[3], found[4])


def _days(text: str) -> int:
    if text in _INFINITE:
        return _INFINITE[text] * _LARGEST["date"]
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return _day(found)


def _microseconds(text: str) -> int:
    if text in _INFINITE:
        return _INFINITE[text] * _LARGEST["timestamp"]
    found = _MOMENT.fullmatch(text)
    if found is None or found["hour"] is None:
        raise ValueError(text)
    of_day = _clock(found["hour"], found["minute"], found["second"], found["fraction"])
    moment = _day(found) * _DAY_MICROSECONDS + of_day
    if zone := found["zone"]:
        parts = [int(part) for part in re.findall(r"\d\d", zone)] + [0, 0]
        offset = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1_000_000
        moment += offset if zone[0] == "-" else -offset
    return moment


def _clock(hour: str, minute: str, second: str, fraction: str | None) -> int:
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    return seconds * 1_000_000 + int((fraction or "").ljust(6, "0"))


def _day(found: re.Match[str]) -> int:
    """Days since 1970-01-01 in the calendar of today, reckoned back and on without end."""
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if found["bc"]:
        year = 1 - year
    # Years that begin in March have their leap day last.
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _unfit(field: pa.Field, text: str | None) -> Invalid:
    shown = (text or "")[:60]
    return Invalid(
        "value_unfit",
        f"“{field.name}” has a value that its type in the file ({field.type}) does not: {shown}",
        hint="Convert the column in the statement, to text for example.",
    )
