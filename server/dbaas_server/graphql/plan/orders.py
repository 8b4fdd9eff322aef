"""``order_by`` as sort keys, and the cursors that name a place among them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from dbaas_provisioning.errors import Invalid

from ...nouns import Order, Path, TableRef
from ..schema.meanings import Model
from .filters import Hidden
from .inputs import Inputs

__all__ = ["decode", "orders", "tag", "total"]


def orders(tree: Any, model: Model, inputs: Inputs, hidden: Hidden) -> tuple[Order, ...]:
    """A list of ``T_order_by`` as sort keys, in order."""
    found: list[Order] = []
    for part in inputs.now(tree) or ():
        for name, value in inputs.now(part).items():
            if value is None:
                continue
            if name in model.columns:
                descending, nulls_first = inputs.now(value)
                found.append(Order(Path(model.columns[name].column), descending, nulls_first))
                continue
            link = model.links.get(name)
            if link is None:
                continue
            embed = hidden.add(link, ())
            for field, direction in inputs.now(value).items():
                if direction is not None and field in link.target.columns:
                    descending, nulls_first = inputs.now(direction)
                    found.append(Order(Path(link.target.columns[field].column), descending, nulls_first, embed))
    return tuple(found)


def total(order: tuple[Order, ...], model: Model) -> tuple[Order, ...]:
    """The same order, made total by the primary key, so that a place in it can be named.

    Raises:
        Invalid: ``cursor_not_possible``.
    """
    if not model.key:
        raise Invalid(
            "cursor_not_possible",
            f"`{model.type_name}` has no primary key that this role may read, so a place in it cannot be named.",
            hint="Page with limit and offset.",
        )
    if any(part.embed is not None for part in order):
        raise Invalid(
            "cursor_not_possible", "A cursor goes with an order by the table's own columns.", hint="Page with offset."
        )
    ordered = {part.path.column for part in order}
    descending = bool(order) and order[-1].descending
    return (*order, *(Order(Path(column), descending) for column in model.key if column not in ordered))


def tag(table: TableRef, order: Sequence[Order]) -> str:
    """Tells a cursor of this table and order from others."""
    return hashlib.blake2b(repr((table, tuple(order))).encode(), digest_size=6).hexdigest()


def decode(text: str, table: TableRef, order: Sequence[Order]) -> list[str | None]:
    """The sort keys in a cursor. Raises ``Invalid`` (``bad_cursor``).

    A cursor gives no rights: its values are arguments of a filter beside the row policies.
    """
    try:
        token = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise _bad() from None
    if not isinstance(token, list) or len(token) != len(order) + 1 or token[0] != tag(table, order):
        raise _bad()
    values = token[1:]
    if not all(value is None or (isinstance(value, str) and "\0" not in value) for value in values):
        raise _bad()
    return values


def _bad() -> Invalid:
    return Invalid(
        "bad_cursor",
        "The cursor does not belong to this question.",
        hint="Send the `_cursor` of a row of the same field, with the same `order_by`.",
    )
