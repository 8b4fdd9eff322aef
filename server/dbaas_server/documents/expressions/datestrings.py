"""``$dateToString`` and ``$dateFromString``. Letters after ``%``: MongoDB's manual, "Format Specifiers"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from bson import DatetimeMS

from ..errors import Code, DocumentError
from ..values import alias
from .calendar import DAY, Parts, Zone, days_from_civil, iso_week, iso_week_start, moment, parts_of, zone_of
from .compiler import Compiler
from .dates import date_of, week_of_year
from .frame import Frame
from .numeric import is_nullish
from .registry import Node, operator

__all__ = ["parse_date"]

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ISO: Final = "%Y-%m-%dT%H:%M:%S.%L"


def _offset(minutes: int) -> str:
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}"


_WRITERS: Final[dict[str, Callable[[Parts, int], str]]] = {
    "Y": lambda p, minutes: f"{p.year:04d}",
    "m": lambda p, minutes: f"{p.month:02d}",
    "d": lambda p, minutes: f"{p.day:02d}",
    "H": lambda p, minutes: f"{p.hour:02d}",
    "M": lambda p, minutes: f"{p.minute:02d}",
    "S": lambda p, minutes: f"{p.second:02d}",
    "L": lambda p, minutes: f"{p.millisecond:03d}",
    "j": lambda p, minutes: f"{p.year_day:03d}",
    "w": lambda p, minutes: str(p.weekday % 7 + 1),
    "u": lambda p, minutes: str(p.weekday),
    "U": lambda p, minutes: f"{week_of_year(p):02d}",
    "V": lambda p, minutes: f"{iso_week(p)[1]:02d}",
    "G": lambda p, minutes: f"{iso_week(p)[0]:04d}",
    "b": lambda p, minutes: _MONTHS[p.month - 1][:3],
    "B": lambda p, minutes: _MONTHS[p.month - 1],
    "z": lambda p, minutes: _offset(minutes),
    "Z": lambda p, minutes: str(minutes),
    "%": lambda p, minutes: "%",
}


def _checked(format: str, known: Any) -> str:
    place = 0
    while (place := format.find("%", place)) >= 0:
        letter = format[place + 1 : place + 2]
        if not letter:
            raise DocumentError(18535, "Unmatched '%' at end of format string")
        if letter not in known:
            raise DocumentError(18536, f"Invalid format character '%{letter}' in format string")
        place += 2
    return format


def _write(milliseconds: int, format: str, zone: Zone) -> str:
    parts, minutes = parts_of(milliseconds, zone), zone.offset(milliseconds) // 60_000
    if not 0 <= parts.year <= 9_999:
        raise DocumentError(18537, f"$dateToString is only defined on year 0-9999, tried to use year {parts.year}")
    return re.sub("%(.)", lambda found: _WRITERS[found[1]](parts, minutes), format, flags=re.DOTALL)


@operator("$dateToString")
def _to_string(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(18629, "$dateToString only supports an object as its argument")
    for key in operand:
        if key not in ("date", "format", "timezone", "onNull"):
            raise DocumentError(18534, f"Unrecognized argument to $dateToString: {key}")
    if "date" not in operand:
        raise DocumentError(18628, "Missing 'date' parameter to $dateToString")
    date = compiler.compile(operand["date"]).evaluate
    form = compiler.compile(operand["format"]) if "format" in operand else None
    zone = compiler.compile(operand["timezone"]).evaluate if "timezone" in operand else None
    on_null = compiler.compile(operand.get("onNull")).evaluate
    if form is not None and form.is_constant and type(form.value) is str:
        _checked(form.value, _WRITERS)

    def run(frame: Frame) -> Any:
        name = "UTC" if zone is None else zone(frame)
        if is_nullish(name):
            return None
        where = zone_of(name)
        format = (_ISO + "Z" if name in ("UTC", "GMT") else _ISO) if form is None else form.evaluate(frame)
        if is_nullish(format):
            return on_null(frame)
        if type(format) is not str:
            raise DocumentError(18533, f"$dateToString requires that 'format' be a string, found: {alias(format)}")
        value = date(frame)
        if is_nullish(value):
            return on_null(frame)
        return _write(moment(value), _checked(format, _WRITERS), where)

    return Node(run)


# --- reading ----------------------------------------------------------------------------------------------------

_FREE: Final = re.compile(
    r"\s*(?P<year>\d{4})-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?"
    r"(?:[T\s]\s*(?P<hour>\d{1,2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,:](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<zone>Z|z|GMT|UTC|[+-]\d{2}(?::?\d{2})?|[A-Za-z]+/[A-Za-z_/]+)?)?\s*"
)
_ORDINAL: Final = re.compile(r"\s*(?P<year>\d{4})-?(?:W(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?|(?P<yearday>\d{3}))\s*")
_WORDED: Final = re.compile(
    r"\s*(?:[A-Za-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})[\s-]+(?P<name>[A-Za-z]{3,9})\.?|(?P<name2>[A-Za-z]{3,9})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?),?[\s-]+"
    r"(?P<year>\d{4})(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<zone>Z|GMT|UTC|[+-]\d{2}:?\d{2})?)?\s*",
)
_READERS: Final = {
    "Y": r"(?P<year>\d{4})",
    "m": r"(?P<month>\d{2})",
    "d": r"(?P<day>\d{2})",
    "H": r"(?P<hour>\d{2})",
    "M": r"(?P<minute>\d{2})",
    "S": r"(?P<second>\d{2})",
    "L": r"(?P<fraction>\d{1,3})",
    "j": r"(?P<yearday>\d{3})",
    "G": r"(?P<isoyear>\d{4})",
    "V": r"(?P<week>\d{2})",
    "u": r"(?P<weekday>[1-7])",
    "b": r"(?P<name>[A-Za-z]{3})",
    "B": r"(?P<name>[A-Za-z]{3,9})",
    "z": r"(?P<zone>[+-]\d{2}:?\d{2}|Z)",
    "Z": r"(?P<minutes>[+-]?\d{1,4})",
    "%": "%",
}


def _failed(value: str) -> DocumentError:
    return DocumentError(Code.ConversionFailure, f"Error parsing date string '{value[:100]}'")


def parse_date(value: str, zone: Zone | None = None, format: str | None = None) -> DatetimeMS:
    """The date that a text gives: ISO 8601 and its kin, ``2 Jan 2020 10:30``, or as a format says.

    Args:
        zone: where clocks are unless the text says; an offset in the text beside it is refused.

    Raises:
        DocumentError: ``ConversionFailure``.
    """
    if format is not None:
        found = _pattern(format).fullmatch(value)
    else:
        found = _FREE.fullmatch(value) or _ORDINAL.fullmatch(value) or _WORDED.fullmatch(value)
    if found is None:
        raise _failed(value)
    parts = {name.rstrip("2"): text for name, text in found.groupdict().items() if text is not None}
    named = parts.get("zone")
    if "minutes" in parts:
        where = Zone(int(parts["minutes"]) * 60_000)
    elif named is not None:
        where = zone_of("UTC" if named in "Zz" else named)
    else:
        where = zone or Zone(0)
    if zone is not None and (named is not None or "minutes" in parts):
        raise DocumentError(
            Code.ConversionFailure,
            "you cannot pass in a date/time string with time zone information together with a timezone argument",
        )
    return date_of(where.to_utc(_day(parts, value) * DAY + _clock(parts, value)))


def _pattern(format: str) -> re.Pattern[str]:
    seen: set[str] = set()
    written = []
    for piece in re.findall(r"%.|[^%]+", _checked(format, _READERS), flags=re.DOTALL):
        if piece[0] != "%":
            written.append(re.escape(piece))
            continue
        if piece in seen and piece != "%%":
            raise DocumentError(Code.ConversionFailure, f"'{piece}' is given twice in the format string")
        seen.add(piece)
        written.append(_READERS[piece[1]])
    try:
        return re.compile("".join(written))
    except re.error:  # %b beside %B
        raise DocumentError(Code.ConversionFailure, "a part of the date is given twice in the format string") from None


def _day(parts: dict[str, str], value: str) -> int:
    if "week" in parts or "isoyear" in parts:
        year = int(parts.get("isoyear") or parts.get("year") or 0)
        week, weekday = int(parts.get("week", 1)), int(parts.get("weekday", 1))
        if not 1 <= week <= 53:
            raise _failed(value)
        return iso_week_start(year) + (week - 1) * 7 + weekday - 1
    if "year" not in parts:
        raise DocumentError(
            Code.ConversionFailure, "an incomplete date/time string has been found, with elements missing"
        )
    year = int(parts["year"])
    if "yearday" in parts:
        return days_from_civil(year, 1, 1) + int(parts["yearday"]) - 1
    month = int(parts.get("month", 1))
    if "name" in parts:
        names = [name[:3].lower() for name in _MONTHS]
        if parts["name"][:3].lower() not in names:
            raise _failed(value)
        month = names.index(parts["name"][:3].lower()) + 1
    day = int(parts.get("day", 1))
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise _failed(value)
    return days_from_civil(year, month, day)


def _clock(parts: dict[str, str], value: str) -> int:
    hour, minute, second = (int(parts.get(name, 0)) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 59:
        raise _failed(value)
    fraction = int(parts.get("fraction", "0").ljust(3, "0")[:3])
    return hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction


@operator("$dateFromString")
def _from_string(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(40540, f"$dateFromString only supports an object as an argument, found: {alias(operand)}")
    for key in operand:
        if key not in ("dateString", "format", "timezone", "onError", "onNull"):
            raise DocumentError(40541, f"Unrecognized argument to $dateFromString: {key}")
    if "dateString" not in operand:
        raise DocumentError(40542, "Missing 'dateString' parameter to $dateFromString")
    text = compiler.compile(operand["dateString"]).evaluate
    form = compiler.compile(operand["format"]).evaluate if "format" in operand else None
    zone = compiler.compile(operand["timezone"]).evaluate if "timezone" in operand else None
    on_null = compiler.compile(operand.get("onNull")).evaluate
    on_error = compiler.compile(operand["onError"]).evaluate if "onError" in operand else None

    def run(frame: Frame) -> Any:
        value = text(frame)
        name = None if zone is None else zone(frame)
        format = None if form is None else form(frame)
        if is_nullish(value):
            return on_null(frame)
        if (zone is not None and is_nullish(name)) or (form is not None and is_nullish(format)):
            return None
        if format is not None and type(format) is not str:
            raise DocumentError(40684, f"$dateFromString requires that 'format' be a string, found: {alias(format)}")
        try:
            if type(value) is not str:
                raise DocumentError(
                    Code.ConversionFailure,
                    f"$dateFromString requires that 'dateString' be a string, found: {alias(value)}",
                )
            return parse_date(value, None if zone is None else zone_of(name), format)
        except DocumentError as error:
            if on_error is None or error.number != Code.ConversionFailure:
                raise
            return on_error(frame)

    return Node(run)
