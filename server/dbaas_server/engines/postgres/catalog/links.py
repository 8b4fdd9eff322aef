"""How tables relate, seen from one of them: the candidates among which an embed chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....nouns import Function, Key, Relation, TableRef

__all__ = ["Junction", "Link", "links_from"]

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """The table in the middle of many-to-many. ``near`` pairs (origin, junction), ``far`` pairs (junction, target)."""

    table: TableRef
    near: Pairs
    far: Pairs
    near_constraint: str
    far_constraint: str


@dataclass(frozen=True, slots=True)
class Link:
    """One way from a table to rows of another.

    Attributes:
        pairs: (column of the origin, column of the target); empty through a junction or a function.
        to_one: at most one row is there.
        outward: the foreign key is on the origin's side.
        constraint: the foreign key's name; a function's own name for a computed one.
        via_view: an end is a view, so a constraint or column name does not choose it.
    """

    origin: TableRef
    target: TableRef
    pairs: Pairs
    to_one: bool
    outward: bool
    constraint: str
    junction: Junction | None = None
    function: Function | None = None
    via_view: bool = False

    def describe(self) -> str:
        """For a person who has to choose."""
        if self.function is not None:
            return f"function {self.function.ref.name}"
        if self.junction is not None:
            junction = self.junction
            through = f"{junction.near_constraint} and {junction.far_constraint}"
            return f"many-to-many through {junction.table.name} with {through}"
        kind = ("one-to-one" if not self.outward else "many-to-one") if self.to_one else "one-to-many"
        near, far = (", ".join(names) for names in zip(*self.pairs, strict=True))
        return f"{kind} with {self.constraint}: {self.origin.name}({near}) and {self.target.name}({far})"


def links_from(
    origin: TableRef,
    outgoing: Mapping[TableRef, Iterable[Relation]],
    incoming: Mapping[TableRef, Iterable[Relation]],
    keys: Mapping[TableRef, tuple[Key, ...]],
    views: frozenset[TableRef],
) -> tuple[Link, ...]:
    """Every link that foreign keys give a table, in both directions and through junctions.

    A junction is a table whose primary key holds both of its foreign keys.
    """
    links: list[Link] = []
    for relation in outgoing.get(origin, ()):
        pairs = tuple(zip(relation.columns, relation.target_columns, strict=True))
        via_view = origin in views or relation.target in views
        links.append(Link(origin, relation.target, pairs, True, True, relation.name, via_view=via_view))
    for relation in incoming.get(origin, ()):
        pairs = tuple(zip(relation.target_columns, relation.columns, strict=True))
        single = any(set(key.columns) <= set(relation.columns) for key in keys.get(relation.table, ()))
        via_view = origin in views or relation.table in views
        links.append(Link(origin, relation.table, pairs, single, False, relation.name, via_view=via_view))
        links.extend(_through(origin, relation, pairs, outgoing, keys, via_view))
    return tuple(links)


def _through(
    origin: TableRef,
    near: Relation,
    pairs: Pairs,
    outgoing: Mapping[TableRef, Iterable[Relation]],
    keys: Mapping[TableRef, tuple[Key, ...]],
    via_view: bool,
) -> Iterable[Link]:
    primary = next((set(key.columns) for key in keys.get(near.table, ()) if key.primary), None)
    if primary is None or not primary >= set(near.columns):
        return
    for far in outgoing.get(near.table, ()):
        if far == near or not primary >= set(far.columns):
            continue
        junction = Junction(
            near.table, pairs, tuple(zip(far.columns, far.target_columns, strict=True)), near.name, far.name
        )
        yield Link(origin, far.target, (), False, False, near.name, junction=junction, via_view=via_view)
