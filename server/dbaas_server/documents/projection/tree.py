"""The tree of a projection's paths.

Error numbers: 31249 and 31250 for paths that collide, 31253 and 31254 for keeping beside leaving out, 51270 for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, final

from ..errors import DocumentError
from ..expressions.compiler import MAX_DEPTH, Compiler
from ..expressions.frame import Expression

__all__ = ["DROP", "KEEP", "Computed", "Cut", "Leaf", "Tree", "add_path", "has_computed", "leaves"]


@final
class Mark:
    """A leaf that says only whether a field stays."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


KEEP: Final = Mark("inclusion")
DROP: Final = Mark("exclusion")


@final
class Computed:
    """A field whose value an expression gives."""

    __slots__ = ("evaluate",)

    def __init__(self, evaluate: Expression) -> None:
        self.evaluate = evaluate


@final
class Cut:
    """``$slice`` of find: part of an array.

    Args:
        skip: from the start, or (negative) from the end.
        limit: None: as many as there are.
    """

    __slots__ = ("limit", "skip")

    def __init__(self, skip: int, limit: int | None) -> None:
        self.skip = skip
        self.limit = limit

    def cut(self, value: Any) -> Any:
        """An array's part; anything else as it is."""
        if type(value) is not list:
            return value
        start = max(0, len(value) + self.skip) if self.skip < 0 else self.skip
        return value[start:] if self.limit is None else value[start : start + self.limit]


Leaf: TypeAlias = Mark | Computed | Cut
Tree: TypeAlias = dict[str, "Leaf | Tree"]


def add_path(tree: Tree, path: str, leaf: Leaf | Tree) -> None:
    """Put a leaf into the tree.

    Raises:
        DocumentError: the path is not one, or another goes the same way.
    """
    names = path.split(".")
    if not all(names):
        raise DocumentError(
            40353 if path.endswith(".") else 15998,
            "FieldPath must not end with a '.'."
            if path.endswith(".")
            else "FieldPath field names may not be empty strings.",
        )
    if len(names) > MAX_DEPTH:
        raise DocumentError(15, f"FieldPath is too long: more than {MAX_DEPTH} levels")
    for name in names:
        if name[0] == "$":
            raise DocumentError(
                16410, f"FieldPath field names may not start with '$'. Consider using $getField: {path}"
            )
        if "\0" in name:
            raise DocumentError(16411, "FieldPath field names may not contain '\\0'.")
    branch = tree
    for place, name in enumerate(names[:-1]):
        inner = branch.setdefault(name, {})
        if type(inner) is not dict:
            raise DocumentError(31249, f"Path collision at {path} remaining portion {'.'.join(names[place + 1 :])}")
        branch = inner
    if names[-1] in branch:
        raise DocumentError(31250, f"Path collision at {path}")
    branch[names[-1]] = leaf


def leaves(spec: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The paths of a specification with what is given for each; nested documents that are no expressions are paths.

    Raises:
        DocumentError: 51270 for an empty one.
    """
    if depth > MAX_DEPTH:
        raise DocumentError(15, f"a projection is nested more than {MAX_DEPTH} levels deep")
    for name, value in spec.items():
        path = f"{prefix}.{name}" if prefix else name
        if type(value) is dict and next(iter(value), "")[:1] != "$":
            if not value:
                raise DocumentError(
                    51270, f"An empty sub-projection is not a valid value. Found empty object at path {path}"
                )
            yield from leaves(value, path, depth + 1)
        else:
            yield path, value


def has_computed(tree: Tree) -> bool:
    """Whether an expression is anywhere in it."""
    return any(has_computed(leaf) if isinstance(leaf, dict) else type(leaf) is Computed for leaf in tree.values())


def computed(compiler: Compiler, spec: Any) -> Computed:
    """The leaf of an expression."""
    return Computed(compiler.compile(spec).evaluate)
