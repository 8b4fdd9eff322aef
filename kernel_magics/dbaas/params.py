"""``:name`` parameters in a statement, taken from the notebook's variables.

The tokenizer knows PostgreSQL's lexical rules (strings with their prefixes, quoted names, dollar quotes, nested
comments, ``::`` casts, ``:=``), so that a colon inside any of them stays what it is. Inside a subscript a colon
separates a slice (``a[1:n]``, ``a[:n]``); a parameter there goes in parentheses: ``a[(:n)]``. A colon right behind a
word, a number, a quote or a closing bracket is no parameter either (``json_object('a':b)``).

Values never become part of the text: each name becomes ``$n``, and its value is sent beside the statement.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UsageError, did_you_mean

__all__ = ["Bound", "bind", "is_own", "names", "to_json"]

_TOKEN = re.compile(
    r"""
      (?P<line>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z))
    | (?P<string>'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z))
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$)
    | (?P<position>\$\d+)
    | (?P<word>[^\W\d][\w$]*|\d[\w.]*)
    | (?P<cast>::|:=)
    | (?P<param>:(?P<name>[^\W\d]\w*))
    | (?P<open>[\[(])
    | (?P<close>[\])])
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement with ``$n`` placeholders, and the values in their order."""

    text: str
    values: tuple[Any, ...]


def bind(text: str, variables: Mapping[str, Any]) -> Bound:
    """Replace every ``:name`` by ``$n`` and collect the variables' values. One name is one parameter.

    Raises:
        UsageError: a name that is no variable, a statement that also has ``$1`` of its own, or a value that no
            database takes.
    """
    order: dict[str, int] = {}

    def placeholder(name: str) -> str:
        if name not in variables:
            raise UsageError(
                f"The statement has a parameter :{name}, and there is no variable of that name.",
                hint=did_you_mean(name, (known for known in variables if is_own(known))),
            )
        return f"${order.setdefault(name, len(order) + 1)}"

    bound, positional = _rewrite(text, placeholder)
    if order and positional:
        raise UsageError(f"The statement mixes {positional} and :{next(iter(order))}.", hint="Use one of the two.")
    return Bound(bound, tuple(_checked(name, variables[name]) for name in order))


def names(text: str) -> tuple[str, ...]:
    """The names of a statement's parameters, in the order of their first use."""
    found: dict[str, None] = {}

    def note(name: str) -> str:
        found[name] = None
        return f":{name}"

    _rewrite(text, note)
    return tuple(found)


def is_own(name: str) -> bool:
    """Whether a variable is the person's, not IPython's."""
    return not name.startswith("_") and name not in ("In", "Out", "exit", "quit", "get_ipython", "open")


def _rewrite(text: str, replace: Callable[[str], str]) -> tuple[str, str | None]:
    """The text with parameters replaced, and its first ``$n`` if it has one."""
    out: list[str] = []
    positional: str | None = None
    brackets: list[str] = []  # "(", "[" for a constructor, "s" for a subscript
    ends_operand = False  # the token before ended an expression: `[` subscripts it
    adjacent = False  # ... and nothing stands between it and this token
    array_word = False
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # `other` takes any character
        kind, token, end = match.lastgroup, match.group(), match.end()
        if match["block"]:
            kind, end = "space", _comment_end(text, at)
        elif match["dollar"] is not None:
            close = text.find(match["dollar"], end)
            kind, end = "string", len(text) if close < 0 else close + len(match["dollar"])
        elif match["name"] is not None:
            kind = "param"
        token = text[at:end]
        if kind == "param" and not adjacent and not (brackets and brackets[-1] == "s"):
            token, kind = replace(match["name"]), "word"
        elif kind == "param":
            # A slice's or a pair's colon: take it alone, so that what follows is read on its own.
            token, kind, end = ":", "other", at + 1
        elif kind == "position":
            positional = positional or token
        elif kind == "open":
            subscript = text[at] == "[" and ends_operand and not array_word
            brackets.append("s" if subscript else token)
        elif kind == "close" and brackets:
            brackets.pop()
        out.append(token)
        if kind in ("space", "line"):
            adjacent = False
        else:
            adjacent = ends_operand = kind in ("word", "string", "escaped", "quoted", "position", "close")
            array_word = kind == "word" and token.lower() == "array"
        at = end
    return "".join(out), positional


def _comment_end(text: str, start: int) -> int:
    """Behind a block comment; they nest in PostgreSQL."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def _checked(name: str, value: Any) -> Any:
    try:
        return to_json(value)
    except UsageError as error:
        raise UsageError(f"The variable {name} cannot be a parameter: {error.message}", hint=error.hint) from None


def to_json(value: Any) -> Any:
    r"""A Python value as the JSON that the server takes for a parameter.

    Numbers, booleans, text, lists and dicts stay; ``None``, ``pandas.NA`` and ``NaT`` are null; dates and times are
    ISO 8601, a timedelta is an ISO 8601 duration, a Decimal, a UUID and integers beyond 64 bits are text, bytes are
    ``\x…``; numpy and pandas scalars and arrays are what they hold.

    Raises:
        UsageError: anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        number = int(value)
        return number if -(2**63) <= number < 2**63 else str(number)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _float_word(value)
    convert = next((rule for kind, rule in _RULES if isinstance(value, kind)), None)
    if convert is not None:
        return convert(value)
    return _foreign(value)


def _float_word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _moment(value: datetime.date | datetime.time) -> str | None:
    # pandas.NaT is a datetime that has no date; it alone differs from itself.
    return value.isoformat() if value == value else None


def _duration(value: datetime.timedelta) -> str | None:
    if value != value:
        return None
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    seconds, micros = divmod(micros, 1_000_000)
    return f"PT{sign}{seconds}.{micros:06d}S"


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str | int | float | bool):
            raise UsageError(f"A key of type {type(key).__name__} cannot be sent.")
    return {str(key): to_json(item) for key, item in value.items()}


_RULES: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((datetime.date, datetime.time), _moment),
    (datetime.timedelta, _duration),
    (decimal.Decimal, str),
    (uuid.UUID, str),
    ((bytes, bytearray, memoryview), lambda value: "\\x" + bytes(value).hex()),
    (Mapping, _mapping),
    ((list, tuple, set, frozenset), lambda value: [to_json(item) for item in value]),
)


def _foreign(value: Any) -> Any:
    """numpy's, pandas', polars' and Arrow's scalars and arrays, without importing any of them."""
    kind = type(value)
    package = kind.__module__.split(".")[0]
    if kind.__name__ in ("NAType", "NaTType"):
        return None
    if package == "numpy" and kind.__name__ == "datetime64":
        return None if str(value) == "NaT" else str(value)
    if package == "numpy" and kind.__name__ == "timedelta64":
        return None if str(value) == "NaT" else _duration(value.astype("timedelta64[us]").item())
    if package == "numpy" and kind.__name__ == "ndarray" and value.dtype.kind in "mM":
        return [to_json(item) for item in value]
    if package in ("numpy", "pandas", "polars", "pyarrow"):
        for method in ("tolist", "to_list", "item", "to_pylist", "as_py"):
            if callable(convert := getattr(value, method, None)) and not hasattr(value, "columns"):
                plain = convert()
                if package == "pandas" and isinstance(plain, list):
                    return [None if _missing(item) else to_json(item) for item in plain]
                return to_json(plain)
    raise UsageError(
        f"a {kind.__name__} is no value that a database takes.",
        hint="Pass a number, text, bool, date, Decimal, UUID, bytes, list or dict.",
    )


def _missing(item: Any) -> bool:
    return isinstance(item, float) and math.isnan(item)
