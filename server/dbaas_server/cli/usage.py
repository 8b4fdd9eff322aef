"""``dbaas usage``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..control.usage import usage_of
from .opened import opened
from .show import print_fields, print_rows, size_text

__all__ = ["add_commands"]

_SHOWN = ["hour", "database", "requests", "refused", "connections", "storage", "awake_seconds"]


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add it to the command line's grammar."""
    made = command("usage", "Tell what a tenant used, by the hour.", _usage)
    made.add_argument("tenant")
    made.add_argument("--days", type=int, default=7, metavar="N", help="how far back, at most 90 (default: 7)")


async def _usage(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        hours = await here.platform.consumption.of(options.tenant, days=options.days)
        found = usage_of(await here.platform.tenant(options.tenant), hours)
    if options.json:
        print_fields(found, as_json=True)
        return
    if found["storage_full"]:
        print_fields({"storage": "full: what adds to the databases is refused"}, as_json=False)
    rows = [
        {**hour, "hour": f"{hour['hour']:%Y-%m-%d %H:00}", "storage": size_text(hour["storage_bytes"] or None)}
        for hour in found["hours"]
    ]
    print_rows(rows, _SHOWN, as_json=False, empty="Nothing was used in this time.")
