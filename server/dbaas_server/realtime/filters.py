"""Filters of subscriptions: ``column=operator.value``, several joined by commas, which mean "and". Pure.

Operators: eq neq lt lte gt gte in like ilike match imatch is isdistinct, each with ``not.`` before it. A value that
holds a comma is written in double quotes; ``in`` takes at most 100 values in parentheses.
"""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

from ..nouns import Arg, Compare, Path

__all__ = ["MOST_VALUES", "parse_filter"]

MOST_VALUES = 100
MOST_FILTERS = 20

_OPERATORS = frozenset(
    {"eq", "neq", "lt", "lte", "gt", "gte", "like", "ilike", "match", "imatch", "isdistinct", "in", "is"}
)
_WORDS = frozenset({"null", "not_null", "true", "false", "unknown"})
_START = re.compile(r'\s*(?:"((?:[^"\\]|\\.)+)"|([^=,"]+?))\s*=\s*(not\.)?([a-z]+)\.', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=\s*(?:,|\)|$))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# What follows a comma begins a new filter only if it looks like one: values may hold commas as well.
_NEXT = re.compile(r'\s*(?:"(?:[^"\\]|\\.)+"|[\w$ -]+?)\s*=\s*(?:not\.)?(?:' + "|".join(_OPERATORS) + r")\.")


def parse_filter(text: str) -> tuple[tuple[Compare, ...], tuple[str, ...]]:
    """A filter's comparisons, and the values that they name. Raises ``Invalid`` (``invalid_filter``)."""
    compares: list[Compare] = []
    args: list[str] = []
    at = 0
    while True:
        found = _START.match(text, at)
        if found is None or found[4] not in _OPERATORS:
            raise _invalid(text, at, "column=operator.value")
        column = _unescaped(found[1]) if found[1] is not None else found[2]
        operator, negated, at = found[4], found[3] is not None, found.end()
        if operator == "in":
            values, at = _list(text, at)
            compares.append(Compare(Path(column), "in", tuple(_add(args, value) for value in values), negated))
        else:
            value, at = _value(text, at)
            if operator == "is":
                word = value.lower()
                if word not in _WORDS:
                    raise _invalid(text, at, "null, not_null, true, false or unknown")
                compares.append(Compare(Path(column), "is", word, negated))
            else:
                compares.append(Compare(Path(column), operator, _add(args, value), negated))
        if at == len(text):
            return tuple(compares), tuple(args)
        if len(compares) == MOST_FILTERS:
            raise _invalid(text, at, f"at most {MOST_FILTERS} comparisons")
        at += 1  # the comma


def _add(args: list[str], value: str) -> Arg:
    args.append(value)
    return Arg(len(args) - 1)


def _value(text: str, at: int) -> tuple[str, int]:
    """A value that reaches to the end or to a comma behind which another filter begins."""
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        end = quoted.end()
        while end < len(text) and text[end].isspace():
            end += 1
        if end == len(text) or (text[end] == "," and _NEXT.match(text, end + 1)):
            return _unescaped(quoted[1]), end
    end = at
    while True:
        end = text.find(",", end)
        if end < 0:
            return text[at:], len(text)
        if _NEXT.match(text, end + 1):
            return text[at:end], end
        end += 1


def _list(text: str, at: int) -> tuple[list[str], int]:
    """The values of ``(a,"b,c")`` and where the list ends."""
    if text[at : at + 1] != "(":
        raise _invalid(text, at, "a list in parentheses")
    values: list[str] = []
    at += 1
    while True:
        quoted = _QUOTED.match(text, at)
        if quoted is not None:
            values.append(_unescaped(quoted[1]))
            at = quoted.end()
            while text[at : at + 1].isspace():
                at += 1
        else:
            end = at
            while end < len(text) and text[end] not in ",)":
                end += 1
            values.append(text[at:end])
            at = end
        mark = text[at : at + 1]
        if mark not in (",", ")") or not mark:
            raise _invalid(text, at, '"," or ")"')
        at += 1
        if mark == ")":
            break
    if values == [""]:
        values = []
    if len(values) > MOST_VALUES:
        raise _invalid(text, at, f"at most {MOST_VALUES} values")
    if at < len(text) and text[at] != ",":
        raise _invalid(text, at, '"," or the end')
    return values, at


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _invalid(text: str, at: int, expected: str) -> Invalid:
    return Invalid(
        "invalid_filter",
        f"The filter cannot be read at character {at + 1}: {expected} is expected there.",
        hint="Write it like amount=gt.100,status=in.(open,pending).",
        details=text[:200],
    )
