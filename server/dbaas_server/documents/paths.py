"""Dotted paths, which go through arrays.

Three ways to follow one, as MongoDB has three:

1. :func:`get`, an aggregation's ``$a.b``: an array is mapped over, and a number names a field, never a place.
2. :func:`candidates`, a filter's ``a.b``: every value the filter may hold for; a number names a field and a place.
3. :func:`index_keys`, what a sort or an index makes of a document: a value for each of several paths, which go through
   the same array together.

What each yields for arrays in arrays, missing fields and empty arrays is told with it (MongoDB's manual, "Query an
Array", "Multikey Indexes"; where that is silent, what a mongod 7 answers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from .codec import MISSING
from .errors import Code, DocumentError
from .steps import watched

__all__ = ["Path", "candidates", "get", "index_keys", "places", "split"]

Path: TypeAlias = tuple[str, ...]
"""A path's components."""

_NOWHERE: Final = -1


def split(path: str) -> Path:
    """The components of a dotted path."""
    return tuple(path.split("."))


def get(value: Any, path: Sequence[str]) -> Any:
    """What an aggregation's field path means.

    Returns:
        The value; of an array on the way, the values of those of its documents that have one; ``MISSING``.
    """
    for place, name in enumerate(path):
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif isinstance(value, list):
            rest = path[place:]
            found = [get(part, rest) for part in watched(value) if isinstance(part, dict)]
            return [part for part in found if part is not MISSING]
        else:
            return MISSING
    return value


def candidates(document: dict[str, Any], path: Path, *, leaves: bool = True) -> Iterator[Any]:
    """The values that a filter on a path looks at, one of which has to do.

    A field that is not there yields ``MISSING``; what lies in an array, and is no document, yields nothing for the
    rest of the path.

    Args:
        path: its components.
        leaves: of an array at the path's end, its elements and then itself; False: itself alone.
    """
    for value, _ in places(document, path, leaves=leaves):
        yield value


def places(document: dict[str, Any], path: Path, *, leaves: bool = True) -> Iterator[tuple[Any, int]]:
    """:func:`candidates`, each with its place in the first array on the way; -1 where there was none."""
    value: Any = document
    end = len(path)
    for depth, name in enumerate(path):
        value = value.get(name, MISSING)
        if isinstance(value, dict):
            continue
        if isinstance(value, list):
            yield from _in_array(value, path[depth + 1 :], leaves)
        else:
            yield (value if depth == end - 1 else MISSING), _NOWHERE
        return
    yield value, _NOWHERE


def _in_array(array: list[Any], rest: Path, leaves: bool) -> Iterator[tuple[Any, int]]:
    if not rest:
        if leaves:
            for place, element in enumerate(watched(array)):
                yield element, place
        yield array, _NOWHERE
        return
    wanted = _place(rest[0])
    for place, element in enumerate(watched(array)):
        if isinstance(element, dict):
            for value, _ in places(element, rest, leaves=leaves):
                yield value, place
        if place != wanted:
            continue
        if len(rest) == 1:
            yield element, place  # an array there is one value, not gone into
        elif isinstance(element, dict):
            for value, _ in places(element, rest[1:], leaves=leaves):
                yield value, place
        elif isinstance(element, list):
            for value, _ in _in_array(element, rest[1:], leaves):
                yield value, place


def index_keys(
    document: dict[str, Any], paths: Sequence[Path], most: int | None = None
) -> tuple[list[tuple[Any, ...]], frozenset[int]]:
    """The values of several paths, once for every element of the array that they go through.

    A field that is not there is null, an empty array at a path's end ``MISSING`` (which sorts below null).

    Args:
        paths: an index's or a sort's; one starts another at most.
        most: tuples that there may be; None: any number, for as long as a step may last (:mod:`.steps`).

    Returns:
        A tuple for each element, which may repeat, and of which paths (by their place) an array lay on the way.

    Raises:
        DocumentError: ``CannotIndexParallelArrays``: two arrays of which neither lies in the other; 16746: a number
            that is a place in an array and a field of a document in it; ``CannotBuildIndexKeys``: more than ``most``.
    """
    through: set[int] = set()
    try:
        keys = _keys([document] * len(paths), list(paths), range(len(paths)), through, most)
    except _Parallel as error:
        names = " ".join(f"[{'.'.join(paths[which])}]" for which in error.which)
        raise DocumentError(Code.CannotIndexParallelArrays, f"cannot index parallel arrays {names}") from None
    return keys, frozenset(through)


class _Parallel(Exception):
    """Two paths go through arrays beside each other."""

    def __init__(self, *which: int) -> None:
        super().__init__(which)
        self.which = which


def _keys(
    values: list[Any], paths: list[Path], open_paths: Sequence[int], through: set[int], most: int | None
) -> list[tuple[Any, ...]]:
    """Follows each open path to its end or to an array, then goes on for each of that array's elements."""
    inside: list[int] = []
    for which in open_paths:
        values[which], paths[which] = _follow(values[which], paths[which])
        if isinstance(values[which], list):
            if inside and values[inside[0]] is not values[which]:
                raise _Parallel(inside[0], which)
            inside.append(which)
    if not inside:
        return [tuple(values)]
    through.update(inside)
    found: list[tuple[Any, ...]] = []
    elements = values[inside[0]] or [MISSING]
    for element in watched(elements) if most is None else elements:
        parts = list(values)
        for which in inside:
            parts[which] = element if isinstance(element, dict) or not paths[which] else None
        going_on = [which for which in inside if paths[which] and parts[which] is not None]
        found += _keys(parts, list(paths), going_on, through, most)
        if most is not None and len(found) > most:
            raise DocumentError(
                Code.CannotBuildIndexKeys, f"An index would have more than {most} keys of one document."
            )
    return found


def _follow(value: Any, path: Path) -> tuple[Any, Path]:
    """The value at a path's end, or the array that it has to be looked for in and what is left of the path."""
    while path:
        if isinstance(value, dict):
            value = value.get(path[0])
        elif isinstance(value, list):
            place = _place(path[0])
            if not 0 <= place < len(value):
                return value, path
            if any(isinstance(part, dict) and path[0] in part for part in value):
                raise DocumentError(
                    16746,
                    f"Ambiguous field name found in array (do not use numeric field names in embedded elements in an "
                    f"array), field: '{path[0]}'",
                )
            value = value[place]
        else:
            return None, ()
        path = path[1:]
    return value, path


def _place(name: str) -> int:
    """The place in an array that a component names; -1: none."""
    if name.isascii() and name.isdigit() and (name[0] != "0" or name == "0"):
        return int(name) if len(name) < 10 else _NOWHERE
    return _NOWHERE
