"""The SQL of the store. Names of spaces are made by the engine; they are quoted all the same."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count as count_from

from ...documents.store import Space

__all__ = [
    "ADD",
    "CHECK_VERSION",
    "COLLECTIONS",
    "LISTEN",
    "LOCK_ALONE",
    "OPENING",
    "REFUSED",
    "REMOVE",
    "REPLACE",
    "SETTINGS",
    "SHARED",
    "STALE",
    "TELL",
    "count",
    "create_space",
    "drop_space",
    "fetch",
    "few",
    "get",
    "get_one",
    "insert",
    "overwrite",
    "pattern",
    "remove",
    "remove_any",
    "remove_holding",
    "replace",
    "scan",
    "size",
]

SETTINGS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "jit": "off",
        "search_path": "pg_catalog",
        "plan_cache_mode": "force_generic_plan",
        # What is asked for is always keys; tables grow faster than their statistics.
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    }.items()
)

OPENING = b"select set_config('statement_timeout', $1, true)"
"""Of a read."""

SHARED = b"select set_config('statement_timeout', $1, true), pg_advisory_xact_lock_shared($2::int8)"
"""Of a batch: writers of one collection hold this together, until they have committed."""

LOCK_ALONE = b"select pg_advisory_xact_lock($1::int8)"

COLLECTIONS = b"select id::text::bytea, database, name, version, body from documents.collections"
ADD = (
    b"insert into documents.collections (id, database, name, version, body) values ($1::uuid, $2, $3, 1, $4::bytea) "
    b"on conflict do nothing returning version"
)
REPLACE = (
    b"update documents.collections set database = $2, name = $3, version = $4::int8, body = $5::bytea "
    b"where id = $1::uuid and version = $4::int8 - 1 returning version"
)
REMOVE = b"delete from documents.collections where id = $1::uuid returning version"
TELL, LISTEN = b"notify documents", b"listen documents"

REFUSED, STALE = "DB001", "DB002"

CHECK_VERSION = (
    b"select documents.demand((select version from documents.collections where id = $1::uuid) = $2::int8, 'DB002'), "
    b"pg_current_xact_id()::text::int8"
)
"""The last of a batch's statements: its snapshot is younger than the lock. Gives the version of what was written."""

_XID = "pg_current_xact_id()::text::int8"
_ALL_HELD = "select documents.demand((select count(*) from done) = cardinality($1::bytea[]), 'DB001')"


def _table(space: Space) -> str:
    return 'documents."{}"'.format(space.replace('"', '""'))


def _between(low: bool, high: bool, first: int) -> list[str]:
    """Conditions on keys with the bounds that are given, whose numbers begin with ``first``."""
    operators = [operator for given, operator in ((low, ">="), (high, "<")) if given]
    return [f"key {operator} ${number}::bytea" for number, operator in enumerate(operators, first)]


def _containing(groups: tuple[int, ...], first: int, test: str) -> list[str]:
    """Conditions on values, one for each group of alternatives; ``test`` has a place for an alternative's number."""
    numbers = count_from(first)
    return ["(" + " or ".join(test.format(f"${next(numbers)}") for _ in range(group)) + ")" for group in groups]


def create_space(space: Space) -> bytes:
    """A table, in the order of its keys' bytes."""
    table = _table(space)
    return (
        f"create table {table} (key bytea primary key, value bytea not null, version int8 not null); "
        f"alter table {table} set (autovacuum_analyze_scale_factor = 0.2)"
    ).encode()


def drop_space(space: Space) -> bytes:
    """Its end."""
    return f"drop table if exists {_table(space)}".encode()


@lru_cache(maxsize=4096)
def get(space: Space) -> bytes:
    """Entries by key: ``$1`` is an array."""
    return f"select key, value, version from {_table(space)} where key = any($1::bytea[])".encode()


@lru_cache(maxsize=4096)
def get_one(space: Space) -> bytes:
    """One entry by key."""
    return f"select key, value, version from {_table(space)} where key = $1::bytea".encode()


@lru_cache(maxsize=4096)
def fetch(space: Space) -> bytes:
    """Entries by key, in the order of the array ``$1``: ``$2`` bytes at most (one row in any case)."""
    return (
        "select key, value, version from (select old.*, place, sum(octet_length(value)) over (order by place rows "
        f"between unbounded preceding and 1 preceding) as before from {_table(space)} as old join unnest($1::bytea[]) "
        "with ordinality as wanted (key, place) using (key)) as fitting where coalesce(before, 0) < $2::int8 "
        "order by place"
    ).encode()


