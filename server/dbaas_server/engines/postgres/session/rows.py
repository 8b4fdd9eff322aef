"""From the engine's results to answers."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Invalid

from ....http import settable
from ....nouns import Rows
from ..compile import ReadPlan
from .verdicts import not_single

__all__ = ["read_rows", "written_rows"]


def read_rows(plan: ReadPlan, results: Sequence[PGresult]) -> Rows:
    """A read's rows, of its statement's result and of that which tells the planned count. Raises ``not_single``."""
    result = results[0]
    returned = int(result.get_value(0, 1) or 0)
    if plan.single and returned != 1:
        raise not_single(returned)
    body = result.get_value(0, 0) or b""
    if not (plan.counted or plan.keyset or plan.answers or plan.planned_sql):
        return Rows(body, returned)
    column = 2
    total: int | None = None
    cursor: str | None = None
    if plan.counted:
        total = int(result.get_value(0, column) or 0)
        column += 1
    if plan.keyset:
        text = result.get_value(0, column)
        cursor = text.decode() if text is not None else None
        column += 1
    if plan.planned_sql is not None and (total is None or total > plan.count_cap):
        planned = _planned_rows(results[1])
        total = planned if total is None else max(total, planned)
    status, headers = _answers(result, column) if plan.answers else (None, ())
    return Rows(b"" if plan.void else body, returned, total, cursor=cursor, status=status, headers=headers)


def written_rows(result: PGresult) -> Rows:
    """What a write gives back."""
    inserted = result.get_value(0, 2)
    location = result.get_value(0, 3)
    status, headers = _answers(result, 4)
    return Rows(
        body=result.get_value(0, 0) or b"",
        returned=int(result.get_value(0, 1) or 0),
        inserted=int(inserted) if inserted is not None else None,
        status=status,
        headers=headers,
        location=tuple(orjson.loads(location).items()) if location is not None else (),
    )


def _answers(result: PGresult, column: int) -> tuple[int | None, tuple[tuple[str, str], ...]]:
    """What a function or trigger set as ``response.status`` and ``response.headers``.

    Raises:
        Invalid: it is not what these settings hold: a number; a JSON array of objects of one string each.
    """
    headers_text, status_text = result.get_value(0, column), result.get_value(0, column + 1)
    try:
        status = int(status_text) if status_text is not None else None
        if status is not None and not 200 <= status <= 599:
            raise ValueError
    except ValueError:
        raise Invalid("PGRST112", "response.status is not a status code.") from None
    if headers_text is None:
        return status, ()
    try:
        return status, settable(pair for item in orjson.loads(headers_text) for pair in item.items())
    except (ValueError, AttributeError, TypeError):
        raise Invalid(
            "PGRST111",
            "response.headers is not a JSON array of objects.",
            hint='Write it like [{"Cache-Control": "no-store"}].',
        ) from None


def _planned_rows(result: PGresult) -> int:
    plan = orjson.loads(result.get_value(0, 0) or b"[]")
    return int(plan[0]["Plan"]["Plan Rows"])
