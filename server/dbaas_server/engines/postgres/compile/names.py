"""The only places where a name, a type or a constant becomes SQL text."""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

from ....nouns import TableRef

__all__ = ["ident", "literal", "qualified", "type_name"]

_KEYWORD_TYPES = frozenset({
    "bigint", "bit", "boolean", "char", "character", "dec", "decimal", "float", "int", "integer", "interval", "json",
    "national", "nchar", "numeric", "real", "smallint", "time", "timestamp", "varchar",
    "double precision", "character varying", "bit varying", "timestamp with time zone", "timestamp without time zone",
    "time with time zone", "time without time zone", "national character varying",
})  # fmt: skip

_TYPE = re.compile(
    r"""(?P<name>(?:[A-Za-z_][\w$]*|"[^"\0]+")(?:\.(?:[A-Za-z_][\w$]*|"[^"\0]+"))?(?:\ [A-Za-z]+){0,3})
        (?P<modifier>\(\s*\d{1,5}\s*(?:,\s*-?\d{1,5}\s*)?\))?(?P<array>(?:\[\])*)""",
    re.VERBOSE,
)


def ident(name: str) -> str:
    """A name as a quoted identifier. Raises ``Invalid`` for what no identifier can hold."""
    if "\0" in name or not name:
        raise Invalid("invalid_name", "A name is empty or holds a null character.")
    return '"' + name.replace('"', '""') + '"'


def qualified(ref: TableRef) -> str:
    """A schema-qualified, quoted name."""
    assert ref.schema is not None
    return f"{ident(ref.schema)}.{ident(ref.name)}"


def literal(text: str) -> str:
    """A constant as a string literal that means the same whatever ``standard_conforming_strings`` says."""
    if "\0" in text:
        raise Invalid("22021", "A text holds a null character, which PostgreSQL cannot store.")
    doubled = text.replace("'", "''")
    if "\\" in doubled:
        escaped = doubled.replace("\\", "\\\\")
        return f"E'{escaped}'"
    return f"'{doubled}'"


def type_name(text: str) -> str:
    """A type named by a caller, made safe to put after ``::``.

    Names of the SQL grammar (``double precision``) stay, everything else is quoted, so that the worst a caller can do
    is to name a type that does not exist. Raises ``Invalid`` (``22023``).
    """
    match = _TYPE.fullmatch(text.strip())
    if match is None:
        raise Invalid(
            "22023", f"“{text[:63]}” is not the name of a type.", hint="Write it like int4, text[] or numeric(10,2)."
        )
    name, modifier, array = match["name"], match["modifier"] or "", match["array"]
    if name.lower() in _KEYWORD_TYPES:
        return f"{name.lower()}{modifier}{array}"
    parts = [part for part in re.findall(r'"[^"]+"|[^."]+', name) if part]
    quoted = ".".join(part if part.startswith('"') else ident(part.lower()) for part in parts)
    return f"{quoted}{modifier}{array}"
