"""Bringing ``platform_meta`` to the schema that this program knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

from ..errors import DbaasError, Unavailable

__all__ = ["Migration", "migrate", "migrations"]

LOCK = 7_238_001  # any number: all who migrate have to take the same one


@dataclass(frozen=True, slots=True, order=True)
class Migration:
    """One step of the schema's history: files are called ``<version>_<name>.sql``, versions count from 1."""

    version: int
    name: str
    text: str


def migrations() -> Sequence[Migration]:
    """The migrations in this package, in order."""
    found = []
    for file in resources.files(__package__).joinpath("migrations").iterdir():
        if match := re.fullmatch(r"(\d+)_(\w+)\.sql", file.name):
            found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    return sorted(found)


async def migrate(connection: psycopg.AsyncConnection[tuple[Any, ...]], known: Sequence[Migration]) -> Sequence[int]:
    """Apply what is missing, each in its transaction with its record; returns the versions applied.

    Several processes may try at once: one does it, the others find it done. ``connection`` is in autocommit.
    Raises ``Unavailable``: ``schema_newer`` when the database has migrations that this program does not know,
    ``migration_failed`` when one is refused (it and what follows it are not applied).
    """
    await connection.execute("select pg_advisory_lock(%s)", [LOCK])
    try:
        await connection.execute(
            "create table if not exists public.schema_migrations"
            " (version integer primary key, name text not null, applied_at timestamptz not null default now())"
        )
        cursor = await connection.execute("select version from public.schema_migrations")
        applied = {row[0] for row in await cursor.fetchall()}
        if unknown := applied - {one.version for one in known}:
            raise _newer(max(unknown))
        missing = [one for one in known if one.version not in applied]
        for one in missing:
            await _apply(connection, one)
        return [one.version for one in missing]
    finally:
        if not connection.broken:
            await connection.execute("select pg_advisory_unlock(%s)", [LOCK])


async def _apply(connection: psycopg.AsyncConnection[tuple[Any, ...]], one: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(sql.SQL(one.text))
            await connection.execute(
                "insert into public.schema_migrations (version, name) values (%s, %s)", [one.version, one.name]
            )
    except psycopg.Error as error:
        raise Unavailable(
            "migration_failed",
            f"Migration {one.version} ({one.name}) of the platform's schema was refused.",
            details=error.diag.message_primary or type(error).__name__,
        ) from None


def _newer(version: int) -> DbaasError:
    return Unavailable(
        "schema_newer",
        f"This data folder was used by a newer jupyter-dbaas: its schema has version {version}, unknown to this one.",
        hint="Upgrade jupyter-dbaas, or use another data folder.",
    )
