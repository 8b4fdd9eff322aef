"""GROUP BY and ORDER BY: what the select list gives, by its names and by its parts that are no aggregates."""

from __future__ import annotations

from collections.abc import Sequence

from ..builtins import FUNCTIONS
from ..clauses import comma_parts
from ..groups import Group, Item, is_query, word
from ..lexer import Token, unquoted
from ..names import is_name
from .candidates import Offer
from .context import Context

__all__ = ["offer_aliases", "offer_group_columns"]


def _select_parts(context: Context) -> list[list[Item]]:
    select = context.block.clause("select")
    items: Sequence[Item] = select.items[1:] if select is not None else []
    if word(items[0] if items else None) in ("distinct", "all"):
        items = items[1:]
    return [part for part in comma_parts(items) if part]


def _alias(part: Sequence[Item]) -> str | None:
    """The name that a select item is given."""
    last = part[-1]
    if len(part) < 2 or not isinstance(last, Token) or not is_name(last):
        return None
    before = part[-2]
    explicit = word(before) == "as"
    bare = isinstance(before, Group) or before.kind in ("word", "quoted", "number", "string")
    return unquoted(last) if explicit or bare else None


def offer_aliases(offer: Offer, context: Context) -> None:
    """The names that the select list gives."""
    for part in _select_parts(context):
        alias = _alias(part)
        if alias is not None:
            offer.name(alias, "alias", -0.1, "of the select list")


def offer_group_columns(offer: Offer, context: Context) -> None:
    """The select list's parts that are no aggregates: all of them together first, then each."""
    done = {_written(part) for part in comma_parts(context.place.clause.items[2:])}
    parts = []
    for part in _select_parts(context):
        bare = list(part)
        if _alias(part) is not None:
            bare = bare[:-2] if word(part[-2]) == "as" else bare[:-1]
        written = _written(bare)
        star = any(isinstance(item, Token) and item.text == "*" and item.kind == "op" for item in bare[-1:])
        if bare and not star and not _aggregates(bare) and not _constant(bare) and written not in done:
            parts.append(written)
    if len(parts) > 1:
        offer.text(", ".join(parts), "snippet", -0.3, "what is selected and no aggregate")
    for written in parts:
        offer.text(written, "column", -0.2, "of the select list", match=written.rpartition(".")[2])


def _constant(part: Sequence[Item]) -> bool:
    return len(part) == 1 and isinstance(part[0], Token) and part[0].kind in ("string", "number", "param", "position")


def _aggregates(items: Sequence[Item]) -> bool:
    """Whether an aggregate (or window) function is called in an expression."""
    for item in items:
        if isinstance(item, Group) and not is_query(item):
            known = FUNCTIONS.get(word(item.before))
            if (known is not None and known.kind != "function") or _aggregates(item.items):
                return True
    return False


def _written(items: Sequence[Item]) -> str:
    """An expression as text, spaces where words would run together."""
    out = ""
    for item in items:
        text = (
            item.opening.text + _written(item.items) + (item.closing.text if item.closing else "")
            if isinstance(item, Group)
            else item.text
        )
        tight = not out or text[0] in ".,)]([" or text == "::" or out[-1] in ".([" or out.endswith("::")
        if isinstance(item, Group) and word(item.before) in ("in", "and", "or", "not", "over", "any"):
            tight = False
        out += text if tight else f" {text}"
        if text == ",":
            out += " "
    return out.replace("  ", " ").strip()
