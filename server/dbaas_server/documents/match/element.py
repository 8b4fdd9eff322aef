"""``$exists $type $size $mod`` and the four on bits: tests of one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bson import Decimal128, Int64

from ..codec import MAX_DOCUMENT_BYTES, MISSING
from ..errors import Code, DocumentError
from ..values import ALIASES, NUMBERS, Kind, is_number, kind_of
from ..values.numbers import is_nan
from .nodes import Test

__all__ = [
    "BITWISE",
    "bits_test",
    "exists_test",
    "mod_test",
    "shown",
    "size_test",
    "truth",
    "type_kinds",
    "type_test",
    "whole_number",
]

_TWO_63: Final = 2**63
_BEYOND_ALL_DATA: Final = 8 * MAX_DOCUMENT_BYTES


def exists_test(value: Any) -> bool:
    """Whether there is a value."""
    return value is not MISSING


def truth(value: Any) -> bool:
    """What an operator makes of a value that should be true or false: null and zero are false, all else true."""
    if is_number(value):
        return bool(value.to_decimal() if type(value) is Decimal128 else value)
    return value is not None and value is not False and value is not MISSING


# --- $type ------------------------------------------------------------------------------------------------------


def type_kinds(operand: Any, name: str) -> tuple[Kind, ...]:
    """The types that ``$type`` names.

    Args:
        operand: a number, a name, or an array of them.
        name: what the message calls the operator, or the field.

    Raises:
        DocumentError: ``TypeMismatch``, ``BadValue``; ``FailedToParse`` for an empty array.
    """
    named = operand if isinstance(operand, list) else [operand]
    if not named:
        raise DocumentError(Code.FailedToParse, f"{name} must match at least one type")
    kinds: set[Kind] = set()
    for one in named:
        kinds |= _kinds(one)
    return tuple(sorted(kinds))


def _kinds(named: Any) -> frozenset[Kind]:
    if isinstance(named, str):
        if named == "number":
            return NUMBERS
        if named not in ALIASES:
            raise DocumentError(Code.BadValue, f"Unknown type name alias: {named}")
        return frozenset({ALIASES[named]})
    if not is_number(named):
        raise DocumentError(Code.TypeMismatch, "type must be represented as a number or a string")
    number = whole_number(named)
    if number is None or number not in _NUMBERED:
        raise DocumentError(Code.BadValue, f"Invalid numerical type code: {named}")
    return frozenset({Kind(number)})


_NUMBERED: Final = frozenset(int(kind) for kind in ALIASES.values())


def type_test(kinds: tuple[Kind, ...]) -> Test:
    """Whether a value is of one of these types."""
    wanted = frozenset(kinds)
    return lambda value: kind_of(value) in wanted


def shown(value: Any) -> str:
    """A value as a message has it, cut where it is long."""
    if isinstance(value, str):
        return f'"{value:.80}"'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


# --- $size, $mod ------------------------------------------------------------------------------------------------


def whole_number(value: Any) -> int | None:
    """A number without a fraction that int64 can hold, as an int; None for any other value."""
    number = truncated(value) if is_number(value) else None
    if number is None:
        return None
    return number if number == (value.to_decimal() if type(value) is Decimal128 else value) else None


def truncated(value: Any) -> int | None:
    """A number's whole part; None where int64 cannot hold it."""
    if type(value) is int or type(value) is Int64:
        return int(value)
    if is_nan(value):
        return None
    number = value.to_decimal() if type(value) is Decimal128 else value
    return int(number) if abs(number) < _TWO_63 or number == -_TWO_63 else None


def size_test(operand: Any) -> tuple[int, Test]:
    """How many elements ``$size`` wants, and whether a value is an array of so many.

    Raises:
        DocumentError: ``BadValue``.
    """
    about = f"$size: {shown(operand)}"
    if not is_number(operand):
        raise DocumentError(Code.BadValue, f"Failed to parse $size. Expected a number in: {about}")
    size = _natural(operand, about, Code.BadValue, "Failed to parse $size. ")
    return size, lambda value: type(value) is list and len(value) == size


