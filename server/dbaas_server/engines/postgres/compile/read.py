"""Reads: one statement whose one row holds the rendered page and what was asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dbaas_provisioning.errors import Invalid, Unsupported

from ....engine import Limits
from ....nouns import ArgValue, Call, Compare, Count, Embed, Format, Read
from ..catalog import Snapshot
from .call import Called, call_source
from .clauses import conditions, order_by, order_key, where, window
from .keyset import after
from .names import ident, literal, qualified
from .pipeline import aggregate, collects, reads_all
from .plans import CopyPlan, ReadPlan, bounded
from .scope import Context, Literals, Parameters, Scope, lossy, table_scope
from .select import select, with_count
from .selection import Selection, aggregates

__all__ = [
    "ANSWERS", "Source", "guard_of", "is_cheap", "page_source", "plan_copy", "plan_read", "render", "source_of",
]  # fmt: skip

ANSWERS = "nullif(current_setting('response.headers', true), ''), nullif(current_setting('response.status', true), '')"


@dataclass(frozen=True, slots=True)
class Source:
    """What follows FROM, the scope of one of its rows, and the schema that leads the search path."""

    text: str
    scope: Scope
    schema: str
    called: Called | None = None
    cte: str = ""


def plan_read(snapshot: Snapshot, limits: Limits, role: str, read: Read) -> ReadPlan:
    """Compile a read.

    Raises:
        NotFound: ``unknown_table``, ``unknown_function``.
        Invalid: what the shape names does not exist, or does not fit together.
    """
    parameters = Parameters()
    context = Context(snapshot, limits, role, parameters, text_numbers=read.numbers_as_text)
    source = source_of(context, read)
    if source.called is not None and not source.called.function.composite:
        return _scalar(context, read, source, parameters)
    read = with_count(source.scope, read)
    counted = read.count in (Count.exact, Count.estimated)
    cheap = is_cheap(context, read, source)
    sql = _statement(context, read, source)
    planned_sql, planned_args = (
        _planned(snapshot, limits, role, read) if read.count in (Count.planned, Count.estimated) else (None, ())
    )
    return ReadPlan(
        sql=(sql if cheap else _measured(context, sql)).encode(),
        args=tuple(parameters.order),
        schema=source.schema,
        tables=context.named,
        planned_sql=planned_sql,
        planned_args=planned_args,
        counted=counted,
        count_cap=limits.max_rows if read.count is Count.estimated else 0,
        keyset=read.keyset,
        answers=source.called is not None,
        single=read.single,
        cheap=cheap,
        guard=guard_of(context, [read]),
        call=source.called is not None,
    )


def plan_copy(
    snapshot: Snapshot, limits: Limits, role: str, read: Read, args: Sequence[ArgValue], format: Format
) -> CopyPlan:
    """The query of a COPY, with its arguments as constants.

    For JSON each row is one JSON object; otherwise columns are the read's own.
    """
    context = Context(snapshot, limits, role, Literals(args), text_numbers=read.numbers_as_text, uncapped=True)
    source = source_of(context, replace(read, count=None))
    if source.called is not None and not source.called.function.composite:
        name = ident(source.called.function.ref.name)
        body = f"select {source.scope.alias}.v as {name} from {source.text}"
    else:
        body = _page(context, read, source, select(context, source.scope, read))
    if format is Format.json_stripped:
        body = f"select json_strip_nulls(row_to_json(_r)) from ({body}) _r"
    elif format is Format.json:
        body = f"select row_to_json(_r) from ({body}) _r"
    return CopyPlan(body.encode(), source.schema, guard_of(context, [read]))


def render(context: Context, read: Read, selection: Selection) -> str:
    """An expression for the body, over rows called ``_r``, whose columns for CSV are ``c0``, ``c1`` and so on."""
    match read.format:
        case Format.csv:
            header = ",".join(_csv_name(output.name or "") for output in selection.outputs)
            line = " || ',' || ".join(f"{_csv(f'_r.c{place}')}" for place in range(len(selection.outputs))) or "''"
            return f"{literal(header)} || coalesce(string_agg(E'\\n' || {line}, ''), '')"
        case Format.geojson:
            schema = context.snapshot.extensions.get("postgis")
            if schema is None:
                raise Unsupported(
                    "geojson_unsupported", "This database cannot render GeoJSON.", hint="Install the extension postgis."
                )
            feature = f"{ident(schema)}.st_asgeojson(_r)::json"
            return f"json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg({feature}), '[]'))"
        case _:
            aggregate = f"json_agg({selection.row('_r')})"
            if read.single:
                body = f"{aggregate} -> 0"
                stripped = f"json_strip_nulls({body})" if read.format is Format.json_stripped else f"({body})"
                return f"coalesce({stripped}::text, 'null')"
            if read.format is Format.json_stripped:
                return f"coalesce(json_strip_nulls({aggregate}), '[]')"
            return f"coalesce({aggregate}, '[]')"


def source_of(context: Context, read: Read) -> Source:
    """Where a read's rows come from.

    Raises:
        NotFound: ``unknown_table``, ``unknown_function``.
        Invalid: what a pipeline names does not exist, or does not fit together.
    """
    origin = _origin(context, read)
    if not read.stages:
        return origin
    if origin.called is not None:
        raise Invalid("invalid_pipeline", "A pipeline goes over a table's rows, not over a function's.")
    zone = "'UTC'" if read.time_zone is None else "current_setting('TimeZone')"
    text, scope = aggregate(context, read.stages, origin.text, origin.scope, origin.schema, zone=zone)
    return Source(text, scope, origin.schema)


def _origin(context: Context, read: Read) -> Source:
    if isinstance(read.source, Call):
        called = call_source(context, read.source)
        schema = called.function.ref.schema or context.snapshot.default_schema()
        if read.count is None or not called.function.composite:
            return Source(called.source, called.scope, schema, called)
        # Counting must not call the function again.
        alias = called.scope.alias
        cte = f"with _s as materialized (select {alias}.* from {called.source}) "
        return Source(f"_s as {alias}", replace(called.scope, row=None), schema, called, cte)
    table = context.table(read.source)
    alias = context.alias()
    schema = table.ref.schema or context.snapshot.default_schema()
    return Source(f"{qualified(table.ref)} as {alias}", table_scope(table, alias), schema)


def _statement(context: Context, read: Read, source: Source) -> str:
    csv = read.format is Format.csv
    selection = select(context, source.scope, read, explicit=csv)
    names = [f"c{place}" for place in range(len(selection.outputs))] if csv else selection.numbered()
    if read.format is Format.geojson:
        names = None
    one_row = source.called is not None and not source.called.function.returns_set
    shown = replace(read, single=read.single or (one_row and not csv))
    body = render(context, shown, selection)
    extra = ""
    if read.count in (Count.exact, Count.estimated):
        extra += f", ({_count(context, read, source)})"
    if read.keyset:
        return f"{source.cte}{_keyset_statement(context, read, source, selection, extra)}"
    if source.called is not None:
        extra += f", {ANSWERS}"
    page = _page(context, read, source, selection, names)
    return f"{source.cte}select {body}, count(*){extra} from ({page}) _r"


def _measured(context: Context, statement: str) -> str:
    """The same row and one column more, which is an error where the body is too large."""
    return f"select _m.*, {bounded('_m.body', 'null', context.limits.max_result_bytes)} from ({statement}) _m(body)"


def _page(
    context: Context, read: Read, source: Source, selection: Selection, names: Sequence[str] | None = None
) -> str:
    rows = page_source(context, read, source, selection)
    return f"select {selection.columns(context, names)}{rows}{window(context, read)}"


def page_source(context: Context, read: Read, source: Source, selection: Selection, also: Sequence[str] = ()) -> str:
    """From FROM to ORDER BY. ``also``: further conditions."""
    found = [*conditions(context, source.scope, read), *also]
    position = after(context, source.scope, read)
    if position is not None:
        found.append(position)
    order = order_by(context, source.scope, read, selection)
    return f" from {source.text}{''.join(selection.joins)}{where(found)}{selection.group_by()}{order}"


def _keyset_statement(context: Context, read: Read, source: Source, selection: Selection, extra: str) -> str:
    """The page, and its last row's sort keys if a row follows it."""
    if not read.order or selection.grouped or read.format not in (Format.json, Format.json_stripped):
        raise Invalid(
            "invalid_cursor", "Cursors need an order, JSON, and no aggregates.", hint="Order by a unique key."
        )
    keys = ", ".join(f"({order_key(context, source.scope, read, order)})::text" for order in read.order)
    row = f"(select row_to_json(x) from (select {selection.columns(context)}) x)"
    after_from = page_source(context, read, source, selection) + window(context, read, extra=1)
    inner = f"select {row} as r, array[{keys}] as k{after_from}"
    page = window(context, replace(read, offset=None)).removeprefix(" limit ")
    aggregate = "json_agg(_p.r order by _p.n) filter (where _p.n <= _l.n)"
    body = f"json_strip_nulls({aggregate})" if read.format is Format.json_stripped else aggregate
    return (
        f"select coalesce({body}, '[]'), count(*) filter (where _p.n <= _l.n){extra}, "
        "case when max(_p.n) > max(_l.n) then (array_agg(to_json(_p.k)) filter (where _p.n = _l.n))[1] end "
        f"from (select {page} as n) _l left join (select row_number() over () as n, q.* from ({inner}) q) _p on true"
    )


