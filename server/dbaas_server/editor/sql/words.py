"""PostgreSQL's words: which are reserved, and what its types are called (its manual, appendix C and chapter 8)."""

from __future__ import annotations

__all__ = ["COMMON_TYPES", "RESERVED", "TYPES"]

RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch
    for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
    leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer
    overlaps placing primary references returning right select session_user similar some symmetric system_user
    table tablesample then to trailing true union unique user using variadic verbose when where window with
    """.split()  # noqa: SIM905
)
"""No column or table is called so without quotes."""

COMMON_TYPES = (
    "integer", "bigint", "text", "boolean", "numeric", "timestamptz", "timestamp", "date", "jsonb", "uuid", "json",
    "double precision", "real", "smallint", "varchar", "char", "time", "timetz", "interval", "bytea", "serial",
    "bigserial",
)  # fmt: skip
"""The types that people use most, first those that they use most."""

TYPES = (
    *COMMON_TYPES, "int", "int2", "int4", "int8", "float4", "float8", "float", "decimal", "bool", "smallserial",
    "character varying", "character", "bpchar", "name", "money", "bit", "bit varying", "varbit", "point", "line",
    "lseg", "box", "path", "polygon", "circle", "inet", "cidr", "macaddr", "macaddr8", "tsvector", "tsquery", "xml",
    "jsonpath", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "int4multirange",
    "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange", "oid", "regclass",
    "regproc", "regprocedure", "regtype", "regrole", "regnamespace", "pg_lsn", "timestamp with time zone",
    "timestamp without time zone", "time with time zone", "time without time zone",
)  # fmt: skip
"""Every type that a person may write; arrays have ``[]`` behind."""
