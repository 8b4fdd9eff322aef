"""``arrayFilters``: which elements ``$[name]`` means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import Code, DocumentError
from ..match import compile_filter, parse_filter
from ..scope import Scope
from .paths import FILTERED

__all__ = ["compile_filters"]


def compile_filters(
    filters: Sequence[Any], paths: Sequence[tuple[str, ...]], scope: Scope
) -> Mapping[str, Callable[[Any], bool]]:
    """The filters by name, as predicates of an element.

    Args:
        paths: those of the update; each name in them has to be there, and each filter used.

    Raises:
        DocumentError: ``FailedToParse`` for a filter, ``BadValue`` for a name without one.
    """
    found: dict[str, Callable[[Any], bool]] = {}
    for spec in filters:
        if type(spec) is not dict:
            raise DocumentError(Code.TypeMismatch, "each of arrayFilters has to be an object")
        names = {name.split(".")[0] for name in _fields(spec)}
        if len(names) != 1:
            raise DocumentError(
                Code.FailedToParse,
                "Cannot use an expression without a top-level field name in arrayFilters"
                if not names
                else "Error parsing array filter :: caused by :: Expected a single top-level field name, found "
                + " and ".join(map(repr, sorted(names))),
            )
        (name,) = names
        if FILTERED.fullmatch(f"$[{name}]") is None:
            raise DocumentError(
                Code.BadValue,
                "Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string "
                f"beginning with a lowercase letter, found '{name}'",
            )
        if name in found:
            raise DocumentError(
                Code.FailedToParse, f"Found multiple array filters with the same top-level field name {name}"
            )
        found[name] = _predicate(name, compile_filter(parse_filter(spec, scope), scope))
    used = set()
    for path in paths:
        for part in path:
            match = FILTERED.fullmatch(part)
            if match is None:
                continue
            if match[1] not in found:
                raise DocumentError(
                    Code.BadValue, f"No array filter found for identifier '{match[1]}' in path '{'.'.join(path)}'"
                )
            used.add(match[1])
    for name in found:
        if name not in used:
            raise DocumentError(
                Code.FailedToParse, f"The array filter for identifier '{name}' was not used in the update"
            )
    return found


def _predicate(name: str, holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda item: holds({name: item})


def _fields(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, part in spec.items():
        if name in ("$and", "$or", "$nor") and type(part) is list:
            for inner in part:
                if type(inner) is dict:
                    yield from _fields(inner)
        elif name[:1] != "$":
            yield name
