"""What half-typed statements are read as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from .lexer import Token

__all__ = ["Call", "Chain", "Leaf", "List", "Maker", "Member", "Node", "Object", "Reading"]


@dataclass(slots=True, eq=False)
class Leaf:
    """One word, with its sign."""

    token: Token
    start: int
    end: int

    @property
    def text(self) -> str | None:
        """What a string says; None for anything else."""
        return self.token.word if self.token.kind == "string" else None


@dataclass(slots=True, eq=False)
class Member:
    """A field of an object; without a value while that is to come."""

    key: str
    token: Token
    has_colon: bool = False
    value: Node | None = None


@dataclass(slots=True, eq=False)
class Object:
    """``{key: value, …}``; ``after_comma``: the next key may follow at its end."""

    start: int
    end: int
    members: list[Member] = field(default_factory=list)
    is_closed: bool = False
    after_comma: bool = True

    def get(self, key: str) -> Node | None:
        """A field's value."""
        return next((each.value for each in self.members if each.key == key), None)


@dataclass(slots=True, eq=False)
class List:
    """``[item, …]``, or arguments in brackets; ``commas``: how many there are, which tells the place of the next."""

    start: int
    end: int
    items: list[Node] = field(default_factory=list)
    is_closed: bool = False
    after_comma: bool = True
    commas: int = 0


@dataclass(slots=True, eq=False)
class Maker:
    """``ObjectId(…)``."""

    name: Token
    arguments: List
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Call:
    """``.find(…)``; without arguments while the bracket is to come."""

    name: Token
    arguments: List | None


@dataclass(slots=True, eq=False)
class Chain:
    """``db.collection.call(…).call(…)``.

    Attributes:
        path: the collection's name, by its words.
        awaits: ``.`` when a name is to come, ``[`` when a name in quotes is.
    """

    start: int
    end: int
    path: list[Token] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    awaits: str = ""

    @property
    def collection(self) -> str | None:
        """Its name; None for the database itself."""
        return ".".join(token.word for token in self.path) or None


Node: TypeAlias = Leaf | Object | List | Maker


@dataclass(slots=True)
class Reading:
    """A whole text.

    Attributes:
        statements: chains, and commands as objects; whatever else stands alone is a leaf.
        open: the containers that the end of the text is in, outermost first.
    """

    statements: list[Chain | Node] = field(default_factory=list)
    open: list[Chain | Object | List] = field(default_factory=list)