def mod_test(operand: Any) -> tuple[tuple[int, int], Test]:
    """The divisor and remainder of ``$mod``, and whether a value leaves it; fractions are cut off.

    Raises:
        DocumentError: ``BadValue``.
    """
    if not isinstance(operand, list):
        raise DocumentError(Code.BadValue, "malformed mod, needs to be an array")
    if len(operand) != 2:
        which = "not enough" if len(operand) < 2 else "too many"
        raise DocumentError(Code.BadValue, f"malformed mod, {which} elements")
    divisor = _cut(operand[0], "divisor")
    remainder = _cut(operand[1], "remainder")
    if divisor == 0:
        raise DocumentError(Code.BadValue, "divisor cannot be 0")

    def test(value: Any) -> bool:
        number = truncated(value) if is_number(value) else None
        if number is None:
            return False
        left = abs(number) % abs(divisor)  # the remainder has the dividend's sign
        return (left if number >= 0 else -left) == remainder

    return (divisor, remainder), test


def _cut(value: Any, name: str) -> int:
    if not is_number(value):
        raise DocumentError(Code.BadValue, f"malformed mod, {name} not a number")
    number = truncated(value)
    if number is None:
        raise DocumentError(Code.BadValue, f"malformed mod, {name} value is invalid: {value}")
    return number


# --- bits -------------------------------------------------------------------------------------------------------

BITWISE: Final[dict[str, Callable[[int, int], bool]]] = {
    "$bitsAllSet": lambda bits, mask: bits & mask == mask,
    "$bitsAllClear": lambda bits, mask: bits & mask == 0,
    "$bitsAnySet": lambda bits, mask: bits & mask != 0,
    "$bitsAnyClear": lambda bits, mask: bits & mask != mask,
}


def bits_test(name: str, operand: Any, path: str) -> tuple[int, Test]:
    """The mask of one of the four, and whether a number or binary value passes it.

    Numbers are two's complement and go on as their sign does; binary data has its lowest bit in the first byte and
    zeros beyond its end.

    Raises:
        DocumentError: ``BadValue``; ``FailedToParse`` for a number that is no mask.
    """
    mask = _mask(name, operand, path)
    holds = BITWISE[name]
    of_numbers = mask & (_TWO_63 - 1) | (_TWO_63 if mask >= _TWO_63 else 0)

    def test(value: Any) -> bool:
        if isinstance(value, bytes):
            return holds(int.from_bytes(value, "little"), mask)
        number = whole_number(value)
        return number is not None and holds(number, of_numbers)

    return mask, test


def _mask(name: str, operand: Any, path: str) -> int:
    if isinstance(operand, bytes):
        return int.from_bytes(operand, "little")
    if isinstance(operand, list):
        return _positions(operand)
    if not is_number(operand):
        received = f"{name}: {shown(operand)}"
        raise DocumentError(Code.BadValue, f"{path} takes an Array, a number, or a BinData but received: {received}")
    return _natural(operand, f"{name}: {shown(operand)}", Code.FailedToParse, "")


def _positions(operand: list[Any]) -> int:
    mask = bytearray()
    for place, position in enumerate(operand):
        about = f"{place}: {shown(position)}"
        if not is_number(position):
            raise DocumentError(Code.BadValue, f"Failed to parse bit position. Expected a number in: {about}")
        number = _natural(position, about, Code.BadValue, "Failed to parse bit position. ")
        byte, bit = divmod(min(number, _BEYOND_ALL_DATA), 8)
        if byte >= len(mask):
            mask.extend(bytes(byte + 1 - len(mask)))
        mask[byte] |= 1 << bit
    return int.from_bytes(mask, "little")


def _natural(value: Any, about: str, code: Code, start: str) -> int:
    number = whole_number(value)
    if number is None:
        raise DocumentError(code, f"{start}Expected an integer: {about}")
    if number < 0:
        raise DocumentError(code, f"{start}Expected a non-negative number in: {about}")
    return number
