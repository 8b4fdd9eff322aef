"""Pipelines: stages in MongoDB's words, compiled to one subquery in SQL's types.

1. A pipeline is a source of rows like a table: :func:`aggregate` gives what follows FROM and the scope of a row, and
   limits, orders, counts and formats are the read's own business.
2. Each stage maps a :class:`~.frame.Frame` to the next. Stages fold into one SELECT as long as SQL's order of clauses
   allows it; where it does not, or where an expression has become long, the frame becomes a subquery.
3. Types are known before anything runs. A field is an expression of its column's type, and a document a set of such
   fields; JSON is made at the end only, and for arrays of documents.
4. Rows of tables are read as the caller's role: grants and row policies hold, for ``$lookup`` too, and columns that the
   role may not read are no fields.
5. Values are parameters, names are quoted, and words (units, formats) come from the parser's lists.

What differs from MongoDB, on purpose:

- A column is always there, so ``$exists`` is true for a null, and a null in an array or a document stays. Naming a
  field that does not exist is an error (``unknown_column``) and not a null. Inside JSON columns a key may be missing.
- Comparing values of different types is an error where the types are known, since it could only ever be false. A text
  is read as the type it is compared with: ``{"day": {"$gte": "2026-01-01"}}`` compares dates.
- Texts are compared as the database's collation says. Regular expressions are PostgreSQL's.
- Integers are computed in 64 bits, and ``numeric`` exactly: what does not fit is an error and never rounded.
  ``$divide``, ``$avg`` and the like of integers give double precision, as in MongoDB; of ``numeric``, ``numeric``.
  ``numeric`` rounds half away from zero.
- ``$lookup`` finds as many rows as a page has (``max_rows``); ``$unwind`` right after it makes it a join, without that
  bound.
- In ``$lookup`` null equals nothing, as in a join. Inside JSON, expressions go through objects; only ``$match`` goes
  through arrays too. ``$addToSet`` gives its elements sorted.

As in MongoDB: nulls sort first and count as smaller than everything; ``$sum`` of nothing is 0; ``$group`` and
``$count`` of no rows give no row; ``$ne``, ``$nin`` and ``$not`` hold for nulls; arithmetic with null is null.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbaas_provisioning.errors import Invalid

from .....nouns import Column
from .....stages import CountRows, Group, Limit, Lookup, Skip, Sort, Stage, Unwind
from ..names import ident
from ..scope import Context, Parameters, Scope
from .frame import LARGEST, Frame
from .steps import join, row_fields, step
from .values import Const, Typed, element, refuse, typed

__all__ = ["aggregate", "collects", "reads_all"]

_COLLECTING = frozenset({"push", "addToSet", "first", "last"})
_LONGEST_NAME = 63  # bytes of an identifier
_PLACEHOLDER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)""")  # outside of constants and names


def aggregate(
    context: Context, stages: Sequence[Stage], source: str, scope: Scope, schema: str, *, zone: str = "'UTC'"
) -> tuple[str, Scope]:
    """Put a source's rows through stages.

    Args:
        source: what follows FROM.
        scope: of one of its rows.
        schema: where ``$lookup`` finds tables.
        zone: the time zone of dates, as an expression.

    Returns:
        What follows FROM, and the scope of a row of the result.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: ``invalid_pipeline``, ``unknown_column``; the details name the stage.
    """
    known = set(context.args.order.values())
    frame = Frame(context, source, row_fields(context, scope), zone)
    pending = _reordered(list(enumerate(stages)))
    while pending:
        place, stage = pending.pop(0)
        following = pending[0][1] if pending else None
        try:
            if isinstance(stage, Lookup) and isinstance(following, Unwind) and _unwinds(following, stage):
                pending.pop(0)
                frame = join(frame, stage, following, schema)
            else:
                frame = step(frame, stage, schema)
            if len(frame.source) + sum(map(len, frame.where)) > LARGEST:
                raise refuse("This pipeline is too large.", hint="Ask in several parts.")
        except Invalid as error:
            if error.details is None:
                error.details = f"pipeline[{place}]"
            raise
    return _result(frame, scope, known)


def reads_all(stages: Sequence[Stage]) -> bool:
    """Whether a stage needs every row of a table before it gives one, or for each that it gives."""
    return any(isinstance(stage, Group | CountRows | Lookup) for stage in stages)


def collects(stages: Sequence[Stage]) -> bool:
    """Whether a stage makes arrays of rows, in memory."""
    return any(
        isinstance(stage, Group) and any(item.operator in _COLLECTING for item in stage.accumulators)
        for stage in stages
    )  # fmt: skip


def _reordered(stages: list[tuple[int, Stage]]) -> list[tuple[int, Stage]]:
    """Rows are sorted and limited before other tables are looked into for them."""
    for at in range(1, len(stages)):
        stage, place = stages[at][1], at
        while place > 0 and _may_pass(stage, stages[place - 1][1]):
            stages[place - 1], stages[place] = stages[place], stages[place - 1]
            place -= 1
    return stages


def _may_pass(stage: Stage, lookup: Stage) -> bool:
    if not isinstance(lookup, Lookup):
        return False
    if isinstance(stage, Sort):
        return all(key.path.names[0] != lookup.name for key in stage.keys)
    return isinstance(stage, Limit | Skip)


def _unwinds(stage: Unwind, lookup: Lookup) -> bool:
    return stage.path.names == (lookup.name,) and stage.index is None


def _result(frame: Frame, origin: Scope, known: set[int]) -> tuple[str, Scope]:
    """The last frame as a subquery with its fields' own names.

    Args:
        known: the placeholders that were there before.
    """
    context = frame.context
    alias = context.alias("p")
    columns: dict[str, Column] = {}
    parts: list[str] = []
    for name, value in frame.fields.items():
        if len(name.encode(errors="replace")) > _LONGEST_NAME:
            raise Invalid(
                "invalid_pipeline",
                f"A field of the result has a name of at most {_LONGEST_NAME} bytes; “{name[:60]}…” has more.",
                details="pipeline",
            )
        value = typed(context, value) if isinstance(value, Const) else value
        kind = value.kind if isinstance(value, Typed) else "json"
        sql = value.sql if isinstance(value, Typed) else element(context, value)
        parts.append(f"{sql} as {ident(name)}")
        columns[name] = Column(name, kind, True)
    columns_text = ", ".join(parts)
    text = f"select {columns_text}{frame.tail()}"
    if isinstance(context.args, Parameters):
        # What was computed and dropped again left placeholders, and the engine wants to know a type for each.
        mentioned = {int(number) for number in _PLACEHOLDER.findall(text) if number}
        for number in sorted(set(context.args.order.values()) - known - mentioned):
            frame.where.append(f"${number}::text is null or true")
        text = f"select {columns_text}{frame.tail()}"
    return f"({text}) as {alias}", Scope(alias, columns, origin.name)
