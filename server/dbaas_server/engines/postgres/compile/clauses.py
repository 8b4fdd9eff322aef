"""What follows the select list: which rows, in which order, how many."""

from __future__ import annotations

from collections.abc import Sequence

from dbaas_provisioning.errors import Invalid

from ....nouns import Embed, EmbedExists, Field, Order, Path, Read, Star
from .filter import condition
from .related import Joined, join, resolve
from .scope import Context, Scope, path_sql
from .selection import Selection

__all__ = ["conditions", "order_by", "order_key", "related", "where", "window"]


def conditions(context: Context, scope: Scope, read: Read) -> list[str]:
    """The filters of a read, and that the rows of its inner embeds exist."""
    embeds = {item.name: item for item in read.items if isinstance(item, Embed)}

    def exists(item: EmbedExists) -> str:
        embed = embeds.get(item.embed) or next((found for found in embeds.values() if found.target == item.embed), None)
        if embed is None:
            raise Invalid(
                "not_embedded",
                f"'{item.embed}' is not an embedded resource in this request",
                hint=f"Verify that '{item.embed}' is included in the 'select' query parameter.",
            )
        return _exists(context, scope, embed, negated=item.negated)

    found = [condition(context, scope, item, exists) for item in read.where]
    found.extend(_exists(context, scope, embed, negated=False) for embed in embeds.values() if embed.inner)
    return found


def order_by(context: Context, scope: Scope, read: Read, selection: Selection | None = None) -> str:
    """The ORDER BY clause."""
    if not read.order:
        return ""
    return " order by " + ", ".join(
        order_key(context, scope, read, order, selection) + direction(order) for order in read.order
    )


def order_key(context: Context, scope: Scope, read: Read, order: Order, selection: Selection | None = None) -> str:
    """What one sort key compares. Qualified, so that no output's name captures it."""
    if order.embed is None:
        if selection is not None and selection.grouped and not order.path.steps:
            for place, output in enumerate(selection.outputs, 1):
                if output.aggregate is not None and output.name == order.path.column:
                    return str(place)
        return path_sql(context, scope, order.path)[0]
    embed = next(
        (item for item in read.items if isinstance(item, Embed) and order.embed in (item.name, item.target)), None
    )
    if embed is None:
        raise Invalid(
            "not_embedded",
            f"'{order.embed}' is not an embedded resource in this request",
            hint=f"Verify that '{order.embed}' is included in the 'select' query parameter.",
        )
    joined, found = related(context, scope, embed)
    if not joined.to_one:
        raise Invalid(
            "embed_not_to_one",
            f"A related order on '{order.embed}' is not possible",
            details=f"'{scope.name}' and '{order.embed}' do not form a many-to-one or one-to-one relationship",
        )
    key = f"(select {path_sql(context, joined.scope, order.path)[0]} from {joined.source}{where(found)} limit 1)"
    if selection is None or not selection.grouped:
        return key
    if not _shows(embed.read, order.path):
        raise Invalid(
            "order_not_grouped",
            f"Rows grouped for an aggregate cannot be ordered by '{order.path.column}' of '{order.embed}'",
            details="A group may hold more than one value of it.",
            hint=f"Select it as well: {order.embed}({order.path.column}). Then each value is a group of its own.",
        )
    return f"(array_agg({key}))[1]"  # what is selected is grouped by, so all of a group's are one


def _shows(read: Read, path: Path) -> bool:
    """Whether a path's value is among the outputs as it is."""
    return any(
        isinstance(item, Star)
        or (isinstance(item, Field) and item.path == path and item.cast is None and item.aggregate is None)
        for item in read.items
    )


def direction(order: Order) -> str:
    """The words after a sort key."""
    words = " desc" if order.descending else ""
    if order.nulls_first is not None:
        words += " nulls first" if order.nulls_first else " nulls last"
    return words


def window(context: Context, read: Read, *, extra: int = 0) -> str:
    """LIMIT and OFFSET, never more than the cap.

    Args:
        extra: rows looked for beyond the page.
    """
    more = f" + {extra}" if extra else ""
    if context.uncapped:
        limit = f" limit {context.args.render(read.limit)}" if read.limit is not None else ""
    elif read.limit is not None:
        limit = f" limit least({context.args.render(read.limit)}::bigint, {context.limits.max_rows}){more}"
    else:
        limit = f" limit {context.limits.max_rows}{more}"
    return limit + (f" offset {context.args.render(read.offset)}" if read.offset is not None else "")


def related(context: Context, scope: Scope, embed: Embed) -> tuple[Joined, list[str]]:
    """How an embed's rows are joined, and the conditions on them. Raises ``Invalid``."""
    if embed.read.stages:
        raise Invalid("invalid_pipeline", "A pipeline goes over a table's rows, not over related ones.")
    link = resolve(context, scope, embed)
    joined = join(context, scope, link)
    if embed.target == link.target.name:
        context.meet(link.target, named=True)
    context.depth += 1
    if context.depth > context.limits.max_embed_depth:
        raise Invalid(
            "embed_too_deep",
            f"Related rows are nested more than {context.limits.max_embed_depth} deep.",
            hint="Ask for the inner ones in a request of their own.",
        )
    found = [*joined.conditions, *conditions(context, joined.scope, embed.read)]
    context.depth -= 1
    return joined, found


def _exists(context: Context, scope: Scope, embed: Embed, *, negated: bool) -> str:
    joined, found = related(context, scope, embed)
    return f"{'not ' if negated else ''}exists (select from {joined.source}{where(found)})"


def where(found: Sequence[str]) -> str:
    """The WHERE clause of conditions joined by "and"."""
    return f" where {' and '.join(f'({part})' for part in found)}" if found else ""
