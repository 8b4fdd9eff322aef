"""Several reads as one statement, hence one snapshot: a column of JSON for each of them, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbaas_provisioning.errors import Invalid

from ....engine import Limits
from ....nouns import Call, Field, Format, Read, TableRef
from ..catalog import Snapshot
from .clauses import window
from .names import type_name
from .plans import WritePlan, bounded
from .read import ANSWERS, Source, guard_of, is_cheap, page_source, source_of
from .scope import Context, Parameters, lossy
from .select import select

__all__ = ["TogetherPlan", "plan_called", "plan_together"]


@dataclass(frozen=True, slots=True, eq=False)
class TogetherPlan:
    """Compiled reads.

    Attributes:
        sql: one statement; its one row has one value per read: a JSON array, an object, or null; then how many bytes
            they have. Beyond ``max_result_bytes`` the values are null, so that they are not sent.
        args: ``$1`` … as indexes into the shapes' arguments.
        schema: leads the search path.
        tables: that the caller named.
        cheap: every read is of one row by a unique key.
        guard: where there are aggregates over large tables, how many rows they may read by the planner's estimate.
        call: a function is called, so its cost is unknown.
    """

    sql: bytes
    args: tuple[int, ...]
    schema: str
    tables: tuple[TableRef, ...]
    cheap: bool
    guard: int | None
    call: bool


def plan_together(snapshot: Snapshot, limits: Limits, role: str, reads: Sequence[Read]) -> TogetherPlan:
    """Compile reads to one statement.

    A ``single`` read gives its row as an object, or null. Raises what :func:`~.read.plan_read` raises.
    """
    parameters = Parameters()
    context = Context(snapshot, limits, role, parameters)
    sources: list[Source] = []
    columns: list[str] = []
    for read in reads:
        value, source = _value(context, read)
        columns.append(value)
        sources.append(source)
    return TogetherPlan(
        sql=_measured(columns, limits.max_result_bytes).encode(),
        args=tuple(parameters.order),
        schema=sources[0].schema if sources else snapshot.default_schema(),
        tables=context.named,
        cheap=all(is_cheap(context, read, source) for read, source in zip(reads, sources, strict=True)),
        guard=guard_of(context, reads),
        call=any(source.called is not None for source in sources),
    )


def _measured(columns: Sequence[str], most: int) -> str:
    # OFFSET 0 keeps a subquery apart, so that each value is made once.
    names = [f"c{place}" for place in range(len(columns))]
    values = ", ".join(f"{value} as {name}" for name, value in zip(names, columns, strict=True))
    size = " + ".join(["0::bigint", *(f"coalesce(pg_column_size({name}), 0)" for name in names)])
    kept = ", ".join(f"case when n <= {most} then {name} end as {name}" for name in names)
    return f"select {kept}, n from (select *, {size} as n from (select {values} offset 0) _v offset 0) _n"


def plan_called(snapshot: Snapshot, limits: Limits, role: str, read: Read) -> WritePlan:
    """Compile a function call as one of several writes; its body is a JSON value.

    Raises:
        NotFound: ``unknown_function``.
        Invalid: ``not_a_call``, ``ambiguous_function``.
    """
    if not isinstance(read.source, Call):
        raise Invalid("not_a_call", "Only functions can be called.")
    parameters = Parameters()
    context = Context(snapshot, limits, role, parameters)
    value, source = _value(context, read)
    one = bounded("v", "1", limits.max_result_bytes)
    return WritePlan(
        sql=f"select v, {one}, null, null, {ANSWERS} from (select {value} as v offset 0) _v".encode(),
        args=tuple(parameters.order),
        schema=source.schema,
        tables=context.named,
    )


def _value(context: Context, read: Read) -> tuple[str, Source]:
    """One read as an expression of type json."""
    if read.count is not None or read.keyset or read.format is not Format.json:
        raise Invalid("not_together", "Counts, pages and formats are for a read of its own.")
    context.text_numbers = read.numbers_as_text
    source = source_of(context, read)
    called = source.called
    if called is not None and not called.function.composite:
        value = f"{source.scope.alias}.v"
        item = read.items[0] if read.items else None
        if isinstance(item, Field) and item.cast is not None:
            value = f"({value})::{type_name(item.cast)}"
        elif context.text_numbers and lossy(called.function.returns.removesuffix("[]")):
            value = f"({value})::text{'[]' if called.function.returns.endswith('[]') else ''}"
        if not called.function.returns_set:
            if called.function.returns == "void":
                value = f"nullif({value}::text, '')"
            return f"(select to_json({value}) from {source.text})", source
        rows = f"select {value} as v from {source.text}{window(context, read)}"
        return f"(select coalesce(json_agg(_r.v), '[]') from ({rows}) _r)", source
    selection = select(context, source.scope, read)
    columns, shown = selection.columns(context, selection.numbered()), selection.row("_r")
    one = read.single or (called is not None and not called.function.returns_set)
    capped = " limit 1" if one else window(context, read)
    # A function that returns no row returns one of nulls.
    also = [f"not ({source.scope.alias}.* is null)"] if called is not None and one else []
    rows = f"select {columns}{page_source(context, read, source, selection, also)}{capped}"
    if one:
        return f"(select to_json({shown}) from ({rows}) _r)", source
    return f"(select coalesce(json_agg({shown}), '[]') from ({rows}) _r)", source
