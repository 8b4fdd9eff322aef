"""``where`` as filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dbaas_provisioning.errors import Invalid

from ...nouns import Arg, Compare, Embed, EmbedExists, Filter, Logic, Path, Read
from ..schema.kinds import Kind, encode
from ..schema.meanings import Cell, Link, Model
from .inputs import Arguments, Inputs

__all__ = ["Hidden", "embed_of", "filters"]

_OPERATORS: dict[str, tuple[str, bool]] = {
    "_eq": ("eq", False), "_neq": ("neq", False), "_gt": ("gt", False), "_gte": ("gte", False), "_lt": ("lt", False),
    "_lte": ("lte", False), "_like": ("like", False), "_nlike": ("like", True), "_ilike": ("ilike", False),
    "_nilike": ("ilike", True), "_regex": ("match", False), "_nregex": ("match", True), "_iregex": ("imatch", False),
    "_niregex": ("imatch", True), "_contains": ("cs", False), "_contained_in": ("cd", False),
    "_overlaps": ("ov", False), "_has_key": ("has", False), "_has_keys_any": ("has_any", False),
    "_has_keys_all": ("has_all", False),
}  # fmt: skip
"""Operator of the schema → operator of the seam, and whether it is negated."""

_TEXT = Kind("String")
_TEXTS = Kind("String", is_list=True)


class Hidden:
    """Embeds that a filter or an order needs and that show nothing. Their names are no GraphQL names."""

    def __init__(self) -> None:
        self.embeds: list[Embed] = []

    def add(self, link: Link, where: tuple[Filter, ...], inner: Hidden | None = None) -> str:
        """An embed of a link's rows; returns its name."""
        name = f"~{len(self.embeds)}"
        items = tuple(inner.embeds) if inner is not None else ()
        read = Read(source=link.target.ref, items=items, where=where)
        self.embeds.append(replace(embed_of(link, name, read), shown=False))
        return name


def embed_of(link: Link, alias: str, read: Read, *, one: bool = False) -> Embed:
    """Related rows, by the very foreign key."""
    return Embed(
        link.target.ref.name, read, alias=alias, relation=link.relation, outward=link.outward, one=one, shown=True
    )


def filters(tree: Any, model: Model, inputs: Inputs, arguments: Arguments, hidden: Hidden) -> tuple[Filter, ...]:
    """A ``T_bool_exp`` as filters that all have to hold.

    Raises:
        Invalid: ``null_comparison``: only ``_is_null`` asks for nulls, since ``_eq: null`` would hold for no row, or,
            as some servers read it, for every row.
    """
    tree = inputs.now(tree)
    if tree is None:
        return ()
    found: list[Filter] = []
    for name, value in tree.items():
        if name in ("_and", "_or"):
            if value is None:
                continue
            parts = tuple(_all(filters(part, model, inputs, arguments, hidden)) for part in value)
            found.append(Logic(name[1:], parts))
        elif name == "_not":
            if value is not None:
                found.append(Logic("and", filters(value, model, inputs, arguments, hidden), negated=True))
        elif name in model.columns:
            if value is not None:
                found.extend(_comparisons(value, name, model.columns[name], inputs, arguments))
        elif value is not None:
            inner = Hidden()
            link = model.links[name]
            where = filters(value, link.target, inputs, arguments, inner)
            found.append(EmbedExists(hidden.add(link, where, inner)))
    return tuple(found)


def _all(parts: tuple[Filter, ...]) -> Filter:
    return parts[0] if len(parts) == 1 else Logic("and", parts)


def _comparisons(tree: Any, field: str, cell: Cell, inputs: Inputs, arguments: Arguments) -> list[Filter]:
    path = Path(cell.column)
    found: list[Filter] = []
    for name, value in tree.items():
        if value is None:
            raise Invalid(
                "null_comparison",
                f"`{field}: {{{name}: null}}` compares with null, which no value equals.",
                hint="Use `_is_null: true`, or leave the condition out.",
            )
        if name == "_is_null":
            found.append(Compare(path, "is", "null" if inputs.now(value) else "not_null"))
        elif name in ("_in", "_nin"):
            operand = _list(value, cell, arguments)
            found.append(Compare(path, "eq", operand, negated=name == "_nin", quantifier="any"))
        else:
            operator, negated = _OPERATORS[name]
            kind = cell.kind
            if operator == "has" or "like" in operator or "match" in operator:
                kind = _TEXT
            elif operator in ("has_any", "has_all"):
                kind = _TEXTS
            operand = arguments.add(value, lambda part, kind=kind: encode(kind, part))  # type: ignore[misc]
            found.append(Compare(path, operator, operand, negated=negated))
    return found


def _list(value: Any, cell: Cell, arguments: Arguments) -> Arg:
    several = Kind(cell.kind.name, is_list=True, is_json=cell.kind.is_json)
    return arguments.add(value, lambda part: encode(several, part))
