"""Days, weeks and time zones. Years are proleptic Gregorian and may lie outside of what Python's dates hold.

Days are counted from 1970-01-01, moments in milliseconds from its midnight in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from bson import DatetimeMS, ObjectId, Timestamp

from ..errors import DocumentError
from ..values import alias

__all__ = ["DAY", "Parts", "Zone", "days_from_civil", "iso_text", "iso_week", "moment", "parts_of", "zone_of"]

DAY: Final = 86_400_000
_OFFSET: Final = re.compile(r"([+-])(\d{2})(?::?(\d{2}))?")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")
_EPOCH: Final = datetime(1970, 1, 1)  # arithmetic on local time


@dataclass(frozen=True, slots=True)
class Parts:
    """A moment as a calendar and a clock show it; ``days`` is the local day."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    days: int

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 is Sunday."""
        return (self.days + 3) % 7 + 1

    @property
    def year_day(self) -> int:
        """1 is January 1st."""
        return self.days - days_from_civil(self.year, 1, 1) + 1


class Zone:
    """Where clocks are: a fixed offset, or a place whose offset changes."""

    __slots__ = ("_fixed", "_place")

    def __init__(self, fixed: int, place: ZoneInfo | None = None) -> None:
        self._fixed = fixed
        self._place = place

    def offset(self, moment: int) -> int:
        """Milliseconds that clocks are ahead of UTC at a moment."""
        if self._place is None:
            return self._fixed
        # zoneinfo knows years 1 to 9999; what is beyond has the offset of their ends
        seconds = min(max(moment // 1_000, -62_135_500_000), 253_402_200_000)
        offset = datetime.fromtimestamp(seconds, UTC).astimezone(self._place).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) * 1_000

    def to_utc(self, local: int) -> int:
        """The moment at which clocks show ``local`` (milliseconds as if it were UTC).

        Where clocks go back it is the first of two; where they jump it is as much later as they jump.
        """
        if self._place is None:
            return local - self._fixed
        seconds = min(max(local // 1_000, -62_135_500_000), 253_402_200_000)
        offset = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=self._place).utcoffset()
        assert offset is not None
        return local - int(offset.total_seconds()) * 1_000


UTC_ZONE: Final = Zone(0)


def zone_of(name: Any) -> Zone:
    """The zone of an Olson name or an offset (``+05:30``, ``-0330``, ``+02``).

    Raises:
        DocumentError: 40517 no string, 40485 unknown.
    """
    if type(name) is not str:
        raise DocumentError(40517, f"timezone must evaluate to a string, found {alias(name)}")
    zone = _zone(name) if len(name) <= 64 else None
    if zone is None:
        raise DocumentError(40485, f'unrecognized time zone identifier: "{name[:64]}"')
    return zone


@lru_cache(maxsize=256)
def _zone(name: str) -> Zone | None:
    if name in ("UTC", "GMT", "Z"):
        return UTC_ZONE
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return Zone((-minutes if offset[1] == "-" else minutes) * 60_000)
    if not _ZONE.fullmatch(name):
        return None
    try:
        return Zone(0, ZoneInfo(name))
    except (ValueError, OSError, LookupError):  # no such file, no file of a zone's, a folder
        return None


def moment(value: Any) -> int:
    """A date's milliseconds; timestamps and ObjectIds hold one too.

    Raises:
        DocumentError: 16006, there is none in it.
    """
    kind = type(value)
    if kind is DatetimeMS:
        return int(value)
    if kind is Timestamp:
        return int(value.time) * 1_000
    if kind is ObjectId:
        return int.from_bytes(value.binary[:4], "big") * 1_000
    raise DocumentError(16006, f"can't convert from BSON type {alias(value)} to Date")


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date; a month beyond 1 to 12 or any number of days carries over."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, rest = divmod(shifted, 400)
    year_day = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    return era * 146_097 + rest * 365 + rest // 4 - rest // 100 + year_day - 719_468 + day - 1


def civil_from_days(days: int) -> tuple[int, int, int]:
    """(year, month, day) of a number of days from 1970-01-01."""
    era, rest = divmod(days + 719_468, 146_097)
    year_of_era = (rest - rest // 1_460 + rest // 36_524 - rest // 146_096) // 365
    day_of_year = rest - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    month = month_from_march + (3 if month_from_march < 10 else -9)
    return era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * month_from_march + 2) // 5 + 1


def parts_of(milliseconds: int, zone: Zone = UTC_ZONE) -> Parts:
    """What calendar and clock show at a moment."""
    local = milliseconds + zone.offset(milliseconds)
    days, rest = divmod(local, DAY)
    seconds, millisecond = divmod(rest, 1_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return Parts(*civil_from_days(days), hour, minute, second, millisecond, days)


def iso_week(parts: Parts) -> tuple[int, int]:
    """(year, week) of ISO 8601: the week that has the year's first Thursday is week 1."""
    thursday = parts.days - parts.weekday + 4
    year = civil_from_days(thursday)[0]
    return year, (thursday - days_from_civil(year, 1, 1)) // 7 + 1


def iso_week_start(year: int) -> int:
    """The day on which ISO 8601's year begins, a Monday."""
    fourth = days_from_civil(year, 1, 4)
    return fourth - (fourth + 3) % 7


def iso_text(milliseconds: int) -> str:
    """``2020-01-31T12:30:00.000Z``."""
    p = parts_of(milliseconds)
    return f"{p.year:04d}-{p.month:02d}-{p.day:02d}T{p.hour:02d}:{p.minute:02d}:{p.second:02d}.{p.millisecond:03d}Z"
