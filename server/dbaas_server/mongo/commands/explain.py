"""``explain``: how a command would be carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ...documents.codec import Document
from ...documents.errors import Code, DocumentError
from ...documents.requests import Aggregate, Count, DeleteSpec, Distinct, Find, UpdateSpec
from ..arguments import Fields, unknown_field
from ..registry import COMMANDS, Call, command
from .handshake import VERSION
from .reading import parse_aggregate, parse_count, parse_distinct, parse_find
from .writing import parse_delete, parse_find_and_modify, parse_update

__all__ = ["explain_command"]

_Request = Find | Aggregate | Count | Distinct | UpdateSpec | DeleteSpec

_VERBOSITIES: Final = frozenset({"queryPlanner", "executionStats", "allPlansExecution"})


@command("explain", "verbosity", stable=True)
async def explain(call: Call) -> Document:
    """Explain the command within."""
    fields = call.fields
    verbosity = fields.text("verbosity") or "allPlansExecution"
    if verbosity not in _VERBOSITIES:
        raise DocumentError(
            Code.BadValue, f"Enumeration value '{verbosity}' for field 'explain.verbosity' is not a valid value."
        )
    return await explain_command(call, fields.required_document("explain"), verbosity)


async def explain_command(call: Call, explained: Document, verbosity: str) -> Document:
    """Explain a command.

    Raises:
        DocumentError: ``CommandNotFound`` for one that cannot be explained; what the command itself would raise.
    """
    name = next(iter(explained), "")
    parse = _PARSERS.get(name)
    if parse is None:
        raise DocumentError(Code.CommandNotFound, f"Explain failed due to unknown command: {name}")
    known = COMMANDS[name]
    if known.fields is not None and not explained.keys() <= known.fields:
        raise unknown_field(known.name, next(field for field in explained if field not in known.fields))
    request = parse(Fields(known.name, explained))
    namespace = call.namespace_of(explained[name])
    found = await (await call.engine()).explain(namespace, request, verbosity)
    return {**found, "serverInfo": {"host": "dbaas", "port": 27017, "version": VERSION, "gitVersion": "unknown"}}


def _update(fields: Fields) -> UpdateSpec:
    return parse_update(_only(fields.required_documents("updates")), fields.variables())


def _delete(fields: Fields) -> DeleteSpec:
    return parse_delete(_only(fields.required_documents("deletes")), fields.variables())


def _find_and_modify(fields: Fields) -> UpdateSpec | DeleteSpec:
    request = parse_find_and_modify(fields)
    if request.update is None:
        return DeleteSpec(q=request.query, limit=1, collation=request.collation, hint=request.hint, let=request.let)
    return UpdateSpec(
        q=request.query,
        u=request.update,
        upsert=request.upsert,
        array_filters=request.array_filters,
        collation=request.collation,
        hint=request.hint,
        let=request.let,
        sort=request.sort,
    )


def _only(statements: list[Document]) -> Any:
    if len(statements) != 1:
        raise DocumentError(Code.InvalidLength, "explained write batches must be of size 1")
    return statements[0]


_PARSERS: Final[dict[str, Callable[[Fields], _Request]]] = {
    "find": parse_find,
    "aggregate": parse_aggregate,
    "count": lambda fields: parse_count(fields, None),
    "distinct": lambda fields: parse_distinct(fields, None),
    "update": _update,
    "delete": _delete,
    "findAndModify": _find_and_modify,
    "findandmodify": _find_and_modify,
}
