"""A query string's pairs as one tree: what is read at each level, and the parameters that stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dbaas_provisioning.errors import Invalid

from ..nouns import Arg, Compare, EmbedExists, Filter, Logic, Path, Star
from .grammar.filters import is_operation, logic, operation
from .grammar.order import order
from .grammar.scanner import Arguments, Scanner
from .grammar.select import Node, select
from .grammar.values import names

__all__ = ["Parameters", "parse_count", "parse_parameters"]

MAX_COUNT_DIGITS = 18  # fits a 64-bit integer


@dataclass(slots=True)
class Parameters:
    """What a query string says.

    Attributes:
        root: columns, embeds, filters, order, limit and offset.
        arguments: a function's, in order of appearance; a name may come more than once.
        columns, conflict_on: of a write; ``columns`` is None when it was not sent.
        cursor: a keyset cursor, ``""`` for the first page; None when it was not sent.
        spans: how many arguments each pair gave.
    """

    root: Node
    args: Arguments
    arguments: list[tuple[str, Arg]] = field(default_factory=list)
    columns: tuple[str, ...] | None = None
    conflict_on: tuple[str, ...] = ()
    cursor: str | None = None
    spans: list[int] = field(default_factory=list)


def parse_parameters(
    pairs: Sequence[tuple[str, str]], args: Arguments | None = None, *, function: bool = False
) -> Parameters:
    """Parse decoded pairs.

    Args:
        pairs: names and values, percent-decoded, in order.
        args: where values go; those that are there already keep their places.
        function: a plain value (no operator) is an argument of the function called.

    Raises:
        Invalid: ``PGRST100``, ``PGRST103``, ``PGRST108``, ``embed_too_deep``.
    """
    args = args if args is not None else Arguments()
    text = next((value for name, value in pairs if name == "select"), None)
    root = select(text) if text is not None else Node([Star()])
    found = Parameters(root, args)
    for name, value in pairs:
        before = len(args.values)
        if name == "columns":
            found.columns = names(value, "columns") if value else ()
        elif name == "on_conflict":
            found.conflict_on = names(value, "on_conflict") if value else ()
        elif name == "cursor" and not is_operation(value):
            found.cursor = value
        elif function and name not in _RESERVED and not is_operation(value) and "." not in name:
            found.arguments.append((name, args.add(value)))
        elif name != "select":
            _modify(found, name, value)
        found.spans.append(len(args.values) - before)
    return found


_RESERVED = frozenset({"select", "order", "limit", "offset", "and", "or", "columns", "on_conflict", "cursor"})


def _modify(found: Parameters, name: str, value: str) -> None:
    """Apply ``rel.order=…``, ``rel.or=(…)``, ``rel.column=op.value`` to the level that it names."""
    *way, last = _tree_path(name)
    negated = False
    if last.column in ("and", "or") and way and way[-1].column == "not":
        negated = True
        way.pop()
    node = found.root
    for step in way:
        embed = node.embed(step.column) if not step.steps else None
        if embed is None:
            raise Invalid(
                "PGRST108",
                f"'{step.column}' is not an embedded resource in this request",
                hint=f"Verify that '{step.column}' is included in the 'select' query parameter.",
            )
        node = embed.node
    if last.steps:
        node.where.append(operation(last, value, found.args))
    elif last.column == "order":
        node.order = order(value)
    elif last.column == "limit":
        node.limit = found.args.add(parse_count(value, "limit"))
    elif last.column == "offset":
        node.offset = found.args.add(parse_count(value, "offset"))
    elif last.column in ("and", "or"):
        node.where.append(_about_embeds(logic(value, last.column, negated, found.args), node))
    else:
        node.where.append(_about_embeds(operation(last, value, found.args), node))


def _tree_path(name: str) -> list[Path]:
    scan = Scanner(name, "filter")
    path = [scan.path()]
    while not scan.done:
        scan.expect(".")
        path.append(scan.path())
    return path


def _about_embeds(condition: Filter, node: Node) -> Filter:
    """``rel=is.null`` and ``rel=not.is.null`` ask whether the embed ``rel`` has rows."""
    if isinstance(condition, Logic):
        return Logic(
            condition.operator, tuple(_about_embeds(item, node) for item in condition.items), condition.negated
        )
    if (
        isinstance(condition, Compare)
        and condition.operator == "is"
        and condition.operand in ("null", "not_null")
        and not condition.path.steps
        and node.embed(condition.path.column) is not None
    ):
        return EmbedExists(condition.path.column, negated=(condition.operand == "null") != condition.negated)
    return condition


def parse_count(text: str, what: str) -> str:
    """The text of a limit or an offset.

    Raises:
        Invalid: ``PGRST103`` when it is negative, ``PGRST100`` when it is not a number.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_COUNT_DIGITS):
        raise Invalid("PGRST100", f'"failed to parse {what} parameter ({text[:100]})"', details="expecting a number")
    if digits != text and int(digits) != 0:
        raise Invalid(
            "PGRST103",
            "Requested range not satisfiable",
            details=f"The {what} should be greater than or equal to zero.",
        )
    return digits
