"""Expressions: fields, constants, documents, and operators with their operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..stages import Constant, ConstantKind, Document, Elements, Expression, Now, Operation, Root
from .reader import Place, Reader, did_you_mean, name, path, shown

__all__ = ["OPERATORS", "expression"]

_MANY = 1_000

_SIGNATURES: dict[str, tuple[int, int]] = {
    # arithmetic
    "abs": (1, 1), "add": (1, _MANY), "ceil": (1, 1), "divide": (2, 2), "exp": (1, 1), "floor": (1, 1), "ln": (1, 1),
    "log10": (1, 1), "mod": (2, 2), "multiply": (1, _MANY), "pow": (2, 2), "round": (1, 2), "sqrt": (1, 1),
    "subtract": (2, 2), "trunc": (1, 2),
    # comparison, logic, choice
    "cmp": (2, 2), "eq": (2, 2), "gt": (2, 2), "gte": (2, 2), "lt": (2, 2), "lte": (2, 2), "ne": (2, 2),
    "and": (0, _MANY), "or": (0, _MANY), "not": (1, 1), "ifNull": (2, _MANY), "in": (2, 2),
    # text
    "concat": (1, _MANY), "strLenCP": (1, 1), "substrCP": (3, 3), "toLower": (1, 1), "toUpper": (1, 1),
    # conversion
    "toBool": (1, 1), "toDate": (1, 1), "toDecimal": (1, 1), "toDouble": (1, 1), "toInt": (1, 1), "toLong": (1, 1),
    "toString": (1, 1),
    # arrays, and several values at once
    "arrayElemAt": (2, 2), "avg": (1, _MANY), "max": (1, _MANY), "min": (1, _MANY), "size": (1, 1), "sum": (1, _MANY),
}  # fmt: skip
"""Operator → the smallest and the largest number of operands. One operand may stand without its list."""

_DATE_PARTS = frozenset({
    "year", "month", "dayOfMonth", "hour", "minute", "second", "millisecond", "dayOfYear", "dayOfWeek", "week",
    "isoWeek", "isoWeekYear", "isoDayOfWeek",
})  # fmt: skip

_UNITS = frozenset({"year", "quarter", "month", "week", "day", "hour", "minute", "second"})
_FIRST_DAYS = {"sunday": "sunday", "sun": "sunday", "monday": "monday", "mon": "monday"}
_FORMAT_LETTERS = frozenset("YmdHMSLjuGV")


def expression(reader: Reader, value: object, at: Place) -> Expression:
    """Read an expression. Raises ``Invalid`` (``invalid_pipeline``)."""
    reader.enter(at)
    if isinstance(value, str) and value.startswith("$"):
        return _field(value, at)
    if isinstance(value, dict):
        return _document(reader, value, at)
    if isinstance(value, list):
        return Elements(tuple(expression(reader, item, at.item(index)) for index, item in enumerate(value)))
    return reader.constant(value, at)


def _field(text: str, at: Place) -> Expression:
    if not text.startswith("$$"):
        return path(text[1:], at)
    variable, _, rest = text[2:].partition(".")
    if variable in ("ROOT", "CURRENT"):
        return path(rest, at) if rest else Root()
    if variable == "NOW" and not rest:
        return Now()
    raise at.refuse(f"There is no variable “{shown(text)}”.", hint="Use $$ROOT, $$CURRENT or $$NOW.")


def _document(reader: Reader, value: Mapping[object, object], at: Place) -> Expression:
    operators = [key for key in value if isinstance(key, str) and key.startswith("$")]
    if not operators:
        return Document(
            tuple(
                (field := name(key, at, "A field"), expression(reader, item, at.field(field)))
                for key, item in value.items()
            )
        )
    if len(value) > 1:
        raise at.refuse("An operator stands alone in its object.", hint='Write it like {"$add": ["$a", 1]}.')
    (key,) = operators
    return _operation(reader, key[1:], value[key], at.field(key))


def _operation(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    special = _SPECIAL.get(operator)
    if special is not None:
        return special(reader, operator, value, at)
    signature = _SIGNATURES.get(operator)
    if signature is None:
        raise at.refuse(f"There is no operator “${shown(operator)}”.", hint=did_you_mean("$" + operator, OPERATORS))
    values = value if isinstance(value, list) else [value]
    least, most = signature
    if not least <= len(values) <= most:
        wanted = str(least) if least == most else f"{least} to {most}" if most < _MANY else f"at least {least}"
        raise at.refuse(f"${operator} takes {wanted} operand(s); here are {len(values)}.")
    places = [at.item(index) for index in range(len(values))] if isinstance(value, list) else [at]
    reader.enter(at)
    return Operation(
        operator, tuple(expression(reader, item, place) for item, place in zip(values, places, strict=True))
    )


def _literal(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    return reader.constant(value, at)


def _cond(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    if isinstance(value, list):
        if len(value) != 3:
            raise at.refuse("$cond takes a condition and two results.", hint='Or {"if": …, "then": …, "else": …}.')
        return Operation("cond", tuple(expression(reader, item, at.item(index)) for index, item in enumerate(value)))
    parts = _named(value, at, operator, {"if", "then", "else"}, {"if", "then", "else"})
    return Operation("cond", tuple(expression(reader, parts[key], at.field(key)) for key in ("if", "then", "else")))


def _switch(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    parts = _named(value, at, operator, {"branches"}, {"branches", "default"})
    branches = parts["branches"]
    if not isinstance(branches, list) or not branches:
        raise at.refuse("$switch takes a list of branches.", hint='Write each like {"case": …, "then": …}.')
    operands: list[Expression] = []
    for index, branch in enumerate(branches):
        place = at.field("branches").item(index)
        reader.enter(place)
        found = _named(branch, place, "a branch of $switch", {"case", "then"}, {"case", "then"})
        operands += (expression(reader, found[key], place.field(key)) for key in ("case", "then"))
    if "default" in parts:
        operands.append(expression(reader, parts["default"], at.field("default")))
    else:
        operands.append(Constant(ConstantKind.null, reader.argument(None)))
    return Operation("switch", tuple(operands))


def _date_part(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    if isinstance(value, dict) and not any(isinstance(key, str) and key.startswith("$") for key in value):
        parts = _named(value, at, operator, {"date"}, {"date", "timezone"})
        return Operation(operator, _date(reader, parts, at))
    values = value if isinstance(value, list) else [value]
    if len(values) != 1:
        raise at.refuse(f"${operator} takes one date.")
    return Operation(operator, (expression(reader, values[0], at),))


def _date_trunc(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    parts = _named(value, at, operator, {"date", "unit"}, {"date", "unit", "timezone", "startOfWeek", "binSize"})
    unit, first = parts["unit"], str(parts.get("startOfWeek", "sunday")).lower()
    if not isinstance(unit, str) or unit not in _UNITS:
        raise at.field("unit").refuse("This is no unit.", hint=f"Use one of {', '.join(sorted(_UNITS))}.")
    if first not in _FIRST_DAYS:
        raise at.field("startOfWeek").refuse("A week begins on sunday or on monday.")
    if parts.get("binSize", 1) != 1:
        raise at.field("binSize").refuse("Only a binSize of 1 is possible.")
    word = f"week {_FIRST_DAYS[first]}" if unit == "week" else unit
    return Operation("dateTrunc", _date(reader, parts, at), word)


def _date_to_string(reader: Reader, operator: str, value: object, at: Place) -> Expression:
    parts = _named(value, at, operator, {"date"}, {"date", "format", "timezone"})
    text = parts.get("format", "%Y-%m-%dT%H:%M:%S.%LZ")
    place = at.field("format")
    if not isinstance(text, str) or len(text) > 100 or "\0" in text:
        raise place.refuse("A format is a string of at most 100 characters.")
    letters = text.split("%%")
    for part in letters:
        for following in part.split("%")[1:]:
            if following[:1] not in _FORMAT_LETTERS or not following:
                raise place.refuse(
                    f"A format has no “%{shown(following[:1])}”.", hint="Use %Y %m %d %H %M %S %L %j %u %V."
                )
    return Operation("dateToString", _date(reader, parts, at), text)


def _date(reader: Reader, parts: Mapping[str, object], at: Place) -> tuple[Expression, ...]:
    """The date, and the time zone where one is given."""
    date = expression(reader, parts["date"], at.field("date"))
    if "timezone" not in parts:
        return (date,)
    place = at.field("timezone")
    zone = parts["timezone"]
    if not isinstance(zone, str) or zone.startswith("$"):
        raise place.refuse("A time zone is a constant string.", hint='Write it like "Europe/Oslo".')
    return date, expression(reader, zone, place)


def _named(value: object, at: Place, what: str, needed: set[str], possible: set[str]) -> dict[str, object]:
    """An object with the keys that something takes."""
    label = what if " " in what else f"${what}"
    if not isinstance(value, dict) or not needed <= value.keys() <= possible:
        raise at.refuse(
            f"{label} takes an object with {', '.join(sorted(needed))}.",
            hint=f"It may have {', '.join(sorted(possible))}.",
        )
    return value


_SPECIAL: dict[str, Callable[[Reader, str, object, Place], Expression]] = {
    "literal": _literal, "cond": _cond, "switch": _switch, "dateTrunc": _date_trunc, "dateToString": _date_to_string,
    **dict.fromkeys(_DATE_PARTS, _date_part),
}  # fmt: skip

OPERATORS = frozenset("$" + operator for operator in (*_SIGNATURES, *_SPECIAL))
"""Every operator of expressions, with its ``$``."""
