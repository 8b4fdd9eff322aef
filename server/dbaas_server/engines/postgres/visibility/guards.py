"""What protects a table: the grants and row policies that hold for each API role, read from the system catalogs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from ....changes import ChangedTable
from ....nouns import TableRef
from ..compile.names import ident, qualified
from .pace import Throng

__all__ = ["Guard", "Guards", "Rule", "stamp_sql"]

Ask = Callable[[str], Awaitable[list[tuple[bytes | None, ...]]]]

CAPACITY = 10_000
STATEMENTS = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one role on one table.

    Attributes:
        every_column: the whole table may be read, columns made or dropped since included.
        columns: names of the columns that may be read.
        condition: SQL that is true for the rows that may be read; None for all of them, "" for none.
        needs: names of the columns that the condition reads; None when it may read any.
    """

    every_column: bool
    columns: frozenset[str]
    condition: str | None
    needs: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Guard:
    """One table as it is protected now.

    Attributes:
        stamp: changes whenever something here does.
        columns: in the order of the table's row type.
        numbers: of the columns by their names.
        statements: (condition, place of the rows among its arguments) → the statement that evaluates it, made once.
        throng: those whom its policies are evaluated for.
    """

    identity: int
    stamp: bytes
    ref: TableRef
    columns: tuple[str, ...]
    numbers: dict[str, int]
    rules: dict[str, Rule]
    statements: dict[tuple[str, int], bytes] = field(default_factory=dict)
    throng: Throng = field(default_factory=Throng)

    def statement(self, condition: str, place: int) -> bytes:
        """Takes an array of rows as argument ``place``; gives the stamp and, row by row, whether the condition holds.

        The rows carry the table's name, since policies call their table by it.
        """
        text = self.statements.get((condition, place))
        if text is None:
            # A function in FROM gives rows of the table's own type, which policies may pass on as a whole.
            if len(self.statements) >= STATEMENTS:
                self.statements.clear()
            text = self.statements[condition, place] = (
                f"select ({stamp_sql(self.identity)}), ({condition}) is true"
                f" from unnest(${place}::{qualified(self.ref)}[]) as {ident(self.ref.name)}"
            ).encode()
        return text


def stamp_sql(identity: int) -> str:
    """A statement whose value is another one after any change to the table's definition, grants or policies."""
    return (
        "select pg_catalog.concat_ws(' ', c.xmin, n.xmin,"
        " (select pg_catalog.string_agg(p.oid || ':' || p.xmin, ',' order by p.oid)"
        " from pg_catalog.pg_policy p where p.polrelid = c.oid),"
        " (select pg_catalog.count(*) || ':' || pg_catalog.max(a.xmin::text::int8)"
        " from pg_catalog.pg_attribute a where a.attrelid = c.oid))"
        " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        f" where c.oid = {int(identity)}"
    )


# pg_get_expr qualifies what is not in the search path, which is pg_catalog alone where this is asked.
# A reference to a whole row is no dependency on a column: it is found in the parsed expression.
_GUARD = """
select ({stamp}), json_build_array(n.nspname, c.relname,
  (select json_agg(json_build_array(a.attnum, a.attname) order by a.attnum) from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  (select json_object_agg(r.rolname, json_build_array(
    has_schema_privilege(r.oid, n.oid, 'usage'),
    has_table_privilege(r.oid, c.oid, 'select'),
    (select json_agg(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and has_column_privilege(r.oid, c.oid, a.attnum, 'select')),
    c.relrowsecurity and not r.rolsuper and not r.rolbypassrls
      and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'usage')),
    (select json_agg(json_build_array(p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
        p.polqual::text ~ ':varattno 0 ',
        (select json_agg(distinct d.refobjsubid) from pg_depend d
          where d.classid = 'pg_policy'::regclass and d.objid = p.oid
            and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid <> 0)
        ) order by p.polname)
      from pg_policy p where p.polrelid = c.oid and p.polcmd in ('r', '*') and p.polqual is not null
        and exists (select from unnest(p.polroles) u(oid) where u.oid = 0 or pg_has_role(r.oid, u.oid, 'usage')))
    )) from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')))
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = {identity}
"""


class Guards:
    """Guards of tables, looked up once and again when a stamp tells that they are outdated.

    Args:
        ask: runs a statement with ``search_path = pg_catalog``.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[int, Guard] = {}

    async def of(self, table: ChangedTable) -> Guard | None:
        """What protects a table; None when it is gone. Raises ``Unavailable``."""
        known = self._known.get(table.identity)
        if known is not None:
            return known
        guard = await self._load(table.identity)
        if guard is not None:  # one that is missing may be there in a moment
            if len(self._known) >= CAPACITY:
                self._known.clear()
            self._known[table.identity] = guard
        return guard

    def forget(self, identity: int) -> None:
        """A table's guard is outdated."""
        self._known.pop(identity, None)

    def forget_all(self) -> None:
        """Definitions changed somewhere."""
        self._known.clear()

    async def _load(self, identity: int) -> Guard | None:
        rows = await self._ask(_GUARD.format(stamp=stamp_sql(identity), identity=int(identity)))
        if not rows:
            return None
        stamp, answer = rows[0]
        schema, name, columns, roles = orjson.loads(answer or b"null")
        names = dict(columns or ())
        return Guard(
            identity,
            stamp or b"",
            TableRef(name, schema),
            tuple(names.values()),
            {name: number for number, name in names.items()},
            {role: rule for role, fields in roles.items() if (rule := _rule(fields, names)) is not None},
        )


def _rule(fields: list[Any], names: dict[int, str]) -> Rule | None:
    """A role's rule; None when it may read nothing."""
    usage, table, columns, active, policies = fields
    if not usage or not columns:
        return None
    condition: str | None = None
    needs: frozenset[str] | None = frozenset()
    if active:
        condition, needs = _condition(policies or [], names)
    return Rule(bool(table), frozenset(columns), condition, needs)


def _condition(policies: list[list[Any]], names: dict[int, str]) -> tuple[str, frozenset[str] | None]:
    """Any permissive policy and every restrictive one. Source: PostgreSQL's CREATE POLICY, "Notes"."""
    permissive = [expression for is_permissive, expression, _, _ in policies if is_permissive]
    if not permissive:
        return "", frozenset()
    restrictive = [expression for is_permissive, expression, _, _ in policies if not is_permissive]
    condition = " and ".join(
        f"({expression})" for expression in (" or ".join(f"({one})" for one in permissive), *restrictive)
    )
    numbers = {number for _, _, _, found in policies for number in found or ()}
    whole = any(is_whole for _, _, is_whole, _ in policies) or not numbers <= names.keys()
    return condition, None if whole else frozenset(names[number] for number in numbers)
