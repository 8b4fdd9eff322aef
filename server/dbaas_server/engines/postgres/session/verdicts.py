"""What is refused when its cost or its result is known; of a write, before its commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import DbaasError, Invalid

from ....nouns import Write, WriteKind
from ..compile import ReadPlan, WritePlan

__all__ = ["guard", "judge_call", "judge_writes", "not_single", "too_large"]


def guard(plan: bytes, most: int) -> None:
    """Refuse an aggregate that the planner expects to read more rows than allowed."""

    def rows(node: dict[str, Any]) -> int:
        below = sum(rows(child) for child in node.get("Plans", ()))
        return below if "Plans" in node else int(node["Plan Rows"])

    expected = rows(orjson.loads(plan)[0]["Plan"])
    if expected > most:
        raise Invalid(
            "aggregate_too_large",
            f"This aggregate would read about {expected:,} rows; at most {most:,} are allowed.",
            hint="Filter first, or aggregate in a materialized view.",
        )


def judge_writes(
    writes: Sequence[Write | None], plans: Sequence[WritePlan], results: Sequence[PGresult]
) -> DbaasError | None:
    """What is wrong with what the writes did, each as its shape demands; None for the calls among them."""
    for write, plan, result in zip(writes, plans, results, strict=True):
        if write is None:
            continue
        touched = int(result.get_value(0, 1) or 0)
        if write.max_affected is not None and touched > write.max_affected:
            return _too_many(touched, write.max_affected)
        if plan.matches_key and touched == 0 and write.kind is WriteKind.replace:
            return Invalid("key_mismatch", "Payload values do not match URL in primary key column(s)")
        if plan.single and touched != 1:
            return not_single(touched)
    return None


def judge_call(plan: ReadPlan, most: int | None, results: Sequence[PGresult]) -> DbaasError | None:
    """What is wrong with what a call returned: not one row, or more than ``most``."""
    returned = int(results[0].get_value(0, 1) or 0)
    if most is not None and returned > most:
        return _too_many(returned, most)
    return not_single(returned) if plan.single and returned != 1 else None


def too_large(size: int, most: int) -> Invalid:
    """A result of more bytes than are held in memory."""
    return Invalid(
        "result_too_large",
        f"The result has {size:,} bytes; at most {most:,} are allowed.",
        hint="Ask for fewer rows or columns, or for the rows of a table as CSV over REST, which streams them.",
    )


def not_single(rows: int) -> Invalid:
    """Another number of rows than one, where one was asked for."""
    return Invalid(
        "not_single", "Cannot coerce the result to a single JSON object", details=f"The result contains {rows} rows"
    )


def _too_many(rows: int, most: int) -> Invalid:
    return Invalid(
        "too_many_affected",
        "Query result exceeds max-affected preference constraint",
        details=f"The query affects {rows} rows, at most {most} were allowed",
    )
