"""Names as SQL writes them: chains of them, and quotes where they need them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .groups import CURSOR, Group, Item
from .lexer import Token, unquoted
from .words import RESERVED

__all__ = ["Chain", "chain_at", "if_needed", "is_name", "quoted"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


class Chain(NamedTuple):
    """A name with what qualifies it: ``shop.orders.id``.

    Attributes:
        parts: folded names, as the engine reads them; ``*`` for a star, empty for the cursor.
        tokens: one for each part.
        end: the index behind the last token.
    """

    parts: tuple[str, ...]
    tokens: tuple[Token, ...]
    end: int


def quoted(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def if_needed(name: str) -> str:
    """A name, in quotes only where it needs them."""
    return name if _PLAIN.match(name) and name not in RESERVED else quoted(name)


def is_name(item: Item | None, *, reserved: frozenset[str] = RESERVED) -> bool:
    """Whether an item can name something: a quoted name, or a word that is not reserved."""
    if not isinstance(item, Token):
        return False
    return item.kind == "quoted" or (item.kind == "word" and item.text.lower() not in reserved)


def chain_at(items: Sequence[Item], index: int) -> Chain | None:
    """The chain of names that begins at an index; behind a dot any word is a name."""
    if not is_name(items[index]):
        return None
    parts: list[str] = []
    tokens: list[Token] = []
    at = index
    while True:
        item = items[at]
        assert isinstance(item, Token)
        parts.append("*" if item.text == "*" else "" if item.kind == CURSOR else unquoted(item))
        tokens.append(item)
        at += 1
        if at >= len(items) or isinstance(dot := items[at], Group) or dot.kind != "dot":
            break
        following = items[at + 1] if at + 1 < len(items) else None
        if not isinstance(following, Token) or not (
            following.kind in ("word", "quoted", CURSOR) or following.text == "*"
        ):
            at += 1
            break
        at += 1
        if following.text == "*" or following.kind == CURSOR:
            parts.append("*" if following.text == "*" else "")
            tokens.append(following)
            at += 1
            break
    return Chain(tuple(parts), tuple(tokens), at)
