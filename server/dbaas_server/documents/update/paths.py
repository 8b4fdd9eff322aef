"""An update's paths: ``a.b``, ``a.0``, ``a.$``, ``a.$[]``, ``a.$[name]``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ..errors import Code, DocumentError
from .change import MAX_DEPTH

__all__ = ["FILTERED", "check_conflicts", "check_path", "order_of"]

FILTERED: Final = re.compile(r"\$\[([a-z][a-zA-Z0-9]*)\]")


def check_path(path: str) -> tuple[str, ...]:
    """A path's components.

    Raises:
        DocumentError: ``EmptyFieldName``, ``DollarPrefixedFieldName``, ``BadValue`` or ``Overflow``.
    """
    if not path:
        raise DocumentError(Code.EmptyFieldName, "An empty update path is not valid.")
    if "\0" in path:
        raise DocumentError(Code.BadValue, "An update path cannot contain an embedded null byte.")
    names = tuple(path.split("."))
    if len(names) > MAX_DEPTH:
        raise DocumentError(Code.Overflow, f"an update path has at most {MAX_DEPTH} components")
    for place, name in enumerate(names):
        if not name:
            raise DocumentError(
                Code.EmptyFieldName, f"The update path '{path}' contains an empty field name, which is not allowed."
            )
        if name[0] != "$":
            continue
        if name == "$" or name == "$[]" or FILTERED.fullmatch(name):
            if place == 0:
                raise DocumentError(
                    Code.BadValue,
                    f"Cannot have {'positional' if name == '$' else 'array filter'} element in the first position in "
                    f"path '{path}'",
                )
            if name == "$" and "$" in names[:place]:
                raise DocumentError(Code.BadValue, f"Too many positional (i.e. '$') elements found in path '{path}'")
        elif name.startswith("$["):
            raise DocumentError(Code.BadValue, f"Cannot parse the array filter identifier of '{name}' in path '{path}'")
        elif name not in ("$id", "$ref", "$db"):
            raise DocumentError(
                Code.DollarPrefixedFieldName,
                f"The dollar ($) prefixed field '{name}' in '{path}' is not allowed for storage.",
            )
    return names


def check_conflicts(paths: Iterable[tuple[str, ...]]) -> None:
    """Refuse paths of which one is another, or leads to it.

    Raises:
        DocumentError: ``ConflictingUpdateOperators``.
    """
    tree: dict[str, Any] = {}
    end = ""
    for names in paths:
        branch = tree
        for place, name in enumerate(names):
            if end in branch:
                _conflict(names, names[:place])
            branch = branch.setdefault(name, {})
        if branch:
            _conflict(names, names)
        branch[end] = True


def _conflict(names: tuple[str, ...], at: tuple[str, ...]) -> None:
    raise DocumentError(
        Code.ConflictingUpdateOperators,
        f"Updating the path '{'.'.join(names)}' would create a conflict at '{'.'.join(at)}'",
    )


def order_of(names: tuple[str, ...]) -> tuple[tuple[int, int, str], ...]:
    """The order in which paths are carried out: by name, numbers as numbers."""
    return tuple((0, int(name), "") if name.isdecimal() and name.isascii() else (1, 0, name) for name in names)