@lru_cache(maxsize=4096)
def scan(space: Space, low: bool, high: bool, reverse: bool, containing: tuple[int, ...]) -> bytes:
    """Entries in order: ``$1`` rows and ``$2`` bytes at most (one row in any case), then the bounds, then byte strings.

    Args:
        containing: how many byte strings each group has.
    """
    wanted = _between(low, high, 3)
    wanted += _containing(containing, 3 + len(wanted), "position({}::bytea in value) > 0")
    where = f"where {' and '.join(wanted)} " if wanted else ""
    order = "order by key desc" if reverse else "order by key"
    return (
        f"select key, value, version from (select *, sum(octet_length(value)) over ({order} rows between unbounded "
        f"preceding and 1 preceding) as before from (select key, value, version from {_table(space)} {where}{order} "
        f"limit $1::int8) as these) as fitting where coalesce(before, 0) < $2::int8 {order}"
    ).encode()


@lru_cache(maxsize=4096)
def few(space: Space, low: bool, high: bool, containing: tuple[int, ...]) -> bytes:
    """Entries in no order, if they are fewer than ``$1`` and no more than ``$2`` bytes; else a row of nulls alone.

    Then the bounds, then patterns of what values contain. Without an order PostgreSQL reads a table as it lies, on
    several processors where there are some.

    Args:
        containing: how many patterns each group has.
    """
    wanted = _between(low, high, 3)
    wanted += _containing(containing, 3 + len(wanted), "value like {}::bytea")
    return (
        f"with these as (select key, value, version from {_table(space)} where {' and '.join(wanted)} "
        "limit $1::int8), fitting as (select count(*) < $1::int8 and coalesce(sum(octet_length(value)), 0) <= $2::int8 "
        "as so from these) select key, value, version from these, fitting where so "
        "union all select null, null, null from fitting where not so"
    ).encode()


def pattern(part: bytes) -> bytes:
    """What ``like`` finds byte strings by that contain one."""
    return b"%" + re.sub(rb"[%_\\]", rb"\\\g<0>", part) + b"%"


@lru_cache(maxsize=4096)
def count(space: Space, low: bool, high: bool) -> bytes:
    """How many, up to ``$1``; then the bounds."""
    wanted = _between(low, high, 2)
    where = f"where {' and '.join(wanted)} " if wanted else ""
    return f"select count(*) from (select from {_table(space)} {where}limit $1::int8) as these".encode()


@lru_cache(maxsize=4096)
def insert(space: Space) -> bytes:
    """New entries: keys, values. One that is there fails with 23505."""
    return (
        f"insert into {_table(space)} (key, value, version) "
        f"select key, value, {_XID} from unnest($1::bytea[], $2::bytea[]) as new (key, value)"
    ).encode()


@lru_cache(maxsize=4096)
def overwrite(space: Space) -> bytes:
    """Entries, whatever is there: keys, values."""
    return insert(space) + b" on conflict (key) do update set value = excluded.value, version = excluded.version"


@lru_cache(maxsize=4096)
def replace(space: Space) -> bytes:
    """Entries as they were read: keys, values, versions."""
    return (
        f"with done as (update {_table(space)} as old set value = new.value, version = {_XID} "
        "from unnest($1::bytea[], $2::bytea[], $3::int8[]) as new (key, value, version) "
        "where old.key = new.key and old.version = new.version returning 1) "
        f"{_ALL_HELD}"
    ).encode()


@lru_cache(maxsize=4096)
def remove(space: Space) -> bytes:
    """Take away entries as they were read: keys, versions."""
    return (
        f"with done as (delete from {_table(space)} as old "
        "using unnest($1::bytea[], $2::int8[]) as gone (key, version) "
        "where old.key = gone.key and old.version = gone.version returning 1) "
        f"{_ALL_HELD}"
    ).encode()


@lru_cache(maxsize=4096)
def remove_any(space: Space) -> bytes:
    """Take away entries, whatever is there: keys."""
    return f"delete from {_table(space)} where key = any($1::bytea[])".encode()


@lru_cache(maxsize=4096)
def remove_holding(space: Space) -> bytes:
    """Take away entries that have these values: keys, values."""
    return (
        f"delete from {_table(space)} as old using unnest($1::bytea[], $2::bytea[]) as gone (key, value) "
        "where old.key = gone.key and old.value = gone.value"
    ).encode()


@lru_cache(maxsize=4096)
def size(space: Space) -> bytes:
    """Bytes on disk."""
    return f"select pg_total_relation_size('{_table(space).replace(chr(39), chr(39) * 2)}')".encode()
