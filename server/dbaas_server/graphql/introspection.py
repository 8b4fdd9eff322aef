"""What a schema says of itself. Answered by Ariadne from the schema, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from ariadne import graphql_sync
from graphql import DocumentNode, FieldNode, OperationDefinitionNode, SelectionSetNode

from .documents import Prepared
from .errors import Refused, error_of
from .schemas import Built

__all__ = ["introspect"]

_KEPT = 16
_LARGE = 2_000  # types, from which on it is worked out beside the loop


async def introspect(
    built: Built, prepared: Prepared, key: bytes, roots: Sequence[FieldNode], variables: Mapping[str, Any]
) -> dict[str, bytes]:
    """The values of ``__schema`` and ``__type`` roots as JSON, by response key.

    Args:
        key: of the document.

    Raises:
        Refused: what was asked cannot be answered.
    """
    name = prepared.operation.name.value if prepared.operation.name is not None else None
    about = (key, name, orjson.dumps(dict(variables), option=orjson.OPT_SORT_KEYS, default=repr))
    known = built.introspected.get(about)
    if known is None:
        operation = OperationDefinitionNode(
            operation=prepared.operation.operation,
            name=prepared.operation.name,
            variable_definitions=prepared.operation.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(roots)),
        )
        document = DocumentNode(definitions=(operation, *prepared.fragments.values()))
        if len(built.schema.type_map) > _LARGE:
            known = await asyncio.to_thread(_answer, built, document, variables)
        else:
            known = _answer(built, document, variables)
        while len(built.introspected) >= _KEPT:
            built.introspected.popitem(last=False)
        built.introspected[about] = known
    return {field: orjson.dumps(value) for field, value in orjson.loads(known).items()}


def _answer(built: Built, document: DocumentNode, variables: Mapping[str, Any]) -> bytes:
    good, result = graphql_sync(
        built.schema,
        {"query": "introspection", "variables": dict(variables)},
        query_document=document,
        query_validator=lambda *_args, **_more: [],  # it was validated as a part of its document
    )
    if not good or result.get("errors"):
        message = result["errors"][0]["message"] if result.get("errors") else "This cannot be answered."
        raise Refused([error_of("introspection_failed", message)])
    return orjson.dumps(result["data"])
