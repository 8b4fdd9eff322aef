"""Catalogs of many tables, for schemas that no database has to be made for."""

from __future__ import annotations

from dbaas_server.nouns import Catalog, Column, Key, Relation, Table, TableRef


def catalog(tables: int) -> Catalog:
    """Tables of twelve columns, each pointing at one before it."""
    types = ["text", "integer", "numeric(10,2)", "jsonb", "timestamp with time zone", "boolean"]
    found, relations = {}, []
    for number in range(tables):
        ref = TableRef(f"t{number}", "public")
        columns = {"id": Column("id", "bigint", False), "parent_id": Column("parent_id", "bigint", True)}
        columns |= {f"c{place}": Column(f"c{place}", types[place % len(types)], True) for place in range(10)}
        rights = frozenset({"select", "insert", "update", "delete"})
        found[ref] = Table(ref, "table", columns, (Key("pk", ("id",), True),), grants={"anon": rights})
        if number:
            target = TableRef(f"t{number // 3}", "public")
            relations.append(Relation(f"t{number}_parent_id_fkey", ref, ("parent_id",), target, ("id",)))
    return Catalog(1, ("public",), found, tuple(relations), {})
