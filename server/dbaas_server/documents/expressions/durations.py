"""``$dateAdd $dateSubtract $dateDiff $dateTrunc``: in the calendar of a time zone."""

from __future__ import annotations

from typing import Any, Final

from bson import Int64

from ..errors import Code, DocumentError
from ..values import alias
from .calendar import DAY, UTC_ZONE, Parts, Zone, days_from_civil, moment, parts_of, zone_of
from .compiler import Compiler
from .dates import date_of
from .numeric import MAX_LONG, integral, is_nullish, rank
from .registry import Node, apply, operator

__all__: list[str] = []

_FIXED: Final = {"week": 7 * DAY, "day": DAY, "hour": 3_600_000, "minute": 60_000, "second": 1_000, "millisecond": 1}
_MONTHS: Final = {"year": 12, "quarter": 3, "month": 1}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCKLESS: Final = frozenset({"hour", "minute", "second", "millisecond"})
_NOT_GIVEN: Final = object()


def _unit(value: Any) -> str:
    if type(value) is not str:
        raise DocumentError(5166404, f"unit must be a string, found {alias(value)}")
    if value not in _FIXED and value not in _MONTHS:
        raise DocumentError(Code.FailedToParse, f"unknown time unit value: {value}")
    return value


def _weekday(value: Any) -> int:
    """0 is Monday."""
    if type(value) is not str:
        raise DocumentError(5338801, f"startOfWeek must be a string, found {alias(value)}")
    name = value.lower()
    for place, day in enumerate(_WEEKDAYS):
        if name in (day, day[:3]):
            return place
    raise DocumentError(Code.FailedToParse, f"unknown day of week value: {value}")


def _compile(
    name: str, operand: Any, compiler: Compiler, required: tuple[str, ...], optional: tuple[str, ...], first: int
) -> list[Node]:
    if type(operand) is not dict:
        raise DocumentError(first, f"{name} expects an object as its argument, found {alias(operand)}")
    for key in operand:
        if key not in required and key not in optional:
            raise DocumentError(first + 1, f"Unrecognized argument to {name}: {key}")
    for key in required:
        if key not in operand:
            raise DocumentError(first + 2, f"{name} requires '{key}' to be present")
    return [
        compiler.compile(operand[key]) if key in operand else Node.constant(_NOT_GIVEN)
        for key in (*required, *optional)
    ]


def _zone(value: Any) -> Zone:
    return UTC_ZONE if value is _NOT_GIVEN else zone_of(value)


def _shifter(name: str, sign: int) -> None:
    def run(start: Any, unit: Any, amount: Any, zone: Any) -> Any:
        if any(is_nullish(value) for value in (start, unit, amount, zone)):
            return None
        kind = _unit(unit)
        number = sign * integral(amount, 5166405, f"{name} expects integer amount of time units")
        if abs(number) > MAX_LONG:
            raise DocumentError(5166406, f"{name} amount is too large")
        try:
            begin = moment(start)
        except DocumentError:
            raise DocumentError(5166403, f"{name} requires startDate to be convertible to a date") from None
        return date_of(shift(begin, kind, number, _zone(zone)))

    def build(operand: Any, compiler: Compiler) -> Node:
        return apply(run, _compile(name, operand, compiler, ("startDate", "unit", "amount"), ("timezone",), 5166400))

    operator(name)(build)


def shift(begin: int, unit: str, amount: int, zone: Zone) -> int:
    """A moment, so many units later. Days and longer keep the local clock; a day that a month lacks is its last."""
    if unit in _CLOCKLESS:
        return begin + amount * _FIXED[unit]
    local = begin + zone.offset(begin)
    if unit in _FIXED:
        return zone.to_utc(local + amount * _FIXED[unit])
    p = parts_of(begin, zone)
    months = p.year * 12 + p.month - 1 + amount * _MONTHS[unit]
    year, month = divmod(months, 12)
    if abs(year) > 300_000_000:
        raise DocumentError(Code.Overflow, "date overflow")
    first = days_from_civil(year, month + 1, 1)
    last = days_from_civil(year, month + 2, 1) - 1
    return zone.to_utc(min(first + p.day - 1, last) * DAY + local % DAY)


