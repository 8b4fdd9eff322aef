"""The answers of SQL's language as JSON, places in UTF-16. Work for a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dbaas_provisioning.errors import Invalid

from .positions import Positions
from .sql.complete import complete
from .sql.diagnose import diagnose
from .sql.formatting import formatted
from .sql.hover import hover
from .sql.schema import Schema
from .sql.statements import listed

__all__ = ["ANSWERS", "WITH_SCHEMA"]

Fields = Mapping[str, Any]
Answer = dict[str, Any]


def _complete(fields: Fields, schema: Schema | None) -> Answer:
    assert schema is not None
    text: str = fields["text"]
    positions = Positions(text)
    found = complete(text, positions.inner(fields["position"]), schema, fields.get("limit", 100))
    return {
        "from": positions.outer(found.start),
        "to": positions.outer(found.end),
        "items": [
            {"label": each.label, "insert": each.insert, "kind": each.kind, "detail": each.detail, "info": each.info}
            for each in found.items
        ],
        "incomplete": found.incomplete,
    }


def _hover(fields: Fields, schema: Schema | None) -> Answer:
    assert schema is not None
    text: str = fields["text"]
    positions = Positions(text)
    found = hover(text, positions.inner(fields["position"]), schema)
    if found is None:
        return {"hover": None}
    return {
        "hover": {
            "from": positions.outer(found.start),
            "to": positions.outer(found.end),
            "kind": found.kind,
            "title": found.title,
            "detail": found.detail,
            "lines": found.lines,
        }
    }


def _diagnose(fields: Fields, schema: Schema | None) -> Answer:
    assert schema is not None
    text: str = fields["text"]
    positions = Positions(text)
    return {
        "diagnostics": [
            {
                "from": positions.outer(each.start),
                "to": positions.outer(each.end),
                "severity": each.severity,
                "code": each.code,
                "message": each.message,
                "hint": each.hint,
                "fixes": [
                    {
                        "label": fix.label,
                        "changes": [
                            {"from": positions.outer(start), "to": positions.outer(end), "insert": insert}
                            for start, end, insert in fix.changes
                        ],
                    }
                    for fix in each.fixes
                ],
            }
            for each in diagnose(text, schema)
        ]
    }


def _format(fields: Fields, schema: Schema | None) -> Answer:
    text: str = fields["text"]
    positions = Positions(text)
    start, end = fields.get("from", 0), fields.get("to")
    first = positions.inner(start)
    last = len(text) if end is None else positions.inner(end)
    if last < first:
        raise Invalid("invalid_field", "`from` must not be behind `to`.")
    found = formatted(text, first, last)
    return {"from": positions.outer(found.start), "to": positions.outer(found.end), "text": found.text}


def _statements(fields: Fields, schema: Schema | None) -> Answer:
    text: str = fields["text"]
    positions = Positions(text)
    return {
        "statements": [
            {
                "from": positions.outer(each.start),
                "to": positions.outer(each.end),
                "reads": each.reads,
                "parameters": each.parameters,
            }
            for each in listed(text)
        ]
    }


ANSWERS: Mapping[str, Callable[[Fields, Schema | None], Answer]] = {
    "complete": _complete,
    "hover": _hover,
    "diagnose": _diagnose,
    "format": _format,
    "statements": _statements,
}
"""What answers each question, given its fields and, where it is in ``WITH_SCHEMA``, what exists."""

WITH_SCHEMA = frozenset({"complete", "hover", "diagnose"})
