"""The ``Prefer`` header (RFC 7240) and what ``Preference-Applied`` says of it."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from functools import lru_cache

from dbaas_provisioning.errors import Invalid

from ..nouns import Count, Resolution

__all__ = ["Preferences", "parse_prefer"]

_WORDS: dict[str, tuple[str, ...]] = {
    "return": ("minimal", "headers-only", "representation"),
    "count": ("exact", "planned", "estimated"),
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("default", "null"),
    "tx": ("commit", "rollback"),
    "handling": ("strict", "lenient"),
    "numbers": ("string", "number"),
}
_MAX_REMEMBERED = 200  # characters, so that a stranger cannot fill the memory
_RESOLUTIONS = {"merge-duplicates": Resolution.merge, "ignore-duplicates": Resolution.ignore}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a request prefers. ``given`` has the valid ones, in order, as they were written."""

    given: tuple[tuple[str, str], ...] = ()
    representation: str | None = None  # minimal, headers-only, representation
    count: Count | None = None
    resolution: Resolution | None = None
    missing_default: bool = False
    rollback: bool = False
    strict: bool = False
    max_affected: int | None = None
    time_zone: str | None = None
    numbers_as_text: bool = False

    def applied(self, *names: str) -> str:
        """The value of ``Preference-Applied`` where the request's kind honours ``names``."""
        return ", ".join(f"{name}={value}" for name, value in self.given if name in names)


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def parse_prefer(header: str) -> Preferences:
    """Read the header's value; of a preference given twice the first counts.

    Raises:
        Invalid: ``PGRST122`` under ``handling=strict`` when something in it is not understood.
    """
    return _remembered(header) if len(header) <= _MAX_REMEMBERED else _parse(header)


@lru_cache(maxsize=1024)
def _remembered(header: str) -> Preferences:
    return _parse(header)


def _parse(header: str) -> Preferences:
    given: dict[str, str] = {}
    unknown: list[str] = []
    for part in header.split(","):
        name, _, value = (text.strip() for text in part.strip().partition("="))
        if not name:
            continue
        value = value.strip('"')
        if not _valid(name, value):
            unknown.append(part.strip())
        else:
            given.setdefault(name, value)
    strict = given.get("handling") == "strict"
    if strict and unknown:
        raise Invalid(
            "PGRST122",
            "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}"[:500],
        )
    count = given.get("count")
    return Preferences(
        given=tuple(given.items()),
        representation=given.get("return"),
        count=Count(count) if count is not None else None,
        resolution=_RESOLUTIONS.get(given.get("resolution", "")),
        missing_default=given.get("missing") == "default",
        rollback=given.get("tx") == "rollback",
        strict=strict,
        # PostgREST's rule: only who asked for strictness is held to the number.
        max_affected=int(given["max-affected"]) if strict and "max-affected" in given else None,
        time_zone=given.get("timezone"),
        numbers_as_text=given.get("numbers") == "string",
    )


def _valid(name: str, value: str) -> bool:
    if name == "max-affected":
        return value.isascii() and value.isdigit() and len(value) <= 18
    if name == "timezone":
        return value in _time_zones()
    return value in _WORDS.get(name, ())
