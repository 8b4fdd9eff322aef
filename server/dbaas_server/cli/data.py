"""``dbaas schema | load``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.platform import Platform

from ..acting import Acting, table_name
from ..control.schema import schema_json
from ..nouns import Caller, TableRef
from ..sessions import Sessions
from .opened import opened, sessions
from .show import print_fields, print_rows, size_text

__all__ = ["load_csv", "show_schema"]

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Open:
    platform: Platform
    sessions: Sessions


async def show_schema(options: argparse.Namespace) -> None:
    """Tables of a database, or the columns of one table."""
    tenant, name = options.database
    async with opened(options.home) as here, sessions(here.platform) as open_sessions:
        database = await here.platform.database(tenant, name)
        session = await open_sessions.session(tenant, database.name)
        catalog = await session.catalog(fresh=True)
        schema = schema_json(catalog, session.findings(catalog))
    tables = [table for each in schema["schemas"] for table in each["tables"]]
    if options.table is None:
        if options.json:
            print_fields(schema, as_json=True)
            return
        rows = [
            {
                **table,
                "table": f"{table['schema']}.{table['name']}",
                "rows": table["estimated_rows"] if table["estimated_rows"] >= 0 else None,
                "size": size_text(table["size_bytes"]),
                "reachable by": ", ".join(table["exposed_to"]) or "owner",
                "note": table["warning"],
            }
            for table in tables
        ]
        print_rows(
            rows, ["table", "kind", "rows", "size", "reachable by", "note"], as_json=False, empty="No table yet."
        )
        return
    wanted = [t for t in tables if options.table in (t["name"], f"{t['schema']}.{t['name']}")]
    if not wanted:
        raise NotFound("table_not_found", f"There is no table {options.table}.", hint=f"dbaas schema {tenant}/{name}")
    if options.json:
        print_fields(wanted[0], as_json=True)
        return
    columns = [{**column, "key": "primary" if column["primary_key"] else None} for column in wanted[0]["columns"]]
    print_rows(columns, ["name", "type", "nullable", "default", "key"], as_json=False, empty="No columns.")


async def load_csv(options: argparse.Namespace) -> None:
    """Load a CSV file, all or nothing."""
    tenant, name = options.database
    source = _opened_file(options.file)
    async with opened(options.home) as here, sessions(here.platform) as open_sessions:
        known = await here.platform.tenant(tenant)
        caller = Caller(known.id, "owner", "{}", here.actor, member=True)
        table = TableRef(options.table, options.schema)
        with Acting(_Open(here.platform, open_sessions), caller, tenant, name, "load", table=table_name(table)) as act:
            session = await open_sessions.session(tenant, name)
            rows = act.rows = await session.load(table, [], _chunks(source), caller)
    print_fields({"table": options.table, "rows": rows}, as_json=options.json)


def _opened_file(path: Path) -> BinaryIO:
    if str(path) == "-":
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise Invalid("file_not_readable", f"Cannot read {path}.", details=error.strerror) from None


async def _chunks(source: BinaryIO) -> AsyncIterator[bytes]:
    with source:
        while chunk := await asyncio.to_thread(source.read, _CHUNK_BYTES):
            yield chunk
