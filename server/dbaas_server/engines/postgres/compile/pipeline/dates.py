"""Parts of dates, truncation, rendering.

A ``timestamp with time zone`` is looked at in the zone given, otherwise in UTC, otherwise in the zone that the request
prefers. A ``date`` and a ``timestamp`` have no zone and are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import ConstantKind
from ..names import literal
from .frame import Frame
from .values import Const, Typed, Value, base, category, describe, jsonb, refuse

__all__ = ["OPERATORS"]

_ZONED = "timestamp with time zone"
_PLAIN = "timestamp without time zone"

_PARTS = {
    "year": "extract(year from {0})::integer",
    "month": "extract(month from {0})::integer",
    "dayOfMonth": "extract(day from {0})::integer",
    "hour": "extract(hour from {0})::integer",
    "minute": "extract(minute from {0})::integer",
    "second": "floor(extract(second from {0}))::integer",
    "millisecond": "floor(extract(milliseconds from {0}))::integer % 1000",
    "dayOfYear": "extract(doy from {0})::integer",
    "dayOfWeek": "extract(dow from {0})::integer + 1",  # 1 is Sunday
    "isoWeek": "extract(week from {0})::integer",
    "isoWeekYear": "extract(isoyear from {0})::integer",
    "isoDayOfWeek": "extract(isodow from {0})::integer",
    # Weeks begin on Sunday; the days before the first one are in week 0.
    "week": "(extract(doy from {0})::integer + 6 - extract(dow from {0})::integer) / 7",
}

_FORMAT = {
    "Y": "YYYY", "m": "MM", "d": "DD", "H": "HH24", "M": "MI", "S": "SS", "L": "MS", "j": "DDD", "u": "ID",
    "G": "IYYY", "V": "IW",
}  # fmt: skip


def _date(value: Value) -> Typed:
    """A date, or a constant that says one."""
    if isinstance(value, Typed) and category(value.kind) == "date":
        return value
    raise refuse(f"Here stands a date, not {describe(value)}.", hint="Convert it with $toDate.")


def _constant(frame: Frame, value: Value) -> Value:
    if isinstance(value, Const) and value.kind in (ConstantKind.text, ConstantKind.null):
        return Typed(f"{frame.context.args.render(value.constant.arg)}::{_ZONED}", _ZONED)
    return value


def _local(frame: Frame, operands: Sequence[Value]) -> tuple[str, str, Typed]:
    """The date as a wall clock shows it in its zone, the zone, and the date."""
    date = _date(_constant(frame, operands[0]))
    zone = frame.zone
    if len(operands) > 1:
        assert isinstance(operands[1], Const)
        zone = f"{frame.context.args.render(operands[1].constant.arg)}::text"
    if base(date.kind) == _ZONED:
        return f"({date.sql} at time zone {zone})", zone, date
    return f"({date.sql})::{_PLAIN}", zone, date


def _part(name: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    def call(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        local, _, _ = _local(frame, operands)
        return Typed(f"({_PARTS[name].format(local)})", "integer")

    return call


def _trunc(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    local, zone, date = _local(frame, operands)
    unit, _, first = word.partition(" ")
    cut = f"date_trunc({literal(unit)}, {local})"
    if first == "sunday":  # PostgreSQL's weeks begin on Monday
        cut = f"(date_trunc('week', {local} + interval '1 day') - interval '1 day')"
    if base(date.kind) == _ZONED:
        return Typed(f"({cut} at time zone {zone})", _ZONED)
    if base(date.kind) == "date" and unit not in ("hour", "minute", "second"):
        return Typed(f"({cut})::date", "date")
    return Typed(cut, _PLAIN)


def _to_string(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    local, _, _ = _local(frame, operands)
    made, at = "", 0
    while at < len(word):
        if word[at] == "%":
            made += _FORMAT.get(word[at + 1], '"%"')
            at += 2
        else:
            character = word[at]
            made += '"' + ("\\" + character if character in '"\\' else character) + '"'
            at += 1
    return Typed(f"to_char({local}, {literal(made)})", "text")


def _to_date(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    value = _constant(frame, operands[0])
    if isinstance(value, Const):
        value = Typed(f"{frame.context.args.render(value.constant.arg)}::double precision", "double precision")
    if not isinstance(value, Typed):
        raise refuse(f"{describe(value).capitalize()} cannot be made a date.")
    match category(value.kind):
        case "date":
            if base(value.kind) == _ZONED:
                return value
            return Typed(f"(({value.sql})::{_PLAIN} at time zone {frame.zone})", _ZONED)
        case "integer" | "decimal" | "float":
            return Typed(f"to_timestamp(({value.sql})::double precision / 1000)", _ZONED)
        case "json":
            return Typed(f"({jsonb(value)} #>> '{{}}')::{_ZONED}", _ZONED)
        case "text":
            return Typed(f"({value.sql})::{_ZONED}", _ZONED)
        case _:
            raise refuse(f"{describe(value).capitalize()} cannot be made a date.")


OPERATORS: dict[str, Callable[[Frame, Sequence[Value], str], Value]] = {
    **{name: _part(name) for name in _PARTS},
    "dateTrunc": _trunc, "dateToString": _to_string, "toDate": _to_date,
}  # fmt: skip
