"""Filters on changes, decided here where that is sure, and left to the engine where it is not.

Pure. Numbers, booleans and equality of texts mean the same everywhere; what depends on a collation, a pattern or a type
of the engine's is the engine's to decide. SQL's three values hold: a comparison with null is neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from ...changes import Change, ChangedTable, Family, Unchanged, Value, ValueType
from ...nouns import Arg, ArgValue, Compare, Filter, columns_named

__all__ = ["Condition", "Conditions", "Sieve", "sieve"]

_KNOWN = 10_000

Sieve: TypeAlias = Callable[[Change], bool]
"""Whether a change passes."""

Trilean: TypeAlias = "bool | None"
_Test: TypeAlias = Callable[[Value], Trilean]

_ORDERED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
_TRUE, _FALSE = frozenset({"t", "true", "yes", "on", "1"}), frozenset({"f", "false", "no", "off", "0"})
_PLACED = {"not_null": False, "null": True}


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Filters joined by "and" over the changes of one version of a table: one object for all who have the same.

    Attributes:
        needs: places of the columns that they read; one that is not there is -1, which nobody sees.
        passes: None when the engine has to decide.
    """

    table: ChangedTable
    needs: frozenset[int]
    passes: Sieve | None

    def may_pass(self, change: Change) -> bool:
        """False where it is sure that a change does not pass."""
        return self.passes is None or self.passes(change)


class Conditions:
    """Remembers what was asked for. ``type_of``, given to :meth:`of`, is always the same function."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[Filter, ...], tuple[ArgValue, ...], int], Condition] = {}

    def of(
        self,
        where: tuple[Filter, ...],
        args: tuple[ArgValue, ...],
        table: ChangedTable,
        type_of: Callable[[str], ValueType],
    ) -> Condition:
        """The condition that filters are for a table."""
        key = (where, args, id(table))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            places = {column.name: place for place, column in enumerate(table.columns)}
            needs = frozenset(places.get(name, -1) for name in columns_named(where))
            known = self._known[key] = Condition(table, needs, sieve(where, args, table, type_of))
        return known


def sieve(
    where: Sequence[Filter], args: Sequence[ArgValue], table: ChangedTable, type_of: Callable[[str], ValueType]
) -> Sieve | None:
    """Filters joined by "and" over a table's changes; None when the engine has to decide.

    The row as it is now is looked at, of a delete the row as it was; a truncation passes where there is no filter.
    """
    places = {column.name: place for place, column in enumerate(table.columns)}
    tests: list[tuple[int, bool, _Test, bool]] = []
    for item in where:
        if not isinstance(item, Compare) or item.path.steps or item.quantifier:
            return None
        place = places.get(item.path.column)
        if place is None:
            return lambda change: False
        test = _test(item, args, type_of(table.columns[place].type))
        if test is None:
            return None
        tests.append((place, item.negated, test, table.columns[place].key))

    def passes(change: Change) -> bool:
        values = change.record if change.record is not None else change.old
        if values is None:
            return not tests
        partial = change.record is None and change.old_is_key
        for place, negated, test, key in tests:
            value = values[place]
            if isinstance(value, Unchanged) or (partial and not key):
                return False
            if test(value) is not (not negated):
                return False
        return True

    return passes


def _test(item: Compare, args: Sequence[ArgValue], kind: ValueType) -> _Test | None:
    if item.operator == "is":
        return _is(item.operand, kind)
    if item.operator == "in":
        operands = item.operand if isinstance(item.operand, tuple) else ()
        tests = [_comparison("eq", _operand(arg, args), kind) for arg in operands]
        sure = [test for test in tests if test is not None]
        return _any(sure) if len(sure) == len(tests) else None
    if not isinstance(item.operand, Arg):
        return None
    operand = _operand(item.operand, args)
    if item.operator == "isdistinct":
        equal = _comparison("eq", operand, kind)
        return None if equal is None else lambda value: True if value is None else not equal(value)
    return _comparison(item.operator, operand, kind)


def _operand(arg: Arg, args: Sequence[ArgValue]) -> str | None:
    value = args[arg.index]
    return value.decode() if isinstance(value, bytes) else value


def _is(word: object, kind: ValueType) -> _Test | None:
    if word in _PLACED:
        wanted = _PLACED[str(word)]
        return lambda value: (value is None) is wanted
    if kind.family is not Family.boolean:
        return None
    value_of = {"true": "t", "false": "f", "unknown": None}
    return lambda value: value == value_of[str(word)]


def _any(tests: Sequence[_Test]) -> _Test:
    def test(value: Value) -> Trilean:
        return None if value is None else any(one(value) for one in tests)

    return test


def _comparison(operator: str, operand: str | None, kind: ValueType) -> _Test | None:
    """A comparison with a constant, where it is sure what it means."""
    if operand is None:
        return None
    if kind.family is Family.number and operator in _ORDERED:
        return _numbers(operator, operand)
    if operator not in ("eq", "neq"):
        return None
    if kind.family is Family.boolean:
        word = operand.strip().lower()
        if word not in _TRUE | _FALSE:
            return None
        operand = "t" if word in _TRUE else "f"
    elif kind.family is not Family.text:
        return None
    elif kind.name == "uuid":
        operand = operand.lower()
        if len(operand) != 36:  # one of its other spellings
            return None
    wanted = operator == "eq"
    return lambda value: None if value is None else (value == operand) is wanted


def _numbers(operator: str, operand: str) -> _Test | None:
    right = _number(operand)
    if right is None:
        return None
    compare = _ORDERED[operator]

    def test(value: Value) -> Trilean:
        if value is None:
            return None
        left = _number(str(value))
        # NaN is greater than every other number, and equal to itself.
        return compare(Decimal(1), Decimal(0)) if left is None else compare(left, right)

    return test


def _number(text: str) -> Decimal | None:
    """A number; None for NaN, and for what is none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return None if number.is_nan() else number
