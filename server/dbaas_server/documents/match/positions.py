"""Where in an array a filter held: what the positional ``$`` stands for."""

from __future__ import annotations

from typing import Any

from ..paths import places
from .nodes import And, Leaf, Node

__all__ = ["first_match_position"]


def first_match_position(node: Node, document: dict[str, Any]) -> int | None:
    """The place of the element that made a document match.

    Of several conditions on arrays the last one's counts; those in a disjunction or a negation have none, as in a
    mongod.

    Args:
        node: a filter that the document matches.

    Returns:
        The place in the first array on the way; None where no array was gone into.
    """
    match node:
        case And(children):
            found = None
            for child in children:
                place = first_match_position(child, document)
                found = found if place is None else place
            return found
        case Leaf():
            return _place(node, document)
        case _:
            return None


def _place(leaf: Leaf, document: dict[str, Any]) -> int | None:
    for value, place in places(document, leaf.parts, leaves=not leaf.arrays):
        if not leaf.test(value):
            continue
        if place >= 0:
            return place
        if leaf.element is not None:
            return next((inner for inner, element in enumerate(value) if leaf.element(element)), None)
        return None
    return None
