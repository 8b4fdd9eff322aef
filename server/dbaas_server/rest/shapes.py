"""Remembering parsed requests: the values are cut out of a query string, and what is left is looked up.

``id=eq.7&limit=10`` and ``id=eq.8&limit=20`` leave the same. The cut must agree with the grammar, and that is checked
where a shape is stored, not trusted: :func:`template` compares what the grammar found with what was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeAlias, TypeVar

from dbaas_provisioning.errors import Invalid

from ..nouns import ArgValue
from .grammar.filters import FULL_TEXT, QUANTIFIABLE, SIMPLE, is_operation, wildcards
from .grammar.scanner import Arguments
from .parameters import MAX_COUNT_DIGITS, Parameters, parse_parameters
from .query import decode, pairs

__all__ = ["Cut", "Shapes", "Template", "cut", "fill", "template"]

_SCALAR = re.compile(rf"(?:not\.)?({'|'.join(sorted(QUANTIFIABLE | SIMPLE | FULL_TEXT))})\.")
_LIST = re.compile(r'((?:not\.)?in\.)\(([^)"]+)\)\Z', re.DOTALL)
_CAPACITY = 4_096
# Characters of what may be remembered: of a query string, and of all else in a key. Longer ones are parsed each time,
# so that a stranger cannot fill the memory with long headers.
_MAX_REMEMBERED = 2_048
_MAX_ABOUT = 4_096

Template: TypeAlias = "tuple[int | str | None, ...] | None"
"""Per argument the index of the cut value, or the value itself; None when arguments are the cut values as they are."""

T = TypeVar("T")


class Cut:
    """A query string without its values.

    Attributes:
        key: what is left.
        values: what was cut, decoded, in order.
        spans: how many values each pair gave; 0 for one that stayed whole.
    """

    __slots__ = ("key", "spans", "values")

    def __init__(self, key: Hashable, values: list[str], spans: list[int]) -> None:
        self.key = key
        self.values = values
        self.spans = spans


_NOTHING = Cut((), [], [])


def cut(query: str, *, function: bool = False) -> Cut | None:
    """Cut the values out; None for what is not worth remembering (cursors) or too long.

    Args:
        query: the raw query string.
        function: plain values are a function's arguments.
    """
    if not query:
        return _NOTHING
    if len(query) > _MAX_REMEMBERED or "\0" in query:
        return None
    key: list[Hashable] = []
    values: list[str] = []
    spans: list[int] = []
    for part in query.split("&"):
        if not part:
            continue
        name, equals, value = part.partition("=")
        if "%" in value or "+" in value or not value.isascii():
            try:
                value = decode(value.replace("+", " "))
            except Invalid:
                return None
        scalar = _SCALAR.match(value)
        if scalar is not None:
            key.append((name, scalar.group()))
            values.append(wildcards(scalar.group(1), value[scalar.end() :]))
            spans.append(1)
        elif name in ("limit", "offset") and value.isascii() and value.isdigit() and len(value) <= MAX_COUNT_DIGITS:
            key.append((name, "0"))
            values.append(value)
            spans.append(1)
        elif (listed := _LIST.match(value)) is not None:
            elements = listed.group(2).split(",")
            key.append((name, listed.group(1), len(elements)))
            values.extend(elements)
            spans.append(len(elements))
        elif name == "cursor":
            return None
        elif function and equals and _PLAIN.match(name) and name not in _OTHERS and not is_operation(value):
            key.append((name, ""))
            values.append(value)
            spans.append(1)
        else:
            key.append((name, equals, value, 0))
            spans.append(0)
    return Cut(tuple(key), values, spans)


_PLAIN = re.compile(r"\w+\Z")
_OTHERS = frozenset({"select", "order", "limit", "offset", "and", "or", "columns", "on_conflict"})


def template(found: Cut, spans: Sequence[int], args: Sequence[ArgValue], first: int = 0) -> tuple[bool, Template]:
    """How to make a request's arguments from its cut values.

    Args:
        found: the cut query string.
        spans: how many arguments the grammar took from each pair.
        args: the arguments it found, those of the pairs from index ``first`` on.
        first: how many arguments stand before (the parts of a row's id), which are cut values too.

    Returns:
        Whether the two agree, and the template if they do.
    """
    if len(spans) != len(found.spans) or len(args) != first + sum(spans):
        return False, None
    made: list[int | str | None] = list(range(first))
    at, value = first, 0
    for taken, cut_values in zip(spans, found.spans, strict=True):
        if cut_values:
            if taken != cut_values or list(args[at : at + taken]) != found.values[value : value + taken]:
                return False, None
            made.extend(range(first + value, first + value + taken))
            value += taken
        else:
            constants = args[at : at + taken]
            # A constant text stays as it is; `fill` tells it from an index by its type.
            made.extend(constant for constant in constants if not isinstance(constant, bytes))
        at += taken
    if made == list(range(first + value)):
        return True, None
    return True, tuple(made)


def fill(made: Template, values: Sequence[str]) -> Sequence[ArgValue]:
    """The arguments of a request whose shape was remembered."""
    if made is None:
        return values
    return [values[entry] if type(entry) is int else entry for entry in made]  # type: ignore[misc]


class Shapes(Generic[T]):
    """What requests became, by shape. Bounded, in two generations: what is asked for stays, the rest goes unsorted."""

    __slots__ = ("_capacity", "_old", "_young")

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._young: dict[Hashable, tuple[T, Template]] = {}
        self._old: dict[Hashable, tuple[T, Template]] = {}

    def resolve(
        self,
        about: Hashable,
        query: str,
        build: Callable[[Parameters], T],
        *,
        parts: Sequence[str] = (),
        function: bool = False,
        remember: bool = True,
    ) -> tuple[T, Sequence[ArgValue]]:
        """What a request becomes, and its arguments.

        Args:
            about: all that the result depends on besides the query string and ``parts``' values.
            query: the raw query string.
            build: makes the result of the parsed parameters; called only for a shape not seen before. What depends
                on a value must add an argument of its own, and then nothing is remembered.
            parts: the arguments that stand first.
            function: plain values are a function's arguments.
            remember: False where the result depends on more than ``about``.

        Raises:
            Invalid: whatever the grammar and ``build`` raise.
        """
        found = cut(query, function=function) if remember else None
        if found is not None:
            key = (about, found.key)
            seen = self._get(key)
            if seen is not None:
                return seen[0], fill(seen[1], [*parts, *found.values] if parts else found.values)
        args = Arguments()
        for part in parts:
            args.add(part)
        parameters = parse_parameters(pairs(query), args, function=function)
        built = build(parameters)
        if found is not None:
            agrees, made = template(found, parameters.spans, args.values, len(parts))
            if agrees and len(repr(about)) <= _MAX_ABOUT:
                self._put(key, (built, made))
        return built, args.values

    def _get(self, key: Hashable) -> tuple[T, Template] | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self._put(key, found)
        return found

    def _put(self, key: Hashable, value: tuple[T, Template]) -> None:
        if len(self._young) >= self._capacity:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