def _count(context: Context, read: Read, source: Source) -> str:
    """The number of rows in all, whatever the page."""
    whole = replace(read, order=(), after=())
    if aggregates(read):
        selection = select(context, source.scope, whole)
        inner = f"select {selection.columns(context, [f'c{place}' for place in range(len(selection.outputs))])}"
        inner += page_source(context, whole, source, selection)
    else:
        inner = f"select 1{page_source(context, whole, source, Selection())}"
    if read.count is Count.estimated:
        inner += f" limit {context.limits.max_rows + 1}"
    return f"select count(*) from ({inner}) _c"


def _planned(snapshot: Snapshot, limits: Limits, role: str, read: Read) -> tuple[bytes, tuple[int, ...]]:
    parameters = Parameters()
    context = Context(snapshot, limits, role, parameters)
    whole = replace(read, order=(), after=(), limit=None, offset=None)
    source = source_of(context, replace(whole, count=None))
    whole = with_count(source.scope, whole)
    selection = select(context, source.scope, whole) if aggregates(whole) else Selection()
    columns = selection.columns(context) if selection.outputs else "1"
    sql = f"explain (format json) select {columns}{page_source(context, whole, source, selection)}"
    return sql.encode(), tuple(parameters.order)


def _scalar(context: Context, read: Read, source: Source, parameters: Parameters) -> ReadPlan:
    assert source.called is not None
    function = source.called.function
    value = f"{source.scope.alias}.v"
    if context.text_numbers and lossy(function.returns):
        value += "::text"
    void = function.returns == "void"
    if read.format is Format.csv:
        name = literal(_csv_name(function.ref.name))
        body = f"{name} || coalesce(string_agg(E'\\n' || {_csv(value)}, ''), '')"
    elif void:
        body = f"coalesce(min({value}::text), '')"
    elif function.returns_set:
        body = f"coalesce(json_agg({value}), '[]')"
    else:
        body = f"coalesce((json_agg({value}) -> 0)::text, 'null')"
    return ReadPlan(
        sql=_measured(context, f"select {body}, count(*), {ANSWERS} from {source.text}").encode(),
        args=tuple(parameters.order), schema=source.schema, tables=(), answers=True, single=False, call=True, void=void,
    )  # fmt: skip


