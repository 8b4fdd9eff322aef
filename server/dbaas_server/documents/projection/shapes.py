"""Walking a document along a projection's tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..codec import MISSING, Document
from ..expressions.frame import Expression, Frame
from ..expressions.limits import bounded
from .tree import DROP, KEEP, Computed, Cut, Tree, has_computed

__all__ = ["Projection", "addition", "exclusion", "inclusion"]


class Projection:
    """A compiled projection: call it with a document.

    Attributes:
        needs: the top-level fields that it looks at; of find's, those that have to be read. None: all.
        includes: it shows no other fields.
        is_passing: whether a top-level field stays what it is.
    """

    __slots__ = ("includes", "is_passing", "needs", "run")

    def __init__(
        self,
        run: Callable[[Document], Document],
        needs: frozenset[str] | None,
        *,
        includes: bool = False,
        is_passing: Callable[[str], bool] = lambda field: False,
    ) -> None:
        self.run = run
        self.needs = needs
        self.includes = includes
        self.is_passing = is_passing

    def __call__(self, document: Document) -> Document:
        """The document as projected."""
        return self.run(document)


def inclusion(tree: Tree) -> Callable[[Document], Document]:
    """Only what the tree names, in the document's order; then what is computed, in the tree's."""
    computing = has_computed(tree)
    if not computing and all(leaf is KEEP for leaf in tree.values()):
        names = frozenset(tree)
        return lambda document: {name: value for name, value in document.items() if name in names}
    if not computing:
        return lambda document: _kept(document, tree)
    if all(type(leaf) is Computed or leaf is KEEP for leaf in tree.values()):
        return _flat(tree)
    frame = Frame({})

    def run(document: Document) -> Document:
        return compute(_kept(document, tree), tree, frame.show(document))

    return run


def _flat(tree: Tree) -> Callable[[Document], Document]:
    names = [name for name, leaf in tree.items() if leaf is KEEP]
    kept = frozenset(names)
    parts: list[tuple[str, Expression]] = [
        (name, leaf.evaluate) for name, leaf in tree.items() if type(leaf) is Computed
    ]
    frame = Frame({})
    only_id = kept == {"_id"}

    def run(document: Document) -> Document:
        frame.show(document)
        if only_id:
            result = {"_id": document["_id"]} if "_id" in document else {}
        else:
            result = {name: value for name, value in document.items() if name in kept}
        for name, evaluate in parts:
            value = bounded(evaluate(frame))
            if value is not MISSING:
                result[name] = value
        return result

    return run


def exclusion(tree: Tree) -> Callable[[Document], Document]:
    """All but what the tree names."""
    if all(leaf is DROP for leaf in tree.values()):
        names = frozenset(tree)
        return lambda document: {name: value for name, value in document.items() if name not in names}
    return lambda document: _left(document, tree)


def addition(tree: Tree) -> Callable[[Document], Document]:
    """All, with what is computed; a field that is there keeps its place."""
    frame = Frame({})
    return lambda document: compute(dict(document), tree, frame.show(document))


# --- keeping ----------------------------------------------------------------------------------------------------


def _kept(document: Document, tree: Tree) -> Document:
    result = {}
    for name, value in document.items():
        leaf = tree.get(name)
        if leaf is None:
            continue
        if leaf is KEEP:
            result[name] = value
        elif isinstance(leaf, dict):
            inner = _kept_value(value, leaf)
            if inner is not MISSING:
                result[name] = inner
        elif isinstance(leaf, Cut):
            result[name] = leaf.cut(value)
    return result


def _kept_value(value: Any, tree: Tree) -> Any:
    if type(value) is dict:
        return _kept(value, tree)
    if type(value) is list:
        parts = [_kept_value(item, tree) for item in value]
        return [part for part in parts if part is not MISSING]
    return MISSING


# --- leaving out ------------------------------------------------------------------------------------------------


def _left(document: Document, tree: Tree) -> Document:
    result = {}
    for name, value in document.items():
        leaf = tree.get(name)
        if leaf is None or leaf is KEEP:
            result[name] = value
        elif isinstance(leaf, dict):
            result[name] = _left_value(value, leaf)
        elif isinstance(leaf, Cut):
            result[name] = leaf.cut(value)
    return result


def _left_value(value: Any, tree: Tree) -> Any:
    if type(value) is dict:
        return _left(value, tree)
    if type(value) is list:
        return [_left_value(item, tree) for item in value]
    return value


# --- computing --------------------------------------------------------------------------------------------------


def compute(result: Document, tree: Tree, frame: Frame) -> Document:
    """Put the tree's computed fields into ``result``, which is ours to change at its top level."""
    for name, leaf in tree.items():
        if isinstance(leaf, Computed):
            value = bounded(leaf.evaluate(frame))
            if value is MISSING:
                result.pop(name, None)
            else:
                result[name] = value
        elif isinstance(leaf, dict) and has_computed(leaf):
            result[name] = _compute_value(result.get(name, MISSING), leaf, frame)
    return result


def _compute_value(value: Any, tree: Tree, frame: Frame) -> Any:
    if type(value) is dict:
        return compute(dict(value), tree, frame)
    if type(value) is list:
        return [_compute_value(item, tree, frame) for item in value]
    return compute({}, tree, frame)
