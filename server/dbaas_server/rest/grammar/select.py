"""``select=a,b:c::text,rel!hint!inner(d,...other(e)),amount.sum()``.

Parsing gives a tree that can still change, because filters, orders and limits of embedded rows come in parameters of
their own; :func:`freeze` makes the shape of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbaas_provisioning.errors import Invalid

from ...nouns import Aggregate, Arg, Embed, Field, Filter, Item, Order, Read, Star, TableRef
from .scanner import Scanner

__all__ = ["MAX_EMBED_DEPTH", "EmbedNode", "Node", "select"]

MAX_EMBED_DEPTH = 8


@dataclass(slots=True)
class Node:
    """What is read at one level: its columns and embeds, and the modifiers that other parameters add."""

    items: list[Star | Field | EmbedNode] = field(default_factory=list)
    where: list[Filter] = field(default_factory=list)
    order: tuple[Order, ...] = ()
    limit: Arg | None = None
    offset: Arg | None = None

    def embed(self, name: str) -> EmbedNode | None:
        """The embed that filters and orders call ``name``."""
        for item in self.items:
            if isinstance(item, EmbedNode) and (item.alias or item.target) == name:
                return item
        return None

    def frozen_items(self) -> tuple[Item, ...]:
        """The items as nouns."""
        return tuple(item.freeze() if isinstance(item, EmbedNode) else item for item in self.items)


@dataclass(slots=True)
class EmbedNode:
    """A relation named in ``select``, with what is read of it."""

    target: str
    alias: str | None
    hint: str | None
    inner: bool
    spread: bool
    node: Node

    def freeze(self) -> Embed:
        """The embed as a noun."""
        node = self.node
        read = Read(
            TableRef(self.target),
            node.frozen_items(),
            tuple(node.where),
            node.order,
            node.limit,
            node.offset,
        )
        return Embed(self.target, read, self.alias, self.hint, self.inner, self.spread)


def select(text: str) -> Node:
    """Parse the parameter. An empty text selects nothing: rows without columns.

    Raises:
        Invalid: ``PGRST100``, or ``embed_too_deep`` past :data:`MAX_EMBED_DEPTH` levels.
    """
    scan = Scanner(text, "select")
    node = Node()
    if text:
        _items(scan, node, 0)
        scan.end()
    return node


def _items(scan: Scanner, node: Node, depth: int) -> None:
    while True:
        scan.blanks()
        node.items.append(_item(scan, depth))
        scan.blanks()
        if not scan.take(","):
            return


def _item(scan: Scanner, depth: int) -> Star | Field | EmbedNode:
    if scan.take("..."):
        return _embed(scan, None, scan.name(), depth, spread=True)
    if scan.take("*"):
        return Star()
    alias = None
    start = scan.at
    quoted = scan.peek('"')
    name = scan.name()
    if scan.peek(":") and not scan.peek("::"):
        scan.take(":")
        alias = name
        start = scan.at
        quoted = scan.peek('"')
        name = scan.name()
    if scan.peek("!") or (scan.peek("(") and (quoted or name != "count" or not scan.peek("()"))):
        return _embed(scan, alias, name, depth, spread=False)
    scan.at = start
    return _field(scan, alias)


def _field(scan: Scanner, alias: str | None) -> Field:
    if scan.take("count()"):
        return Field(None, alias, None, Aggregate.count, scan.cast())
    path = scan.path()
    cast = scan.cast()
    if not scan.take("."):
        if not scan.done and scan.text[scan.at] not in ",) ":
            raise scan.error('"::", ".", "," or ")"')
        return Field(path, alias, cast)
    name = scan.name()
    if name not in Aggregate.__members__:
        scan.at -= len(name)
        raise scan.error("an aggregate: avg(), count(), max(), min() or sum()")
    scan.expect("()")
    return Field(path, alias, cast, Aggregate(name), scan.cast())


def _embed(scan: Scanner, alias: str | None, target: str, depth: int, *, spread: bool) -> EmbedNode:
    hint = None
    inner = False
    joined = False
    while scan.take("!"):
        word = scan.name()
        if word in ("inner", "left") and not joined:
            joined, inner = True, word == "inner"
        elif hint is None:
            hint = word
        else:
            raise scan.error('"("')
    scan.expect("(")
    if depth == MAX_EMBED_DEPTH:
        raise Invalid(
            "embed_too_deep",
            f"Relations are embedded more than {MAX_EMBED_DEPTH} levels deep.",
            hint="Ask for the deeper rows in a request of their own.",
        )
    node = Node()
    if not scan.take(")"):
        _items(scan, node, depth + 1)
        scan.expect(")")
    return EmbedNode(target, alias, hint, inner, spread, node)