def is_cheap(context: Context, read: Read, source: Source) -> bool:
    """Whether a unique key is given, so that one index look-up answers."""
    ref = source.scope.ref
    if source.called is not None or ref is None or read.count is not None or read.keyset or aggregates(read):
        return False
    if any(isinstance(item, Embed) for item in read.items):
        return False
    given = {
        item.path.column
        for item in read.where
        if isinstance(item, Compare)
        and item.operator == "eq"
        and not (item.negated or item.quantifier or item.path.steps)
    }
    return any(given >= set(key.columns) for key in context.snapshot.keys.get(ref, ()))


def guard_of(context: Context, reads: Sequence[Read]) -> int | None:
    """How many rows aggregates may read, where the planner has to be asked; None where the tables are small enough."""
    counted = [read for read in reads if _any_aggregates(read)]
    if not counted:
        return None
    limits, known = context.limits, context.snapshot.catalog.tables
    most = limits.collected_rows if any(collects(read.stages) for read in counted) else limits.aggregate_scan_rows
    return most if any(known[ref].estimated_rows > most for ref in context.tables if ref in known) else None


def _any_aggregates(read: Read) -> bool:
    """Whether a read or what is embedded in it aggregates rows."""
    return (
        aggregates(read)
        or reads_all(read.stages)
        or any(isinstance(item, Embed) and _any_aggregates(item.read) for item in read.items)
    )


def _csv(value: str) -> str:
    """A value as a CSV field: quoted where it must be, empty when null (an empty string is quoted)."""
    text = f"{value}::text"
    quoted = f"""'"' || replace({text}, '"', '""') || '"'"""
    return f"""coalesce(case when {text} ~ '[",\n\r]' or {text} = '' then {quoted} else {text} end, '')"""


def _csv_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(character in name for character in '",\n\r') else name
