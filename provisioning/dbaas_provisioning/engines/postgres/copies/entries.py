"""An archive's table of contents: what of it is restored, and how its grants are read.

Entries that only an administrator could restore, or that the platform makes itself, are left out here. Nothing depends
on a dump being honest about its entries: what is restored runs as a working login in any case.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

__all__ = ["Entry", "entries", "grants_of", "is_grant", "wanted"]

# What has a name of several words, the longest first: the listing separates everything by single spaces.
_WORDY = (
    "PUBLICATION TABLES IN SCHEMA", "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TEXT SEARCH TEMPLATE",
    "MATERIALIZED VIEW DATA", "MATERIALIZED VIEW", "SEQUENCE OWNED BY", "TEXT SEARCH PARSER", "FOREIGN DATA WRAPPER",
    "PROCEDURAL LANGUAGE", "DATABASE PROPERTIES", "SUBSCRIPTION TABLE", "PUBLICATION TABLE", "CHECK CONSTRAINT",
    "OPERATOR FAMILY", "OPERATOR CLASS", "SECURITY LABEL", "ACCESS METHOD", "EVENT TRIGGER", "FK CONSTRAINT",
    "FOREIGN SERVER", "FOREIGN TABLE", "ROW SECURITY", "SEQUENCE SET", "USER MAPPING", "BLOB METADATA", "DEFAULT ACL",
    "INDEX ATTACH", "TABLE ATTACH", "LARGE OBJECT", "SHELL TYPE", "TABLE DATA", "STATISTICS DATA",
)  # fmt: skip
_LINE = re.compile(r"(?P<id>\d+); \d+ \d+ (?P<rest>.*)")
_MADE_HERE = frozenset(
    {
        "DATABASE", "DATABASE PROPERTIES", "EVENT TRIGGER", "PUBLICATION", "PUBLICATION TABLE", "SECURITY LABEL",
        "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION", "SUBSCRIPTION TABLE", "PROCEDURAL LANGUAGE", "STATISTICS DATA",
    }
)  # fmt: skip
_GRANTS = frozenset({"ACL", "DEFAULT ACL"})
PLATFORM_SCHEMAS = ("auth", "extensions")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the listing. ``schema`` is ``-`` for what is in none."""

    id: str
    kind: str
    schema: str
    tag: str  # followed by a space and the owner's name


def entries(listing: str) -> Iterator[Entry]:
    """The entries of a listing, in its order."""
    for line in listing.splitlines():
        if match := _LINE.fullmatch(line):
            rest = match["rest"]
            kind = next((each for each in _WORDY if rest.startswith(each + " ")), rest.partition(" ")[0])
            schema, _, tag = rest[len(kind) + 1 :].partition(" ")
            yield Entry(match["id"], kind, schema, tag)


def wanted(found: Entry, present: Collection[str]) -> bool:
    """Whether an entry is restored as it is.

    Args:
        present: extensions that the new database has already, or never has.
    """
    if found.kind in _MADE_HERE or found.kind in _GRANTS or found.schema in PLATFORM_SCHEMAS:
        return False
    named = found.tag.split(" ")
    if found.kind == "SCHEMA":
        return named[0] not in (*PLATFORM_SCHEMAS, "public")
    if found.kind == "COMMENT":
        return named[0] not in ("EXTENSION", "EVENT") and named[:2] not in (
            ["SCHEMA", "auth"], ["SCHEMA", "extensions"], ["SCHEMA", "public"],
        )  # fmt: skip
    return found.kind != "EXTENSION" or named[0] not in present


def is_grant(found: Entry) -> bool:
    """Whether an entry says who may do what."""
    return found.kind in _GRANTS and found.schema not in PLATFORM_SCHEMAS


_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_STATEMENT = re.compile(r'(?:"(?:[^"]|"")*"|--[^\n]*\n|[^";])+;')
_COMMENT = re.compile(r"^--[^\n]*$|^\\[^\n]*$", re.MULTILINE)
_GRANT = re.compile(
    rf"(?P<head>(?:ALTER DEFAULT PRIVILEGES FOR ROLE (?P<whose>{_NAME}) (?:IN SCHEMA {_NAME} )?)?(?:GRANT|REVOKE) .+"
    rf" (?:TO|FROM) )(?P<who>{_NAME})(?P<tail>(?: WITH GRANT OPTION)?);",
    re.DOTALL,
)
_EVERYBODY = frozenset({"PUBLIC", "anon", "authenticated", "service_role"})


def grants_of(text: str, former: str, owner: str) -> Iterator[str]:
    """The statements of a script that give or take rights of roles that exist in every database.

    Args:
        former: the owner's name where the script comes from.
        owner: its name here.
    """
    for found in _STATEMENT.finditer(_COMMENT.sub("", text)):
        match = _GRANT.fullmatch(found.group().strip())
        if match is None:
            continue
        head, who, whose = match["head"], match["who"], match["whose"]
        if whose is not None:
            if _plain(whose) != former:
                continue
            head = head.replace(f"FOR ROLE {whose} ", f"FOR ROLE {_quoted(owner)} ", 1)
        if who == "PUBLIC" or _plain(who) in _EVERYBODY:
            yield f"{head}{who}{match['tail']};"
        elif _plain(who) == former:
            yield f"{head}{_quoted(owner)}{match['tail']};"


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
