"""A parsed request becomes the nouns of the seam. Pure: nothing here waits or looks anything up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dbaas_provisioning.errors import Invalid

from ..nouns import (
    Arg,
    ArgValue,
    Call,
    Compare,
    Filter,
    Format,
    Order,
    Path,
    Read,
    Resolution,
    TableRef,
    Write,
    WriteKind,
)
from .cursors import decode_cursor
from .grammar.scanner import Arguments
from .negotiate import Media
from .parameters import Parameters
from .prefer import Preferences
from .ranges import RowRange, intersect

__all__ = ["ReadPlan", "key_filters", "plan_call", "plan_read", "plan_replace_key", "plan_write"]

SHARED = ("handling", "timezone", "tx")


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A read, and what its answer looks like."""

    read: Read
    media: Media
    applied: str = ""
    keyset: bool = False
    counted: bool = False
    limited: bool = False


def key_filters(columns: Sequence[str]) -> tuple[Filter, ...]:
    """The filters that name one row, when its id's parts are the first arguments."""
    return tuple(Compare(Path(column), "eq", Arg(index)) for index, column in enumerate(columns))


def plan_read(
    table: TableRef,
    parameters: Parameters,
    media: Media,
    prefer: Preferences,
    *,
    row_range: RowRange | None = None,
    key: Sequence[str] = (),
    record: bool = False,
) -> ReadPlan:
    """A GET of a table.

    Args:
        row_range: from the ``Range`` header.
        key: columns of the primary key; they make a keyset page's order total.
        record: one row is asked for by its id: the first arguments are values of ``key``.

    Raises:
        Invalid: ``PGRST103``, ``bad_cursor``, ``cursor_not_possible``.
    """
    if parameters.conflict_on or parameters.columns is not None:
        # They mean something to writes only; a client that sends them with a read gets what it asked for without.
        parameters.columns = None
    read = _returning(table, parameters, media, prefer)
    where = tuple(parameters.root.where)
    if record:
        read = replace(
            read, where=(*key_filters(key), *where), single=media.format in (Format.json, Format.json_stripped)
        )
    elif parameters.cursor is not None:
        read = replace(_keyset(read, table, parameters, key), where=where, single=media.single)
    else:
        _apply_range(parameters, row_range)
        read = replace(read, where=where, single=media.single)
    return ReadPlan(
        read=replace(read, limit=parameters.root.limit, offset=parameters.root.offset),
        media=media,
        applied=prefer.applied("count", "numbers", *SHARED),
        keyset=read.keyset,
        counted=read.count is not None,
        limited=parameters.root.limit is not None,
    )


def plan_call(
    function: TableRef,
    parameters: Parameters,
    media: Media,
    prefer: Preferences,
    *,
    row_range: RowRange | None = None,
    body: Arg | None = None,
    body_names: tuple[str, ...] = (),
    single_parameter: bool = False,
    read_only: bool,
) -> ReadPlan:
    """A call of a function: arguments from the query (GET), or a body (POST)."""
    _apply_range(parameters, row_range)
    call = Call(
        function,
        arguments=tuple(parameters.arguments),
        body=body,
        body_names=body_names,
        single=single_parameter,
        read_only=read_only,
        rollback=prefer.rollback,
        max_affected=prefer.max_affected,
    )
    root = parameters.root
    read = Read(
        source=call,
        items=root.frozen_items(),
        where=tuple(root.where),
        order=root.order,
        limit=root.limit,
        offset=root.offset,
        count=prefer.count,
        format=media.format,
        single=media.single,
        numbers_as_text=prefer.numbers_as_text,
        time_zone=prefer.time_zone,
    )
    applied = prefer.applied("count", "numbers", "max-affected", *SHARED)
    return ReadPlan(read, media, applied, counted=prefer.count is not None, limited=root.limit is not None)


