"""Lists of values: ``(a,"b,c")`` of ``in``, ``{a,b}`` of quantified operators, ``"a",b`` of ``columns``."""

from __future__ import annotations

import re

from .scanner import Scanner, unquote

__all__ = ["array_literal", "names", "parenthesised"]

# Client libraries put quotes around a value that holds a comma, without escaping quotes inside of it. One that no comma
# or parenthesis follows can only be part of the value.
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.|"(?![,)]))*)"(?=[,)])|([^,)]*)', re.DOTALL)
_MEMBER = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=[,}])|((?:[^,{}"\\]|\\.)*))', re.DOTALL)


def parenthesised(scan: Scanner) -> list[str]:
    """The elements of ``(…)``. ``()`` is the empty list; an empty element beside others is an empty text."""
    scan.expect("(")
    elements: list[str] = []
    while True:
        found = _ELEMENT.match(scan.text, scan.at)
        assert found is not None  # the second alternative matches anywhere
        scan.at = found.end()
        elements.append(unquote(found.group(1)) if found.group(1) is not None else found.group(2))
        if scan.take(")"):
            return [] if elements == [""] else elements
        if not scan.take(","):
            raise scan.error('"," or ")"')


def array_literal(scan: Scanner) -> list[str | None]:
    """The members of a one-dimensional array literal ``{…}``, as PostgreSQL writes it; an unquoted NULL is None."""
    scan.expect("{")
    members: list[str | None] = []
    while True:
        found = _MEMBER.match(scan.text, scan.at)
        assert found is not None
        scan.at = found.end()
        if found.group(1) is not None:
            members.append(unquote(found.group(1)))
        else:
            bare = unquote(found.group(2).strip())
            if not bare and not (scan.peek("}") and not members):
                raise scan.error("a value")
            if bare or members:
                members.append(None if bare.upper() == "NULL" else bare)
        if scan.take("}"):
            return members
        if not scan.take(","):
            raise scan.error('"," or "}"')


def names(text: str, what: str) -> tuple[str, ...]:
    """Comma-separated names, such as ``columns`` and ``on_conflict`` carry."""
    scan = Scanner(text, what)
    found = [scan.name()]
    while not scan.done:
        scan.expect(",")
        found.append(scan.name())
    return tuple(dict.fromkeys(found))
