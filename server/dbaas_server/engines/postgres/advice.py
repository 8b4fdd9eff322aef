"""What could be better about tables: from the catalog alone, and from what the server counts."""

from __future__ import annotations

import json
from collections.abc import Callable

from ...nouns import Catalog, Finding, Table, TableRef

__all__ = ["COUNTED", "of_catalog", "of_counts"]

LARGE = 10_000  # rows: below, a plan without statistics is good enough
OPEN_ROLES = ("anon", "authenticated")


def of_catalog(catalog: Catalog, exposure: str) -> list[Finding]:
    """Who reaches what, and what has no key. At most one finding about the reach of a table."""
    tables = sorted(catalog.tables.values(), key=lambda table: (table.ref.schema or "", table.ref.name))
    found = [finding for table in tables if (finding := _reach(table, exposure)) is not None]
    found += [finding for table in tables if (finding := _key(table)) is not None]
    return sorted(found, key=lambda finding: _WEIGHTS[finding.code])


_WEIGHTS = {
    "exposed_without_row_security": 0,
    "view_bypasses_policies": 1,
    "policies_without_row_security": 2,
    "no_primary_key": 3,
    "not_reachable": 4,
}


def _reach(table: Table, exposure: str) -> Finding | None:
    reachable = any(table.grants.get(role) for role in OPEN_ROLES)
    name, shown = _quoted(table.ref), _shown(table.ref)
    enable = f"alter table {name} enable row level security;"
    if reachable and table.bypasses_policies:
        return Finding(
            "view_bypasses_policies",
            table.ref,
            f"The view {shown} runs with its owner's rights, so row policies of its tables do not hold.",
            "Let it run with the rights of who asks.",
            f"alter view {name} set (security_invoker = true);" if table.kind == "view" else None,
        )
    if table.kind != "table":
        return None
    if reachable and not table.row_security:
        return Finding(
            "exposed_without_row_security",
            table.ref,
            f"Anyone with a publishable key can reach every row of {shown}.",
            "Enable row security, then create a policy for what people may see.",
            enable,
        )
    if table.policies and not table.row_security:
        return Finding(
            "policies_without_row_security",
            table.ref,
            f"The policies of {shown} do nothing until row security is on.",
            "Enable row security.",
            enable,
        )
    if not reachable and exposure == "policies":
        return Finding(
            "not_reachable",
            table.ref,
            f"{shown} is not reachable with a publishable key.",
            "If it should be, enable row security and create a policy, or GRANT explicitly.",
        )
    return None


def _key(table: Table) -> Finding | None:
    if table.kind != "table" or table.primary_key:
        return None
    column = next(name for name in ("id", *(f"id_{number}" for number in range(2, 2000))) if name not in table.columns)
    return Finding(
        "no_primary_key",
        table.ref,
        f"{_shown(table.ref)} has no primary key: no row of it has a URL, and its whole rows are logged for realtime.",
        "Make a key of the columns that identify a row, or add one.",
        f"alter table {_quoted(table.ref)} add column {column} bigint generated always as identity primary key;",
    )


# Only the exactly same index over the same columns, kept by no constraint, is one too many for sure.
COUNTED = f"""
select json_build_object('never_analysed', (
  select coalesce(json_agg(json_build_array(n.nspname, c.relname, s.n_live_tup) order by s.n_live_tup desc), '[]')
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.reltuples < 0 and s.n_live_tup >= {LARGE}
), 'duplicate_index', (
  select coalesce(json_agg(json_build_array(n.nspname, t.relname, k.relname, o.relname) order by k.oid), '[]')
  from pg_index i join pg_class k on k.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    join lateral (
      select p.relname from pg_index j join pg_class p on p.oid = j.indexrelid
      where j.indrelid = i.indrelid and j.indexrelid <> i.indexrelid and j.indisvalid and p.relam = k.relam
        and j.indkey = i.indkey and j.indnkeyatts = i.indnkeyatts and j.indclass = i.indclass
        and j.indcollation = i.indcollation and j.indoption = i.indoption
        and j.indexprs is null and i.indexprs is null and j.indpred is null and i.indpred is null
        and (not i.indisunique or j.indisunique and j.indnullsnotdistinct = i.indnullsnotdistinct)
        and (j.indisunique and not i.indisunique or j.indexrelid < i.indexrelid
          or exists (select from pg_constraint q where q.conindid = j.indexrelid))
      order by j.indexrelid limit 1
    ) o on true
  where k.relkind = 'i' and not i.indisreplident and not i.indisclustered
    and not exists (select from pg_constraint q where q.conindid = i.indexrelid)
    and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid)
    and not exists (select from pg_depend d where d.objid = i.indexrelid and d.deptype = 'e')
))::text
"""


def of_counts(answer: bytes | None, known: Callable[[TableRef], bool]) -> list[Finding]:
    """What :data:`COUNTED` found, of tables that the catalog knows."""
    counted = json.loads(answer or b"{}")
    found: list[Finding] = []
    for schema, table, rows in counted.get("never_analysed", ()):
        ref = TableRef(table, schema)
        found.append(
            Finding(
                "never_analysed",
                ref,
                f"{_shown(ref)} has about {rows:,} rows and was never analysed, so the planner guesses.",
                "Analyse it.",
                f"analyze {_quoted(ref)};",
            )
        )
    for schema, table, index, other in counted.get("duplicate_index", ()):
        ref = TableRef(table, schema)
        found.append(
            Finding(
                "duplicate_index",
                ref,
                f"{_shown(ref)} has two equal indexes, {index} and {other}: each write pays for both.",
                f"Drop {index}.",
                f"drop index {_quoted(TableRef(index, schema))};",
            )
        )
    return [finding for finding in found if finding.table is not None and known(finding.table)]


def _shown(ref: TableRef) -> str:
    return ref.name if ref.schema in (None, "public") else f"{ref.schema}.{ref.name}"


def _quoted(ref: TableRef) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (ref.schema, ref.name) if part is not None)
