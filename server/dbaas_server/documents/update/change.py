"""What one operator does with one field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bson import Code as Javascript
from bson import Decimal128

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..scope import Scope

__all__ = [
    "MAX_DEPTH",
    "OPERATORS",
    "UNCHANGED",
    "Action",
    "Change",
    "Place",
    "check_depth",
    "depth",
    "identical",
    "operator",
]

MAX_DEPTH: Final = 180
UNCHANGED: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change happens, for its messages.

    Attributes:
        path: with the places of arrays.
        id: the document's ``_id``, or ``MISSING``.
    """

    path: str
    id: Any

    @property
    def document(self) -> str:
        """The document's name in a message."""
        return "{no id}" if self.id is MISSING else f"{{_id: {self.id!r}}}"


Change: TypeAlias = Callable[[Any, Place], Any]
"""(old value or ``MISSING``, place) → the new value, ``MISSING`` to remove it, or :data:`UNCHANGED`."""


@dataclass(frozen=True, slots=True)
class Action:
    """One operator on one path.

    Attributes:
        creates: what is not on the path is made; otherwise nothing happens there.
        only_inserting: ``$setOnInsert``.
        renames: the path where the value goes, of ``$rename``; ``change`` is unused then.
    """

    operator: str
    path: str
    change: Change
    creates: bool = True
    only_inserting: bool = False
    renames: str | None = None


Maker: TypeAlias = Callable[[str, Any, Scope], Action]
"""(path, operand, scope) → the action, checked."""

OPERATORS: Final[dict[str, Maker]] = {}


def operator(name: str) -> Callable[[Maker], Maker]:
    """Enter an operator."""

    def enter(maker: Maker) -> Maker:
        OPERATORS[name] = maker
        return maker

    return enter


def identical(a: Any, b: Any) -> bool:
    """Whether two values are the same BSON: type, order of fields and digits of decimals included."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is dict:
        return len(a) == len(b) and all(one == two and identical(a[one], b[two]) for one, two in zip(a, b, strict=True))
    if kind is list:
        return len(a) == len(b) and all(map(identical, a, b))
    if kind is float:
        return (a == b and str(a) == str(b)) or (a != a and b != b)
    if kind is Decimal128:
        return bool(a.bid == b.bid)
    if kind is Javascript:
        return bool(str(a) == str(b) and a.scope == b.scope)
    return bool(a == b)


def depth(value: Any) -> int:
    """How deep documents and arrays are nested in a value; 0: it is neither.

    A value deeper than documents may be counts as ``MAX_DEPTH + 1``.
    """
    level, here = 0, [value]
    while here := [
        part
        for item in here
        if isinstance(item, (dict, list))
        for part in (item.values() if isinstance(item, dict) else item) or (None,)
    ]:
        level += 1
        if level > MAX_DEPTH:
            break
    return level


def check_depth(levels: int) -> None:
    """Refuse what is nested too deep.

    Raises:
        DocumentError: ``Overflow``.
    """
    if levels > MAX_DEPTH:
        raise DocumentError(Code.Overflow, f"documents may be nested {MAX_DEPTH} levels deep")
