"""What stands around the cursor, as the rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..groups import Group, Item, is_query, word
from ..lexer import Token, unquoted
from ..names import is_name
from ..nodes import Block, Output, Place, Scope
from ..outputs import resolve
from ..schema import Schema

__all__ = ["OPERAND_WORDS", "Context", "chain_before"]

OPERAND_WORDS = frozenset(
    """
    select distinct all where and or not on by having when then else case between like ilike similar to from returning
    in is set values using limit offset any some exists with filter over escape symmetric leading trailing both
    default check as union except intersect join call
    """.split()  # noqa: SIM905
)
"""Words behind which an operand is written, so that no operator can follow."""


@dataclass(frozen=True, slots=True)
class Context:
    """A place, with what stands before it on its level of brackets.

    Attributes:
        qualifier: the names before the cursor's, each with a dot behind: ``shop.orders.|``.
        before: the items before the cursor and its qualifier, on its level.
        behind: the item after the cursor.
    """

    schema: Schema
    place: Place
    qualifier: tuple[str, ...]
    before: Sequence[Item]
    behind: Item | None

    @classmethod
    def of(cls, schema: Schema, place: Place) -> Context:
        """The context of a place."""
        index = place.index
        qualifier: list[str] = []
        while index >= 2 and _is_dot(place.items[index - 1]) and is_name(place.items[index - 2], reserved=frozenset()):
            name = place.items[index - 2]
            assert isinstance(name, Token)
            qualifier.insert(0, unquoted(name))
            index -= 2
        behind = place.items[place.index + 1] if place.index + 1 < len(place.items) else None
        return cls(schema, place, tuple(qualifier), place.items[:index], behind)

    @property
    def block(self) -> Block:
        """The block that the cursor is in."""
        return self.place.block

    @property
    def scope(self) -> Scope:
        """Whose columns may be named."""
        return self.place.scope

    @property
    def last(self) -> Item | None:
        """The item before the cursor."""
        return self.before[-1] if self.before else None

    @property
    def group(self) -> Group | None:
        """The innermost bracket around the cursor within its clause."""
        return self.place.groups[-1] if self.place.groups else None

    def word(self, back: int = 1) -> str:
        """The word so many items before the cursor; empty for anything else."""
        return word(self.before[-back]) if len(self.before) >= back else ""

    @property
    def wants_operand(self) -> bool:
        """Whether a value is to be written here; else one was just written, and an operator or a clause follows."""
        last = self.last
        if last is None:
            return True
        if isinstance(last, Group):
            return word(last.before) == "on" and self.word(3) == "distinct"
        if last.kind == "word":
            return last.text.lower() in OPERAND_WORDS
        if last.text == "*" and last.kind == "op":
            return len(self.before) > 1 and _is_operand(self.before[-2])
        return last.kind not in ("quoted", "string", "number", "param", "position", "close")

    def compared(self) -> Output | None:
        """The column that what is typed is compared with or assigned to: ``status = |``, ``status in (|``."""
        items, at = self.before, len(self.before)
        if self.group is not None and not is_query(self.group) and self.group.opening.text == "(":
            before = _inner_list(self)
            if before is None:
                if not self.place.groups:
                    return None
            else:
                return self._column_ending(before)
        last = items[at - 1] if at else None
        if isinstance(last, Token) and last.kind == "op" and last.text in ("=", "<>", "!=", "<", ">", "<=", ">="):
            return self._column_ending(items[: at - 1])
        if word(last) == "from" and self.word(2) == "distinct":
            back = 4 if self.word(3) == "not" else 3
            return self._column_ending(items[: at - back])
        return None

    def _column_ending(self, items: Sequence[Item]) -> Output | None:
        parts = chain_before(items, len(items))
        return resolve(self.scope, parts) if parts else None


def chain_before(items: Sequence[Item], end: int) -> tuple[str, ...]:
    """The chain of names that ends before an index."""
    parts: list[str] = []
    at = end - 1
    while at >= 0 and is_name(items[at], reserved=frozenset()):
        token = items[at]
        assert isinstance(token, Token)
        parts.insert(0, unquoted(token))
        if at < 2 or not _is_dot(items[at - 1]):
            break
        at -= 2
    return tuple(parts)


def _inner_list(context: Context) -> Sequence[Item] | None:
    """What stands before ``in (``, when the cursor is in the list behind it."""
    group = context.group
    assert group is not None
    last = context.last
    if word(group.before) != "in" or not (last is None or (isinstance(last, Token) and last.kind == "comma")):
        return None
    around = context.place.groups[-2].items if len(context.place.groups) > 1 else context.place.clause.items
    at = next((index for index, item in enumerate(around) if item is group), 0) - 1
    return around[: at - 1] if at >= 1 and word(around[at - 1]) == "not" else around[:at]


def _is_dot(item: Item) -> bool:
    return isinstance(item, Token) and item.kind == "dot"


def _is_operand(item: Item) -> bool:
    if isinstance(item, Group):
        return True
    if item.kind == "word":
        return item.text.lower() not in OPERAND_WORDS
    return item.kind in ("quoted", "string", "number", "param", "position", "close")