_shifter("$dateAdd", 1)
_shifter("$dateSubtract", -1)


@operator("$dateDiff")
def _diff(operand: Any, compiler: Compiler) -> Node:
    def run(start: Any, end: Any, unit: Any, zone: Any, week: Any) -> Any:
        if any(is_nullish(value) for value in (start, end, unit, zone)):
            return None
        kind = _unit(unit)
        if kind == "week" and is_nullish(week):
            return None
        where = _zone(zone)
        try:
            low, high = moment(start), moment(end)
        except DocumentError:
            raise DocumentError(5166307, "$dateDiff requires both dates to be convertible to a date") from None
        return Int64(_boundaries(low, high, kind, where, 6 if week is _NOT_GIVEN else _weekday(week)))

    return apply(
        run,
        _compile(
            "$dateDiff", operand, compiler, ("startDate", "endDate", "unit"), ("timezone", "startOfWeek"), 5166301
        ),
    )


def _boundaries(low: int, high: int, unit: str, zone: Zone, week: int) -> int:
    """How many boundaries of a unit lie between two moments."""
    if unit in _CLOCKLESS:
        size = _FIXED[unit]
        low, high = low + zone.offset(low) % size, high + zone.offset(low) % size
        return high // size - low // size
    one, two = parts_of(low, zone), parts_of(high, zone)
    if unit == "day":
        return two.days - one.days
    if unit == "week":
        return (two.days + 3 - week) // 7 - (one.days + 3 - week) // 7
    size = _MONTHS[unit]
    return _month(two) // size - _month(one) // size


def _month(parts: Parts) -> int:
    return parts.year * 12 + parts.month - 1


@operator("$dateTrunc")
def _trunc(operand: Any, compiler: Compiler) -> Node:
    def run(date: Any, unit: Any, size: Any, zone: Any, week: Any) -> Any:
        if any(is_nullish(value) for value in (date, unit, size, zone)):
            return None
        kind = _unit(unit)
        if kind == "week" and is_nullish(week):
            return None
        count = 1
        if size is not _NOT_GIVEN:
            if not rank(size):
                raise DocumentError(
                    5439017, f"$dateTrunc requires 'binSize' to be a 64-bit integer, but got '{alias(size)}'"
                )
            count = integral(size, 5439017, "$dateTrunc requires 'binSize' to be a 64-bit integer, but got value '{}'")
            if not 0 < count <= 100_000_000_000:
                raise DocumentError(
                    5439018, f"$dateTrunc requires 'binSize' to be greater than 0, but got value {count}"
                )
        try:
            at = moment(date)
        except DocumentError:
            raise DocumentError(5439012, "$dateTrunc requires 'date' to be convertible to a date") from None
        return date_of(_bin(at, kind, count, _zone(zone), 6 if week is _NOT_GIVEN else _weekday(week)))

    return apply(
        run,
        _compile("$dateTrunc", operand, compiler, ("date", "unit"), ("binSize", "timezone", "startOfWeek"), 5439007),
    )


_REFERENCE: Final = days_from_civil(2000, 1, 1)


def _bin(at: int, unit: str, count: int, zone: Zone, week: int) -> int:
    """Where the bin begins that a moment is in; bins are counted from the year 2000."""
    if unit in _CLOCKLESS:
        size = count * _FIXED[unit]
        start = zone.to_utc(_REFERENCE * DAY)
        return start + (at - start) // size * size
    p = parts_of(at, zone)
    if unit == "day":
        days = _REFERENCE + (p.days - _REFERENCE) // count * count
    elif unit == "week":
        start = _REFERENCE + (week - (_REFERENCE + 3)) % 7  # the first such weekday of the year 2000
        days = start + (p.days - start) // (7 * count) * (7 * count)
    else:
        size = count * _MONTHS[unit]
        months = 2000 * 12 + (_month(p) - 2000 * 12) // size * size
        days = days_from_civil(months // 12, months % 12 + 1, 1)
    return zone.to_utc(days * DAY)
