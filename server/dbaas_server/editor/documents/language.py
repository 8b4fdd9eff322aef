"""Completion, hovering, diagnosing, formatting and splitting for document databases, as the editor's door asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from dbaas_provisioning.errors import Invalid

from ...mongo_clients.collections import fields_of, names_of
from ...mongo_clients.shapes import FieldShape
from ...services import Services
from ..positions import Positions
from .completing import complete as completed
from .diagnosing import Diagnostic, diagnosed
from .flow import Field, Fields
from .formatting import formatted
from .hovering import hovered
from .place import collections_in
from .splitting import listed

__all__ = ["complete", "diagnose", "format_text", "hover", "statements"]

Asked: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]

_LONGEST = 200_000  # letters: reading takes time, which everybody else in the process has less of
_MOST_SAMPLED = 5  # collections that one text is about


async def complete(services: Services, tenant: str, database: str, fields: Asked) -> Answer:
    """What may be written at the position, best first."""
    text = _text(fields)
    positions = Positions(text)
    at = positions.inner(fields["position"])
    collections, known = await _known(services, tenant, database, text)
    found = await asyncio.to_thread(completed, text, at, collections, known, fields.get("limit", 100))
    return {
        "from": positions.outer(found.start),
        "to": positions.outer(found.end),
        "items": [
            {"label": each.label, "insert": each.insert, "kind": each.kind, "detail": each.detail, "info": each.info}
            for each in found.items
        ],
        "incomplete": found.incomplete,
    }


async def hover(services: Services, tenant: str, database: str, fields: Asked) -> Answer:
    """What the word at the position is."""
    text = _text(fields)
    positions = Positions(text)
    at = positions.inner(fields["position"])
    collections, known = await _known(services, tenant, database, text)
    found = await asyncio.to_thread(hovered, text, at, collections, known)
    if found is None:
        return {"hover": None}
    start, end = positions.outer(found.start), positions.outer(found.end)
    shown = {"kind": found.kind, "title": found.title, "detail": found.detail, "lines": list(found.lines)}
    return {"hover": {"from": start, "to": end, **shown}}


async def diagnose(services: Services, tenant: str, database: str, fields: Asked) -> Answer:
    """What is wrong, with repairs where there are some."""
    text = _text(fields)
    names = await names_of(services.mongo, tenant, database)
    found = await asyncio.to_thread(diagnosed, text, [name for name, _ in names])
    outer = Positions(text).outer
    return {"diagnostics": [_shown(each, outer) for each in found]}


async def format_text(services: Services, tenant: str, database: str, fields: Asked) -> Answer:
    """The text as it is written well. Raises ``Invalid`` (``not_formattable``)."""
    text = _text(fields)
    positions = Positions(text)
    start, end = fields.get("from"), fields.get("to")
    first = 0 if start is None else positions.inner(start)
    last = len(text) if end is None else positions.inner(end)
    if last < first:
        raise Invalid("invalid_field", "`from` must not be behind `to`.")
    made = await asyncio.to_thread(formatted, text[first:last])
    return {"from": positions.outer(first), "to": positions.outer(last), "text": made}


async def statements(services: Services, tenant: str, database: str, fields: Asked) -> Answer:
    """Where each statement is, whether it only reads, and which names it takes as parameters."""
    text = _text(fields)
    outer = Positions(text).outer
    found = await asyncio.to_thread(listed, text)
    return {
        "statements": [
            {"from": outer(each.start), "to": outer(each.end), "reads": each.reads, "parameters": each.parameters}
            for each in found
        ]
    }


def _text(fields: Asked) -> str:
    """What is asked about. Raises ``Invalid`` (``text_too_long``)."""
    text: str = fields["text"]
    if len(text) > _LONGEST:
        raise Invalid("text_too_long", f"The text is longer than {_LONGEST:,} letters.", hint="Open a part of it.")
    return text


async def _known(
    services: Services, tenant: str, database: str, text: str
) -> tuple[Sequence[tuple[str, str]], Mapping[str, Fields]]:
    """The collections, and the fields of those that the text is about."""
    collections = await names_of(services.mongo, tenant, database)
    there = {name for name, _ in collections}
    wanted = [name for name in await asyncio.to_thread(collections_in, text) if name in there][:_MOST_SAMPLED]
    shapes = await asyncio.gather(*(fields_of(services.mongo, tenant, database, name) for name in wanted))
    return collections, {name: _fields(each) for name, each in zip(wanted, shapes, strict=True)}


def _fields(shapes: Sequence[FieldShape]) -> Fields:
    return [Field(one.path, one.types, one.share, one.values) for one in shapes]


def _shown(each: Diagnostic, outer: Callable[[int], int]) -> Answer:
    fixes = [
        {
            "label": f"Change to {instead}",
            "changes": [{"from": outer(each.start), "to": outer(each.end), "insert": instead}],
        }
        for instead in each.instead
    ]
    return {
        "from": outer(each.start), "to": outer(each.end), "severity": each.severity, "code": each.code,
        "message": each.message, "hint": each.hint, "fixes": fixes,
    }  # fmt: skip
