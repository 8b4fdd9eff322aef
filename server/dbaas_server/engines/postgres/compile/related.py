"""Which link an embed means, and how its rows are joined to the parent's."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.errors import Invalid

from ....nouns import Embed, Function, Relation, TableRef
from ..catalog import Link
from .names import ident, qualified
from .scope import Context, Scope, closest, table_scope

__all__ = ["Joined", "join", "resolve"]


@dataclass(frozen=True, slots=True)
class Joined:
    """The related rows: what to select from, under which conditions, and the scope of one of them."""

    source: str
    conditions: tuple[str, ...]
    scope: Scope
    to_one: bool


def resolve(context: Context, scope: Scope, embed: Embed) -> Link:
    """The one link an embed means.

    A target is a table, a foreign key's name, a column with a foreign key of one column, or a function over the
    parent's row; a hint narrows it by constraint, column or junction. Within one table the table's name means its
    children and the column's name means the parent.

    Raises:
        Invalid: ``unknown_relationship`` or ``ambiguous_relationship``, whose details list the candidates.
    """
    origin = scope.ref
    if origin is None:
        raise Invalid("unknown_relationship", f"'{scope.name}' is no table, so nothing is related to it.")
    if embed.relation is not None:
        return _exact(context, origin, embed.relation, embed.outward)
    if scope.row is not None:
        for function in context.snapshot.row_functions.get(origin, ()):
            if function.ref.name == embed.target and function.composite:
                return _computed(context, origin, function)
    candidates = [link for link in context.snapshot.links(origin) if link.target.schema == origin.schema]
    found = [link for link in candidates if _matches(link, embed.target, embed.hint)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Invalid(
            "ambiguous_relationship",
            f"Could not embed because more than one relationship was found for '{origin.name}' and '{embed.target}'",
            details="; ".join(link.describe() for link in found),
            hint="Try changing '{}' to one of the following: {}.".format(
                embed.target,
                ", ".join(f"'{embed.target}!{name}'" for name in dict.fromkeys(_hint_for(link) for link in found)),
            ),
        )
    tables = {link.target.name for link in candidates}
    near = closest(embed.target, tables) if embed.target not in tables else None
    hinted = f" using the hint '{embed.hint}'" if embed.hint else ""
    raise Invalid(
        "unknown_relationship",
        f"Could not find a relationship between '{origin.name}' and '{embed.target}' in the schema cache",
        details=f"Searched for a foreign key relationship between '{origin.name}' and '{embed.target}'{hinted}"
        f" in the schema '{origin.schema}', but no matches were found.",
        hint=near and f"Perhaps you meant '{near}' instead of '{embed.target}'.",
    )


def join(context: Context, scope: Scope, link: Link) -> Joined:
    """How a link's rows are reached from the parent's row."""
    alias = context.alias()
    if link.function is not None:
        function = link.function
        row = alias if function.returns_table is not None else None
        target = Scope(alias, function.columns, function.ref.name, function.returns_table, row)
        return Joined(f"{qualified(function.ref)}({scope.row}) as {alias}", (), target, link.to_one)
    target = table_scope(context.table(link.target), alias)
    if link.junction is not None:
        junction = link.junction
        middle = context.alias()
        context.tables[junction.table] = None
        on = [f"{middle}.{ident(left)} = {target.column(right)}" for left, right in junction.far]
        near = tuple(f"{middle}.{ident(right)} = {scope.column(left)}" for left, right in junction.near)
        source = (
            f"{qualified(link.target)} as {alias} join {qualified(junction.table)} as {middle} on {' and '.join(on)}"
        )
        return Joined(source, near, target, False)
    conditions = tuple(f"{target.column(right)} = {scope.column(left)}" for left, right in link.pairs)
    return Joined(f"{qualified(link.target)} as {alias}", conditions, target, link.to_one)


def _exact(context: Context, origin: TableRef, relation: Relation, outward: bool) -> Link:
    target = relation.target if outward else relation.table
    pairs = tuple(zip(relation.columns, relation.target_columns, strict=True))
    wanted = pairs if outward else tuple((right, left) for left, right in pairs)
    for link in context.snapshot.links(origin):
        if (
            link.constraint == relation.name
            and link.outward == outward
            and link.target == target
            and link.pairs == wanted
            and link.junction is None
        ):
            return link
    raise Invalid(
        "unknown_relationship", f"'{origin.name}' and '{target.name}' are no longer related by '{relation.name}'."
    )


def _computed(context: Context, origin: TableRef, function: Function) -> Link:
    target = function.returns_table or function.ref
    to_one = function in context.snapshot.single_row
    return Link(origin, target, (), to_one, False, function.ref.name, function=function)


def _matches(link: Link, target: str, hint: str | None) -> bool:
    near = link.pairs[0][0] if len(link.pairs) == 1 else None
    far = link.pairs[0][1] if len(link.pairs) == 1 else None
    named = target == link.target.name
    if link.origin == link.target and link.junction is None:
        if hint is not None:
            return named and not link.outward and hint in (far, link.constraint)
        return (named and not link.outward) or (link.outward and target in (near, link.constraint))
    if hint is None:
        if named:
            return True
        return (
            link.junction is None
            and not link.via_view
            and (target == link.constraint or (link.outward and target == near))
        )
    if not named:
        return False
    if link.junction is not None:
        return hint in (link.junction.table.name, link.junction.near_constraint, link.junction.far_constraint)
    return hint in (link.constraint, near, far)


def _hint_for(link: Link) -> str:
    return link.junction.table.name if link.junction is not None else link.constraint
