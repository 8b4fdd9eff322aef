"""What of each table a role sees, and what its fields are called."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from ...nouns import Catalog, Column, Relation, Table, TableRef
from .kinds import Kind
from .meanings import Cell, Link, Model
from .names import Names, is_name, spell

__all__ = ["RESERVED_FIELDS", "link_models", "make_model"]

RESERVED_FIELDS = frozenset({"_and", "_or", "_not", "_cursor"})

KindOf = Callable[[str, Sequence[str]], Kind]


def make_model(database: str, table: Table, type_name: str, role: str, kind_of: KindOf) -> Model:
    """A table's columns as a role sees them; links come later.

    Args:
        kind_of: the kind of a type and its labels.
    """
    readable, insertable, updatable = (table.granted(role, right) for right in ("select", "insert", "update"))
    names = Names(RESERVED_FIELDS)
    model = Model(database, table, type_name)
    # Names that need no spelling first, so that no other column takes theirs.
    for column in sorted(table.columns.values(), key=lambda column: not is_name(column.name)):
        model.fields[column.name] = names.take(column.name)
    for column in table.columns.values():
        name = model.fields[column.name]
        cell = _cell(column, kind_of)
        if column.name in readable:
            model.columns[name] = cell
        if column.name in insertable and table.insertable and not column.generated:
            model.insertable[name] = cell
        if column.name in updatable and table.updatable and not column.generated:
            model.updatable[name] = cell
    if table.primary_key and readable.issuperset(table.primary_key):
        model.key = table.primary_key
    constraints = Names()
    model.keys = {constraints.take(key.name): key.columns for key in table.keys}
    return model


def _cell(column: Column, kind_of: KindOf) -> Cell:
    kind = kind_of(column.type, column.enum)
    return Cell(column.name, kind, cast=kind.cast)


def link_models(catalog: Catalog, models: Mapping[TableRef, Model]) -> None:
    """Give models their links, in both directions of each foreign key whose columns are all readable.

    A to-one link is called after its column without ``_id``, else after the other table; a to-many link after the
    other table. Where that is taken or fits two of them, they are told apart by their constraints: ``books_by_editor``
    for a list, ``people_of_boss`` for the row that is pointed at.
    """
    found: dict[TableRef, list[tuple[str, str, Link]]] = defaultdict(list)
    for relation in catalog.relations:
        here, there = models.get(relation.table), models.get(relation.target)
        if here is None or there is None:
            continue
        outward = _link(relation, here, there)
        if outward is not None:
            found[relation.table].append(
                (_one_name(relation), _told_apart(relation, relation.target.name, "of"), outward)
            )
            inward = Link(relation, False, _unique(catalog, relation), here)
            found[relation.target].append(
                (spell(relation.table.name), _told_apart(relation, relation.table.name, "by"), inward)
            )
    for ref, wanted in found.items():
        model = models[ref]
        names = Names({*model.fields.values(), *RESERVED_FIELDS})
        often = Counter(name for name, _, _ in wanted)
        for name, fallback, link in wanted:
            plain = often[name] == 1 and names.free(name) and names.free(f"{name}_aggregate")
            model.links[names.take_all(name if plain else fallback, ("{}", "{}_aggregate"))] = link


def _link(relation: Relation, here: Model, there: Model) -> Link | None:
    if not (_readable(here) >= set(relation.columns) and _readable(there) >= set(relation.target_columns)):
        return None
    return Link(relation, True, True, there)


def _unique(catalog: Catalog, relation: Relation) -> bool:
    """Whether at most one row points at each target."""
    return any(set(key.columns) <= set(relation.columns) for key in catalog.tables[relation.table].keys)


def _readable(model: Model) -> set[str]:
    return {cell.column for cell in model.columns.values()}


def _one_name(relation: Relation) -> str:
    if len(relation.columns) == 1:
        column = relation.columns[0]
        if column.lower().endswith("_id") and len(column) > 3:
            return spell(column[:-3])
    return spell(relation.target.name)


def _told_apart(relation: Relation, other: str, word: str) -> str:
    """``books_by_editor_id``, ``people_of_boss``: the other table, and what the constraint says beside its table."""
    said = relation.name.removeprefix(f"{relation.table.name}_").removesuffix("_fkey") or relation.name
    return f"{spell(other)}_{word}_{spell(said)}"
