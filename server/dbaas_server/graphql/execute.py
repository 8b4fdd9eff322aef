"""Runs a plan: what each database is asked, at once for all of it, and how the answer is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError

from ..engine import Session
from ..nouns import ArgValue, Caller, Constant, Rows
from .errors import dbaas_error
from .plan import Plan, Root

__all__ = ["run_mutation", "run_query", "together"]

Failure = list[dict[str, Any]]


async def run_query(
    plan: Plan, variables: Mapping[str, Any], sessions: Mapping[str, Session], caller: Caller
) -> tuple[dict[str, list[bytes]], dict[str, DbaasError]]:
    """Ask every database of a query, each with one statement. Returns values and failures by database."""
    names = list(plan.reads)
    asked = []
    for name in names:
        reads, arguments = plan.reads[name]
        asked.append(_ask(sessions[name], reads, arguments.values, variables, caller))
    answers = await asyncio.gather(*asked) if len(asked) > 1 else [await asked[0]] if asked else []
    values: dict[str, list[bytes]] = {}
    failures: dict[str, DbaasError] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, DbaasError):
            failures[name] = answer
        else:
            values[name] = answer
    return values, failures


async def _ask(
    session: Session, reads: Any, arguments: Any, variables: Mapping[str, Any], caller: Caller
) -> list[bytes] | DbaasError:
    try:
        args: Sequence[ArgValue] = arguments(variables)
        return await session.read_all(reads, args, caller)
    except DbaasError as error:
        return error


async def run_mutation(plan: Plan, variables: Mapping[str, Any], session: Session, caller: Caller) -> list[bytes]:
    """Carry all writes out in one transaction. Returns a JSON value each. Raises ``DbaasError``: nothing was kept."""
    done = await session.write([(write, arguments.values(variables)) for write, arguments in plan.writes], caller)
    found: dict[int, bytes] = {}
    for root in plan.roots:
        if root.constant is None:
            rows = done[root.place]
            found[root.place] = rows.body or b"null" if root.response is None else _response(root.response, rows)
    return [found[place] for place in range(len(plan.writes))]


def _response(keys: Sequence[tuple[str, str | Constant]], rows: Rows) -> bytes:
    parts: list[bytes] = []
    for key, what in keys:
        if isinstance(what, Constant):
            value = orjson.dumps(what.text)
        else:
            value = b"%d" % rows.returned if what == "rows" else rows.body or b"[]"
        parts.append(orjson.dumps(key) + b":" + value)
    return b"{" + b",".join(parts) + b"}"


def together(
    plan: Plan,
    values: Mapping[str, list[bytes]],
    failures: Mapping[str, DbaasError],
    introspected: Mapping[str, bytes],
) -> tuple[bytes, Failure]:
    """``data`` in the document's order, and the errors.

    A root that failed is null; where it may not be, so is all of ``data`` (October 2021, section 6.4.4).
    """
    parts: list[bytes] = []
    errors: Failure = []
    whole = True
    told: set[str] = set()
    for root in plan.roots:
        value = _value(root, values, introspected)
        if value is None:
            value = b"null"
            whole = whole and root.nullable
            if root.database not in told:
                told.add(root.database)
                error = failures[root.database]
                errors.append(dbaas_error(error, path=[root.key], node=root.node))
        parts.append(orjson.dumps(root.key) + b":" + value)
    return (b"{" + b",".join(parts) + b"}" if whole else b"null"), errors


def _value(root: Root, values: Mapping[str, list[bytes]], introspected: Mapping[str, bytes]) -> bytes | None:
    if root.constant is not None:
        return root.constant
    if root.introspection:
        return introspected.get(root.key, b"null")
    found = values.get(root.database)
    return found[root.place] if found is not None else None
