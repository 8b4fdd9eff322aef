"""Half-typed statements of MongoDB's shell, read as far as they go. Pure.

1. Every text has tokens, and they are all of it: what fits nowhere is one of its own, what is not closed ends.
2. Every text has a tree: what is missing is left away, what is too much is passed over.
3. Where the text ends, the containers that are open tell what may come next.
"""

from __future__ import annotations

from .lexer import Token, tokens
from .nodes import Call, Chain, Leaf, List, Maker, Member, Node, Object, Reading
from .parser import read

__all__ = [
    "Call", "Chain", "Leaf", "List", "Maker", "Member", "Node", "Object", "Reading", "Token", "read", "tokens",
]  # fmt: skip
