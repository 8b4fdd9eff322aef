"""``dbaas audit``: who did what, and how it went."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dbaas_provisioning.errors import Invalid

from ..control.audit import MOST, instant
from ..control.render import audit_json
from .opened import opened
from .show import print_rows

__all__ = ["add_commands"]

_LONGEST_STATEMENT = 100


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add it to the command line's grammar."""
    audit = command("audit", "Tell who did what, the newest first.", _audit)
    audit.add_argument("tenant", nargs="?", help="without it: of all, and of the platform")
    audit.add_argument("--actor", metavar="PERSON")
    audit.add_argument("--action", help="as the list shows it: create_database, query, …")
    audit.add_argument("--database", help="what was done to it, and with its data")
    audit.add_argument("--outcome", help="ok, refused, or an error's code")
    audit.add_argument("--since", metavar="TIME", help="a day, or a time like 2026-01-31T12:00:00Z")
    audit.add_argument("--before", type=int, metavar="ID", help="older than that entry")
    audit.add_argument("--limit", type=int, default=50)


async def _audit(options: argparse.Namespace) -> None:
    if not 1 <= options.limit <= MOST:
        raise Invalid("invalid_field", f"--limit is a number from 1 to {MOST:,}.")
    since = None if options.since is None else instant(options.since)
    async with opened(options.home) as here:
        entries = await here.platform.audit(
            tenant=options.tenant, actor=options.actor, action=options.action, database=options.database,
            outcome=options.outcome, since=since, before=options.before, limit=options.limit,
        )  # fmt: skip
    rows = [audit_json(entry) for entry in entries]
    if not options.json:
        rows = [{**row, "at": f"{row['at']:%Y-%m-%d %H:%M:%S}", "details": _pairs(row["details"])} for row in rows]
    columns = ["id", "at", "actor", "action", "tenant", "target", "outcome", "details"]
    print_rows(rows, columns, as_json=options.json, empty="Nothing was done that fits.")


def _pairs(details: dict[str, str]) -> str:
    """In a line: a statement, its beginning at least, and then the rest."""
    statement = details.get("statement", "")
    if len(statement) > _LONGEST_STATEMENT:
        statement = statement[: _LONGEST_STATEMENT - 1] + "…"
    rest = " ".join(f"{name}={value}" for name, value in details.items() if name != "statement")
    return f"{statement}  {rest}".strip()
