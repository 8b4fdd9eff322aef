"""Values as mongosh writes them, and Extended JSON: unquoted keys, comments, trailing commas, ``ObjectId("…")``. Pure.

A number is an integer unless it is written with a point or an exponent; then it is a double. An object of Extended
JSON (``{"$oid": "…"}``) is the value that it stands for.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, json_util
from bson.errors import BSONError

from ..errors import UsageError, did_you_mean
from ..params import is_own
from .scanner import Scanner, Token, describe

__all__ = ["value"]

_DEEPEST = 100
_FLAGS = frozenset("imsxlu")
_EXTENDED = frozenset({
    "$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$binary", "$uuid", "$timestamp",
    "$minKey", "$maxKey", "$regularExpression", "$symbol", "$undefined",
})  # fmt: skip
_WORDS: Final[Mapping[str, Any]] = MappingProxyType(
    {"true": True, "false": False, "null": None, "undefined": None, "Infinity": float("inf"), "NaN": float("nan")}
)
_ESCAPE = re.compile(r"\\(u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|\r?\n|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


def value(scanner: Scanner, variables: Mapping[str, Any], depth: int = 0) -> Any:
    """The value that begins at the next token.

    Raises:
        UsageError: none does; with line and column.
    """
    token = scanner.peek()
    if depth > _DEEPEST:
        raise scanner.error(f"This is nested deeper than {_DEEPEST} levels.")
    if scanner.take_mark("{"):
        return _object(scanner, variables, depth)
    if scanner.take_mark("["):
        return _array(scanner, variables, "]", depth)
    if token.kind == "string":
        return text_of(scanner.take())
    if token.kind == "regex":
        return _regex(scanner, scanner.take())
    if token.kind == "number" or (token.kind == "mark" and token.text in "+-"):
        return _number(scanner)
    if token.kind == "name":
        return _named(scanner, variables, depth)
    raise scanner.error(f"Here a value is expected, not {describe(token)}.")


def text_of(token: Token) -> str:
    """What is between the quotes."""
    text = _ESCAPE.sub(_unescaped, token.text[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # \ud83d\ude00 is one character


def _unescaped(match: re.Match[str]) -> str:
    code = match[2] or match[3] or match[4]
    if code is not None:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\N{REPLACEMENT CHARACTER}"
    return _ESCAPED.get(match[1], match[1])


def _object(scanner: Scanner, variables: Mapping[str, Any], depth: int) -> Any:
    fields: dict[str, Any] = {}
    opening = scanner.peek()
    while not scanner.take_mark("}"):
        key = scanner.take()
        if key.kind == "string":
            name = text_of(key)
        elif key.kind in ("name", "number"):
            name = key.text
        else:
            raise scanner.error(f"Here a field's name is expected, not {describe(key)}.", key)
        scanner.expect(":", f"“:” after the field {name!r}")
        fields[name] = value(scanner, variables, depth + 1)
        if not scanner.take_mark(","):
            scanner.expect("}", "“,” or “}”")
            break
    if len(fields) == 1 and fields.keys() <= _EXTENDED:
        return _extended(scanner, fields, opening)
    return fields


def _extended(scanner: Scanner, fields: dict[str, Any], opening: Token) -> Any:
    try:
        return json_util.object_hook(fields)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, BSONError) as error:
        raise scanner.error(f"This is no {next(iter(fields))} of Extended JSON.", opening, hint=str(error)) from None


def _array(scanner: Scanner, variables: Mapping[str, Any], end: str, depth: int) -> list[Any]:
    items: list[Any] = []
    while not scanner.take_mark(end):
        items.append(value(scanner, variables, depth + 1))
        if not scanner.take_mark(","):
            scanner.expect(end, f"“,” or “{end}”")
            break
    return items


def _number(scanner: Scanner) -> int | float:
    sign = scanner.take_mark("+", "-")
    token = scanner.take()
    if token.kind == "name" and token.text == "Infinity":
        number: int | float = float("inf")
    elif token.kind != "number":
        raise scanner.error(f"Here a number is expected, not {describe(token)}.", token)
    elif token.text[:2] in ("0x", "0X"):
        number = int(token.text, 16)
    elif token.text.isdecimal():
        number = int(token.text)
    else:
        number = float(token.text)
    if sign is not None and sign.text == "-":
        number = -number
    return number if isinstance(number, float) or -(2**63) <= number < 2**63 else float(number)


def _regex(scanner: Scanner, token: Token) -> Regex[str]:
    pattern, _, flags = token.text[1:].rpartition("/")
    return _made_regex(scanner, token, pattern.replace("\\/", "/"), flags)


def _made_regex(scanner: Scanner, token: Token, pattern: object, flags: object = "") -> Regex[str]:
    if not isinstance(pattern, str) or not isinstance(flags, str) or set(flags) - _FLAGS:
        raise scanner.error("The flags of a regular expression are of i, m, s and x.", token)
    return Regex(pattern, flags)


def _named(scanner: Scanner, variables: Mapping[str, Any], depth: int) -> Any:
    """A word, a constructor's call, or a variable of the notebook."""
    token = scanner.take()
    if token.text == "new" and scanner.peek().kind == "name":
        token = scanner.take()
    name = token.text
    if name in ("Long", "NumberLong", "Decimal128", "NumberDecimal") and scanner.take_mark("."):
        scanner.take()  # Long.fromString("…") and its like
    if name in _MAKERS and scanner.take_mark("("):
        arguments = _array(scanner, variables, ")", depth)
        try:
            return _MAKERS[name](*arguments)
        except UsageError:
            raise
        except (TypeError, ValueError, ArithmeticError, OSError, binascii.Error, BSONError) as error:
            raise scanner.error(f"{name} cannot be made of this.", token, hint=str(error)) from None
    if name in _WORDS:
        return _WORDS[name]
    if name in variables:
        return variables[name]
    known = [*_WORDS, *_MAKERS, *(each for each in variables if is_own(each))]
    raise scanner.error(
        f"{describe(token)} is neither a value nor a variable of the notebook.", token, hint=did_you_mean(name, known)
    )


def _date(text: str | float | None = None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    if isinstance(text, str):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(text / 1000, UTC)


def _timestamp(time: Any = 0, increment: int = 0) -> Timestamp:
    if isinstance(time, Mapping):
        return Timestamp(time["t"], time["i"])
    return Timestamp(time, increment)


def _uuid(text: str | None = None) -> Binary:
    return Binary.from_uuid(uuid.uuid4() if text is None else uuid.UUID(text))


_MAKERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "ObjectId": ObjectId,
        "ISODate": _date,
        "Date": _date,
        "NumberLong": lambda given=0: Int64(int(given)),
        "Long": lambda given=0: Int64(int(given)),
        "NumberInt": lambda given=0: int(given),
        "Int32": lambda given=0: int(given),
        "Double": float,
        "NumberDecimal": lambda given=0: Decimal128(str(given)),
        "Decimal128": lambda given=0: Decimal128(str(given)),
        "UUID": _uuid,
        "BinData": lambda kind, text: Binary(base64.b64decode(text, validate=True), kind),
        "Timestamp": _timestamp,
        "MinKey": lambda: MinKey(),
        "MaxKey": lambda: MaxKey(),
        "RegExp": lambda pattern, flags="": Regex(pattern, flags),
    }
)
