"""Parts of dates, dates from parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bson import DatetimeMS, Int64

from ..errors import DocumentError
from ..values import alias
from .calendar import DAY, UTC_ZONE, Parts, days_from_civil, iso_week, iso_week_start, moment, parts_of, zone_of
from .compiler import Compiler
from .numeric import MAX_LONG, MIN_LONG, integral, is_nullish
from .registry import Node, apply, operator

__all__ = ["date_of"]


def date_of(milliseconds: int) -> DatetimeMS:
    """A date, within what BSON holds.

    Raises:
        DocumentError: ``Overflow``.
    """
    if not MIN_LONG <= milliseconds <= MAX_LONG:
        raise DocumentError(15, "date overflow")
    return DatetimeMS(milliseconds)


def _part(name: str, take: Callable[[Parts], Any]) -> None:
    def run(date: Any, zone: Any) -> Any:
        if is_nullish(date) or is_nullish(zone):
            return None
        return take(parts_of(moment(date), UTC_ZONE if zone == "UTC" else zone_of(zone)))

    def build(operand: Any, compiler: Compiler) -> Node:
        zone = Node.constant("UTC")
        if type(operand) is dict and next(iter(operand), "")[:1] != "$":
            for key in operand:
                if key not in ("date", "timezone"):
                    raise DocumentError(40535, f'unrecognized option to {name}: "{key}"')
            if "date" not in operand:
                raise DocumentError(40539, f"missing 'date' argument to {name}, provided: {operand}")
            if "timezone" in operand:
                zone = compiler.compile(operand["timezone"])
            return apply(run, [compiler.compile(operand["date"]), zone])
        if type(operand) is list:
            if len(operand) != 1:
                raise DocumentError(
                    40536, f"{name} accepts exactly one argument if given an array, but was given {len(operand)}"
                )
            operand = operand[0]
        return apply(run, [compiler.compile(operand), zone])

    operator(name)(build)


def week_of_year(parts: Parts) -> int:
    """0 to 53: weeks begin on Sundays; the days before the first one are week 0."""
    return (parts.year_day + 6 - parts.weekday % 7) // 7


_part("$year", lambda parts: parts.year)
_part("$month", lambda parts: parts.month)
_part("$dayOfMonth", lambda parts: parts.day)
_part("$hour", lambda parts: parts.hour)
_part("$minute", lambda parts: parts.minute)
_part("$second", lambda parts: parts.second)
_part("$millisecond", lambda parts: parts.millisecond)
_part("$dayOfYear", lambda parts: parts.year_day)
_part("$dayOfWeek", lambda parts: parts.weekday % 7 + 1)
_part("$isoDayOfWeek", lambda parts: parts.weekday)
_part("$isoWeek", lambda parts: iso_week(parts)[1])
_part("$isoWeekYear", lambda parts: Int64(iso_week(parts)[0]))
_part("$week", week_of_year)


@operator("$dateToParts")
def _to_parts(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(40524, "$dateToParts only supports an object as its argument")
    for key in operand:
        if key not in ("date", "timezone", "iso8601"):
            raise DocumentError(40520, f"Unrecognized argument to $dateToParts: {key}")
    if "date" not in operand:
        raise DocumentError(40522, "Missing 'date' parameter to $dateToParts")

    def run(date: Any, zone: Any, iso: Any) -> Any:
        if is_nullish(date) or is_nullish(zone) or is_nullish(iso):
            return None
        if type(iso) is not bool:
            raise DocumentError(40521, f"iso8601 must evaluate to a bool, found {alias(iso)}")
        p = parts_of(moment(date), zone_of(zone))
        clock = {"hour": p.hour, "minute": p.minute, "second": p.second, "millisecond": p.millisecond}
        if iso:
            year, week = iso_week(p)
            return {"isoWeekYear": year, "isoWeek": week, "isoDayOfWeek": p.weekday, **clock}
        return {"year": p.year, "month": p.month, "day": p.day, **clock}

    return apply(
        run,
        [
            compiler.compile(operand["date"]),
            compiler.compile(operand.get("timezone", "UTC")),
            compiler.compile(operand.get("iso8601", False)),
        ],
    )


_CLOCK = ("hour", "minute", "second", "millisecond")
_CIVIL = ("year", "month", "day")
_ISO = ("isoWeekYear", "isoWeek", "isoDayOfWeek")


@operator("$dateFromParts")
def _from_parts(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(40519, "$dateFromParts only supports an object as its argument")
    for key in operand:
        if key not in (*_CIVIL, *_ISO, *_CLOCK, "timezone"):
            raise DocumentError(40518, f"Unrecognized argument to $dateFromParts: {key}")
    if "year" not in operand and "isoWeekYear" not in operand:
        raise DocumentError(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present")
    is_iso = "isoWeekYear" in operand
    mixed = [key for key in (_CIVIL if is_iso else _ISO) if key in operand]
    if mixed:
        raise DocumentError(
            40489 if is_iso else 40525, f"$dateFromParts does not allow mixing natural dates with ISO dates: {mixed[0]}"
        )
    names = (*(_ISO if is_iso else _CIVIL), *_CLOCK)
    nodes = [compiler.compile(operand.get(name, 1 if place < 3 else 0)) for place, name in enumerate(names)]

    def run(zone: Any, *values: Any) -> Any:
        if is_nullish(zone) or any(is_nullish(value) for value in values):
            return None
        numbers = []
        for name, value in zip(names, values, strict=True):
            number = integral(value, 40515, f"'{name}' must evaluate to an integer, found {{}}")
            if name in ("year", "isoWeekYear"):
                if not 1 <= number <= 9_999:
                    raise DocumentError(
                        40523, f"'{name}' must evaluate to an integer in the range 1 to 9999, found {number}"
                    )
            elif (
                not (-32_768 <= number <= 32_767 or name in ("second", "millisecond"))
                or not MIN_LONG <= number <= MAX_LONG
            ):
                raise DocumentError(
                    31034,
                    f"'{name}' must evaluate to a value in the range [-32768, 32767]; value {number} is not in range",
                )
            numbers.append(number)
        year, middle, day, hour, minute, second, millisecond = numbers
        days = iso_week_start(year) + (middle - 1) * 7 + day - 1 if is_iso else days_from_civil(year, middle, day)
        local = days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1_000 + millisecond
        return date_of(zone_of(zone).to_utc(local))

    return apply(run, [compiler.compile(operand.get("timezone", "UTC")), *nodes])
