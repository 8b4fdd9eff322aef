"""``$match``: predicates over fields."""

from __future__ import annotations

from collections.abc import Mapping

from ..stages import Combined, FieldPath, FieldTest, Holds, Not, Predicate
from .expression import expression
from .reader import Place, Reader, did_you_mean, path, shown

__all__ = ["OPERATORS", "predicate"]

_COMPARISONS = frozenset({"eq", "ne", "gt", "gte", "lt", "lte"})
_LISTS = frozenset({"in", "nin", "all"})
_FLAGS = frozenset("imsx")

OPERATORS = frozenset(
    "$" + operator for operator in (*_COMPARISONS, *_LISTS, "exists", "regex", "options", "size", "mod", "not")
)
"""Every operator on a field, with its ``$``."""

_TOP = frozenset({"$and", "$or", "$nor", "$expr"})


def predicate(reader: Reader, value: object, at: Place) -> Predicate:
    """Read what a row must fulfil. Raises ``Invalid`` (``invalid_pipeline``)."""
    reader.enter(at)
    if not isinstance(value, dict):
        raise at.refuse("A predicate is an object.", hint='Write it like {"field": {"$gt": 5}}.')
    items = [_entry(reader, key, item, at.field(str(key))) for key, item in value.items()]
    return items[0] if len(items) == 1 else Combined("and", tuple(items))


def _entry(reader: Reader, key: object, value: object, at: Place) -> Predicate:
    if key in ("$and", "$or", "$nor"):
        reader.enter(at)
        if not isinstance(value, list) or not value:
            raise at.refuse(f"{key} takes a list of predicates, at least one.")
        items = tuple(predicate(reader, item, at.item(index)) for index, item in enumerate(value))
        return Combined(str(key)[1:], items)
    if key == "$expr":
        return Holds(expression(reader, value, at))
    if isinstance(key, str) and key.startswith("$"):
        raise at.refuse(f"There is no “{shown(key)}” here.", hint=did_you_mean(key, _TOP))
    return _about(reader, path(key, at), value, at)


def _about(reader: Reader, field: FieldPath, value: object, at: Place) -> Predicate:
    """What is asked of one field."""
    if not _is_operators(value, at):
        reader.enter(at)
        return FieldTest(field, "eq", (reader.constant(value, at),))
    assert isinstance(value, dict)
    items = [
        _test(reader, field, key[1:], value, at.field(key))
        for key in value
        if not (key == "$options" and "$regex" in value)
    ]
    return items[0] if len(items) == 1 else Combined("and", tuple(items))


def _is_operators(value: object, at: Place) -> bool:
    if not isinstance(value, dict):
        return False
    found = [isinstance(key, str) and key.startswith("$") for key in value]
    if any(found) and not all(found):
        raise at.refuse("Operators and fields do not mix in one object.")
    return bool(found) and all(found)


def _test(reader: Reader, field: FieldPath, operator: str, siblings: Mapping[str, object], at: Place) -> Predicate:
    value = siblings["$" + operator]
    reader.enter(at)
    if operator in _COMPARISONS:
        return FieldTest(field, operator, (reader.constant(value, at),))
    if operator in _LISTS:
        if not isinstance(value, list):
            raise at.refuse(f"${operator} takes a list.")
        for index, item in enumerate(value):
            reader.enter(at.item(index))
            if _is_operators(item, at.item(index)):
                raise at.item(index).refuse(f"A list of ${operator} holds values.")
        return FieldTest(
            field, operator, tuple(reader.constant(item, at.item(index)) for index, item in enumerate(value))
        )
    if operator == "exists":
        if not isinstance(value, bool | int | float):
            raise at.refuse("$exists takes true or false.")
        test = FieldTest(field, "exists", ())
        return test if value else Not(test)
    if operator == "not":
        if not _is_operators(value, at):
            raise at.refuse("$not takes operators.", hint='Write it like {"$not": {"$gt": 5}}.')
        return Not(_about(reader, field, value, at))
    if operator == "regex":
        return _regex(reader, field, value, siblings.get("$options", ""), at)
    if operator == "size":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise at.refuse("$size takes a number of elements.")
        return FieldTest(field, "size", (reader.constant(value, at),))
    if operator == "mod":
        if not isinstance(value, list) or len(value) != 2 or not all(type(item) is int for item in value):
            raise at.refuse("$mod takes a divisor and a remainder, both whole numbers.")
        return FieldTest(field, "mod", tuple(reader.constant(item, at) for item in value))
    raise at.refuse(f"There is no operator “${shown(operator)}” here.", hint=did_you_mean("$" + operator, OPERATORS))


def _regex(reader: Reader, field: FieldPath, value: object, options: object, at: Place) -> Predicate:
    if not isinstance(value, str):
        raise at.refuse("$regex takes a string.")
    if not isinstance(options, str) or not _FLAGS.issuperset(options):
        raise at.refuse("$options takes letters of i, m, s and x.")
    return FieldTest(field, "regex", (reader.constant(value, at),), "".join(sorted(set(options))))
