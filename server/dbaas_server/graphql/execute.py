"""Runs a plan: what each database is asked, at once for all of it, and how the answer is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError

from ..engine import QueryError, Session
from ..nouns import ArgValue, Caller, Constant, Read, Rows
from .errors import dbaas_error
from .plan import Arguments, Plan, Root

__all__ = ["Failure", "run_mutation", "run_query", "together"]

_MOST_SUSPECTS = 20
_TIRED = ("53", "57", "58", "XX")  # classes of SQLSTATE: out of resources, cancelled, faults of the engine's own


@dataclass(slots=True)
class Failure:
    """What went wrong in one database, and with which of its roots, where that is known."""

    error: DbaasError
    place: int | None = None


async def run_query(
    plan: Plan, variables: Mapping[str, Any], sessions: Mapping[str, Session], caller: Caller
) -> tuple[dict[str, list[bytes]], dict[str, Failure]]:
    """Ask every database of a query, each with one statement. Returns values and failures by database."""
    names = list(plan.reads)
    asked = [_ask(sessions[name], *plan.reads[name], variables, caller) for name in names]
    answers = await asyncio.gather(*asked) if len(asked) > 1 else [await asked[0]] if asked else []
    values: dict[str, list[bytes]] = {}
    failures: dict[str, Failure] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Failure):
            failures[name] = answer
        else:
            values[name] = answer
    return values, failures


async def _ask(
    session: Session, reads: tuple[Read, ...], arguments: Arguments, variables: Mapping[str, Any], caller: Caller
) -> list[bytes] | Failure:
    try:
        args = arguments.values(variables)
        return await session.read_all(reads, args, caller)
    except QueryError as error:
        return Failure(error, await _culprit(session, reads, args, caller, error))
    except DbaasError as error:
        return Failure(error)


async def _culprit(
    session: Session, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller, error: QueryError
) -> int | None:
    """Which of several reads was refused: each is asked alone. Not where that would only cost the engine more."""
    if len(reads) == 1:
        return 0
    if len(reads) > _MOST_SUSPECTS or error.code[:2] in _TIRED:
        return None
    for place, read in enumerate(reads):
        try:
            await session.read_all((read,), args, caller)
        except QueryError as again:
            return place if again.code == error.code else None
        except DbaasError:
            return None
    return None


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
    failures: Mapping[str, Failure],
    introspected: Mapping[str, bytes],
) -> tuple[bytes, list[dict[str, Any]]]:
    """``data`` in the document's order, and the errors.

    A root that failed is null; where it may not be, so is all of ``data`` (October 2021, section 6.4.4).
    """
    parts: list[bytes] = []
    whole = True
    failed: dict[str, list[Root]] = {}
    for root in plan.roots:
        value = _value(root, values, introspected)
        if value is None:
            value = b"null"
            whole = whole and root.nullable
            failed.setdefault(root.database, []).append(root)
        parts.append(orjson.dumps(root.key) + b":" + value)
    errors = [_told(failures[database], roots) for database, roots in failed.items()]
    return (b"{" + b",".join(parts) + b"}" if whole else b"null"), errors


def _told(failure: Failure, roots: Sequence[Root]) -> dict[str, Any]:
    guilty = next((root for root in roots if root.place == failure.place), roots[0] if len(roots) == 1 else None)
    if guilty is None:
        return dbaas_error(failure.error)
    return dbaas_error(failure.error, path=[guilty.key], node=guilty.node)


def _value(root: Root, values: Mapping[str, list[bytes]], introspected: Mapping[str, bytes]) -> bytes | None:
    if root.constant is not None:
        return root.constant
    if root.introspection:
        return introspected.get(root.key, b"null")
    found = values.get(root.database)
    return found[root.place] if found is not None else None
