"""Opening the transaction of a statement, and learning what it gives before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.postgres import types as builtin
from psycopg.pq import ExecStatus

from dbaas_provisioning.errors import Invalid

from ....engine import QueryError
from ....long_texts import looked_at
from ....nouns import Arrangement, Caller, QueryColumn
from ..errors import error_of
from ..parameters import encoded
from ..query import READS, SETTINGS, TypeNames, column_types, parameter
from ..wire import Wire
from .texts import called, may_make_nulls, single
from .wrapping import Wrapped, check

__all__ = ["Described", "describe", "leave", "reading_statement"]

_NUMERIC = builtin["numeric"].oid
_SEVERAL = "42601"
_ABOUT = (
    b"select exists (select from pg_proc where proname = any($1) and provolatile = 'v'),"
    b" exists (select from pg_proc where proname = any($1) and provolatile = 'v'"
    b" and (pronamespace <> 'pg_catalog'::regnamespace"
    b" or proname ~ '^(nextval|setval|lo_.*|lowrite|pg_notify|pg_(try_)?advisory_.*)$')),"
    b" array(select attrelid::int8 || '.' || attnum from pg_attribute where attnotnull"
    b" and attrelid = any($2::oid[]))::text"
)


@dataclass(frozen=True, slots=True)
class Described:
    """A statement that is about to run.

    Attributes:
        columns: of the statement.
        kinds: their types' oids.
        own: its own parameters' values, encoded.
        acts: it calls functions that may do more than read.
    """

    columns: tuple[QueryColumn, ...]
    kinds: tuple[int, ...]
    own: list[bytes | None]
    wrapped: Wrapped
    acts: bool = False

    def parameters(self) -> list[bytes | None]:
        """The values of the statement that was made last."""
        return [*self.own, *encoded(self.wrapped.values)]


async def reading_statement(text: str) -> str:
    """A text that is one statement that looks as if it only read, without its end. Raises ``Invalid``."""
    inner = await looked_at(single, text)
    if inner is None or READS.match(inner) is None:
        raise Invalid("not_pageable", "Only a SELECT, VALUES, TABLE or WITH can be read in pages.")
    return inner


async def describe(
    wire: Wire,
    text: str,
    args: Sequence[Any],
    caller: Caller,
    types: TypeNames,
    arrangement: Arrangement,
    timeout_ms: int,
) -> Described:
    """Begin a read-only transaction as the caller, and describe one statement in it.

    Args:
        text: from :func:`reading_statement`.
        timeout_ms: of each statement that follows.

    Raises:
        QueryError: something is wrong with the statement; ``position`` tells where.
        Invalid: the arrangement does not fit it.
        Conflict: ``columns_changed``: it was meant for other columns.
    """
    wire.notices.clear()
    role = "none" if caller.role == "owner" else caller.role
    await wire.execute(SETTINGS, encoded([role, caller.claims, str(timeout_ms), caller.tenant_claim or ""]))
    await wire.execute(b"begin isolation level repeatable read read only")
    statement = b"".join(part or b"" for part in encoded([text]))
    results, good = await wire.pipeline(
        [lambda pgconn: pgconn.send_prepare(b"", statement), lambda pgconn: pgconn.send_describe_prepared(b"")]
    )
    if not good:
        raise error_of(next(result for result in results if result.status == ExecStatus.FATAL_ERROR), context=True)
    result = results[1]
    if result.nparams != len(args):
        raise Invalid(
            "wrong_parameters", f"The statement has {result.nparams} parameters, and {len(args)} values were sent."
        )
    own = encoded(parameter(arg, result.param_type(place)) for place, arg in enumerate(args))
    kinds = tuple(result.ftype(place) for place in range(result.nfields))
    sources = [(result.ftable(place), result.ftablecol(place)) for place in range(result.nfields)]
    modifiers = [result.fmod(place) for place in range(result.nfields)]
    named = [((result.fname(place) or b"").decode("utf-8", "replace"), kinds[place]) for place in range(len(kinds))]
    columns = tuple(
        _column(column, kind, modifier)
        for column, kind, modifier in zip(await column_types(wire, named, types), kinds, modifiers, strict=True)
    )
    check(arrangement, columns)
    names = await looked_at(called, text)
    falling = {sources[each.column] for each in arrangement.order if each.descending}
    volatile, acts, not_null = await _about(wire, names, {table for table, _ in falling})
    safe = not await looked_at(may_make_nulls, text)
    no_nulls = frozenset(
        place for place, (table, column) in enumerate(sources) if safe and f"{table}.{column}" in not_null
    )
    wrapped = Wrapped(text, len(columns), arrangement, len(args) + 1, volatile or "tablesample" in names, no_nulls)
    return Described(columns, kinds, own, wrapped, acts)


async def leave(wire: Wire) -> None:
    """Leave the connection as if it were new."""
    await wire.execute(b"rollback")
    await wire.execute(b"discard all")
    wire.prepared.clear()


async def _about(wire: Wire, names: set[str], tables: set[int]) -> tuple[bool, bool, frozenset[str]]:
    """Whether a function of one of these names may answer differently the next time, whether one may do more than
    answer, and which columns of these tables (``table.column``) hold no nulls.
    """
    if not names and not tables:
        return False, False, frozenset()
    quoted = ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in sorted(names))
    (result,) = await wire.execute(
        _ABOUT, encoded([f"{{{quoted}}}", "{" + ",".join(str(table) for table in sorted(tables)) + "}"])
    )
    columns = (result.get_value(0, 2) or b"{}").decode().strip("{}")
    volatile, acts = (result.get_value(0, place) == b"t" for place in range(2))
    return volatile, acts, frozenset(columns.split(","))


def _column(column: QueryColumn, kind: int, modifier: int) -> QueryColumn:
    if kind != _NUMERIC or modifier < 4:
        return column
    # https://www.postgresql.org/docs/current/datatype-numeric.html; packed as numeric.c does, the scale signed
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, (((modifier - 4) & 0x7FF) ^ 1024) - 1024
    return QueryColumn(column.name, column.type, precision, scale)


def refused(error: QueryError) -> bool:
    """Whether a statement was refused for standing in brackets, where what it does is not possible."""
    return error.code in ("0A000", _SEVERAL)
