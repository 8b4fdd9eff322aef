"""``dbaas schema | load``: on this machine's platform, or with ``DBAAS_URL`` over HTTP as the person."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform

from ..acting import Acting, table_name
from ..control.schema import schema_json
from ..nouns import Caller, TableRef
from ..sessions import Sessions
from .login import ask, signed_in
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
    schema = _schema_elsewhere(tenant, name) if options.elsewhere else await _schema(options.home, tenant, name)
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


async def _schema(home: Home, tenant: str, name: str) -> dict[str, Any]:
    async with opened(home) as here, sessions(here.platform) as open_sessions:
        database = await here.platform.database(tenant, name)
        session = await open_sessions.session(tenant, database.name)
        catalog = await session.catalog(fresh=True)
        return schema_json(catalog, session.findings(catalog))


def _schema_elsewhere(tenant: str, name: str) -> dict[str, Any]:
    url, token, _ = signed_in()
    _, schema = ask("GET", f"{url}/v1/{quote(tenant, '')}/databases/{quote(name, '')}/schema", None, token)
    return schema


async def load_csv(options: argparse.Namespace) -> None:
    """Load a CSV file, all or nothing."""
    source = _opened_file(options.file)
    rows = _load_elsewhere(options, source) if options.elsewhere else await _load(options, source)
    print_fields({"table": options.table, "rows": rows}, as_json=options.json)


def _load_elsewhere(options: argparse.Namespace, source: BinaryIO) -> int:
    url, token, _ = signed_in()
    tenant, name = options.database
    where = {"database": name} | ({"schema": options.schema} if options.schema else {})
    place = f"{url}/v1/{quote(tenant, '')}/load/{quote(options.table, '')}?{urlencode(where)}"
    with source:
        _, loaded = ask("POST", place, None, token, csv=iter(lambda: source.read(_CHUNK_BYTES), b""))
    return int(loaded["rows"])


async def _load(options: argparse.Namespace, source: BinaryIO) -> int:
    tenant, name = options.database
    async with opened(options.home) as here, sessions(here.platform) as open_sessions:
        known = await here.platform.tenant(tenant)
        caller = Caller(known.id, "owner", "{}", here.actor, member=True)
        table = TableRef(options.table, options.schema)
        with Acting(_Open(here.platform, open_sessions), caller, tenant, name, "load", table=table_name(table)) as act:
            session = await open_sessions.session(tenant, name)
            rows = act.rows = await session.load(table, [], _chunks(source), caller)
    return rows


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