def plan_write(
    kind: WriteKind,
    table: TableRef,
    parameters: Parameters,
    media: Media,
    prefer: Preferences,
    *,
    body: Arg | None,
    columns: tuple[str, ...],
    key: Sequence[str] = (),
    record: bool = False,
) -> Write:
    """An insert, update, upsert, replace or delete.

    Args:
        key: for a replace, and with ``record``, the columns of the primary key.
        record: one row is meant by its id, as for :func:`plan_read`.

    Raises:
        Invalid: ``PGRST109`` for a limit without an order, ``PGRST107`` for an answer that a write cannot give.
    """
    if media.plan is not None:
        raise Invalid("PGRST107", "A plan can be had for reads only.", hint="Use GET for the same rows.")
    root = parameters.root
    changes_rows = kind in (WriteKind.update, WriteKind.delete)
    if changes_rows and root.limit is not None and not root.order:
        raise Invalid(
            "PGRST109",
            "A 'limit' was applied without an explicit 'order'",
            hint="Apply an 'order' using unique column(s)",
        )
    returning = None
    wants_rows = prefer.representation == "representation" or (record and prefer.representation is None)
    if wants_rows:
        returning = _returning(table, parameters, media, prefer)
        returning = replace(returning, single=(record and media.format is not Format.csv) or media.single, count=None)
        if changes_rows and root.limit is not None:
            returning = replace(returning, order=())
    where: tuple[Filter, ...] = ()
    if kind is not WriteKind.insert and kind is not WriteKind.upsert:
        where = (*(key_filters(key) if record else ()), *root.where)
    return Write(
        kind=kind,
        table=table,
        body=body,
        columns=columns,
        where=where,
        order=root.order if changes_rows and root.limit is not None else (),
        limit=root.limit if changes_rows else None,
        returning=returning,
        conflict_on=parameters.conflict_on if kind is WriteKind.upsert else (),
        resolution=prefer.resolution or Resolution.merge,
        missing_default=prefer.missing_default,
        max_affected=prefer.max_affected if changes_rows else None,
        rollback=prefer.rollback,
        locate=kind in (WriteKind.insert, WriteKind.upsert) and prefer.representation == "headers-only",
        time_zone=prefer.time_zone,
    )


def plan_replace_key(parameters: Parameters, key: Sequence[str]) -> tuple[str, ...]:
    """The values, in key order, that the filters of a PUT give to the primary key.

    Raises:
        Invalid: ``PGRST105`` when they are anything but ``eq`` on each column of it, ``PGRST114`` for a limit.
    """
    root = parameters.root
    if root.limit is not None or root.offset is not None:
        raise Invalid("PGRST114", "limit/offset querystring parameters are not allowed for PUT")
    values: dict[str, ArgValue] = {}
    for condition in root.where:
        if (
            not isinstance(condition, Compare)
            or condition.operator != "eq"
            or condition.negated
            or condition.path.steps
            or not isinstance(condition.operand, Arg)
            or condition.path.column in values
        ):
            raise _replace_filters()
        values[condition.path.column] = parameters.args.values[condition.operand.index]
    if not key or set(values) != set(key):
        raise _replace_filters()
    return tuple(str(values[column]) for column in key)


def _replace_filters() -> Invalid:
    return Invalid("PGRST105", "Filters must include all and only primary key columns with 'eq' operators")


def _returning(table: TableRef, parameters: Parameters, media: Media, prefer: Preferences) -> Read:
    root = parameters.root
    return Read(
        source=table,
        items=root.frozen_items(),
        order=root.order,
        count=prefer.count,
        format=media.format,
        numbers_as_text=prefer.numbers_as_text,
        time_zone=prefer.time_zone,
    )


def _apply_range(parameters: Parameters, header: RowRange | None) -> None:
    """Narrow limit and offset to the ``Range`` header."""
    if header is None:
        return
    root, values = parameters.root, parameters.args.values
    offset = int(str(values[root.offset.index])) if root.offset is not None else 0
    limit = int(str(values[root.limit.index])) if root.limit is not None else None
    first, count = intersect((offset, limit), header)
    if first:
        root.offset = _set(parameters.args, root.offset, first)
    if count is not None:
        root.limit = _set(parameters.args, root.limit, count)


def _set(args: Arguments, place: Arg | None, value: int) -> Arg:
    if place is None:
        return args.add(str(value))
    args.values[place.index] = str(value)
    return place


def _keyset(read: Read, table: TableRef, parameters: Parameters, key: Sequence[str]) -> Read:
    root = parameters.root
    if root.offset is not None or any(part.embed is not None for part in root.order):
        raise Invalid(
            "cursor_not_possible",
            "A cursor goes with an order by the table's own columns, and without an offset.",
            hint="Leave out `offset`, and order by columns of this table.",
        )
    if not key:
        raise Invalid(
            "cursor_not_possible",
            f"'{table.name}' has no primary key, so a place in it cannot be named.",
            hint="Page with limit and offset, or give the table a primary key.",
        )
    ordered = {part.path.column for part in root.order if not part.path.steps}
    descending = bool(root.order) and root.order[-1].descending
    order = (*root.order, *(Order(Path(column), descending) for column in key if column not in ordered))
    after: tuple[Arg, ...] = ()
    if parameters.cursor:
        after = tuple(parameters.args.add(value) for value in decode_cursor(table, order, parameters.cursor))
    return replace(read, order=order, after=after, keyset=True)
