"""The replication slot of a database: looked at, made, moved, always on the connection that will read it.

A connection with ``replication=database`` takes replication commands and, in the simple protocol, any SQL.
"""

from __future__ import annotations

from uuid import UUID

from psycopg.pq.abc import PGresult

from ....changelog import LogKept, LogState
from ..wire import Wire

__all__ = ["PUBLICATION", "format_lsn", "keep", "kept", "parse_lsn", "skip", "slot_name", "start_command", "state"]

PUBLICATION = "dbaas"
_TERMINATE_MS = 5_000


def slot_name(database_id: UUID) -> str:
    """The slot's name; slots are the cluster's, so it carries the database's id."""
    return f"dbaas_{database_id.hex}"


def parse_lsn(text: str) -> int:
    """``16/B374D848`` as a number of bytes."""
    high, low = text.split("/")
    return (int(high, 16) << 32) | int(low, 16)


def format_lsn(place: int) -> str:
    """A number of bytes as ``16/B374D848``."""
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


async def state(wire: Wire, name: str) -> LogState:
    """What the slot keeps, after ending whoever reads it: the platform's last reader, if it hangs.

    A log is told by its cluster's system identifier, the timeline, which a recovery to a point in time begins anew, and
    the database's oid.
    """
    await wire.execute(
        f"select pg_terminate_backend(active_pid, {_TERMINATE_MS}) from pg_replication_slots"
        f" where slot_name = '{name}' and active_pid is not null".encode()
    )
    [system] = await wire.execute(b"IDENTIFY_SYSTEM")  # systemid, timeline, xlogpos, dbname
    [database] = await wire.execute(b"select oid from pg_database where datname = current_database()")
    [now] = await wire.execute(b"select pg_current_wal_flush_lsn()")
    [slot] = await wire.execute(
        "select confirmed_flush_lsn from pg_replication_slots"
        f" where slot_name = '{name}' and wal_status is distinct from 'lost' and confirmed_flush_lsn is not null"
        f" and exists (select from pg_publication where pubname = '{PUBLICATION}')".encode()
    )
    kept = parse_lsn(_value(slot)) if slot.ntuples else None
    return LogState(kept, parse_lsn(_value(now)), f"{_value(system)}/{_value(system, 1)}/{_value(database)}")


async def kept(wire: Wire, name: str) -> LogKept:
    """How the server looks after the slot.

    Columns: https://www.postgresql.org/docs/15/view-pg-replication-slots.html
    """
    [found] = await wire.execute(
        "select pg_current_wal_flush_lsn(), wal_status, pg_current_wal_flush_lsn() - restart_lsn, safe_wal_size,"
        f" confirmed_flush_lsn from (select) here left join pg_replication_slots on slot_name = '{name}'".encode()
    )
    now, status, size, left, confirmed = (found.get_value(0, column) for column in range(5))
    assert now is not None
    return LogKept(
        name,
        None if status is None else bytes(status).decode(),
        None if size is None else int(bytes(size)),
        None if left is None else int(bytes(left)),
        None if confirmed is None else parse_lsn(bytes(confirmed).decode()),
        parse_lsn(bytes(now).decode()),
    )


async def keep(wire: Wire, name: str) -> int:
    """Make the slot anew; returns where it begins. Waits for transactions that are open in the cluster now."""
    await wire.execute(
        f"select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '{name}'".encode()
    )
    [made] = await wire.execute(f"CREATE_REPLICATION_SLOT {name} LOGICAL pgoutput (SNAPSHOT 'nothing')".encode())
    return parse_lsn(_value(made, column=1))


async def skip(wire: Wire, name: str, place: int) -> None:
    """Let go of the log before ``place``."""
    await wire.execute(
        f"select pg_replication_slot_advance(slot_name, '{format_lsn(place)}') from pg_replication_slots"
        f" where slot_name = '{name}' and confirmed_flush_lsn < '{format_lsn(place)}'".encode()
    )


def start_command(name: str, after: int) -> bytes:
    """What begins the reading."""
    return (
        f"START_REPLICATION SLOT {name} LOGICAL {format_lsn(after)}"
        f" (proto_version '2', publication_names '{PUBLICATION}', streaming 'on')"
    ).encode()


def _value(result: PGresult, column: int = 0) -> str:
    value = result.get_value(0, column)
    assert value is not None
    return bytes(value).decode()
