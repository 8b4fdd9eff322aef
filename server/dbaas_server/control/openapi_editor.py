"""The editor door, as OpenAPI describes it: its operations, what they take and what they answer."""

from __future__ import annotations

from typing import Any

__all__ = ["ANSWERS", "OPERATIONS", "described"]

_DATABASE = "/v1/{tenant}/databases/{database}"
_EDITOR = f"{_DATABASE}/editor"

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer"}
_NUMBER: dict[str, Any] = {"type": "number"}
_TRUTH: dict[str, Any] = {"type": "boolean"}


def described(required: tuple[str, ...] = (), *, more: bool = False, **properties: Any) -> dict[str, Any]:
    """An object's schema. With ``more`` it may have other fields, as answers may in times to come."""
    return {
        "type": "object",
        "properties": {name.removesuffix("_"): schema for name, schema in properties.items()},
        "required": list(required),
        **({} if more else {"additionalProperties": False}),
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_POSITION: dict[str, Any] = {
    "type": "integer",
    "minimum": 0,
    "description": "In UTF-16 code units, as in JavaScript and LSP.",
}
_RANGE: dict[str, Any] = {"from_": _POSITION, "to": _POSITION}
_PARAMS: dict[str, Any] = {
    "type": ["object", "array"],
    "description": "Values: an object for :name, a list for $1. Never kept.",
}
_CELL: dict[str, Any] = {
    "description": "A value; text that is longer than 10,000 characters as its beginning with its length.",
    "anyOf": [
        {"type": ["null", "boolean", "number", "string"]},
        described(("text", "length"), text=_TEXT, length=_COUNT),
    ],
}
_COLUMNS = _list(described(("name", "type"), name=_TEXT, type=_TEXT))
_ROWS = _list(_list(_CELL))
_OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "null", "not_null"]
_ASKED: dict[str, Any] = {
    "text": _TEXT,
    "params": _PARAMS,
    "order": _list(described(("column",), column=_COUNT, descending=_TRUTH)),
    "where": _list(described(("column", "op"), column=_COUNT, op={"enum": _OPERATORS}, value=_TEXT)),
    "columns": {
        **_list(_TEXT),
        "description": "Names, as `run` answered them. They say what the columns' indexes mean: where a"
        " statement gives others by now, 409 `columns_changed`; on documents these are read.",
    },
}
_RESULT: dict[str, Any] = {
    **_TEXT,
    "description": "Of `run` or of the last page. One that is unknown by now is opened again.",
}
_FORMATS: dict[str, Any] = {"enum": ["csv", "json", "ndjson", "parquet", "arrow", "xlsx", "markdown", "inserts"]}
_CHANGES = _list(described(("from", "to", "insert"), **_RANGE, insert=_TEXT))
_FIXES = _list(described(("label", "changes"), label=_TEXT, changes=_CHANGES))
_SEVERITY: dict[str, Any] = {"enum": ["error", "warning", "info"]}

# operation → (summary, request body, status of success)
OPERATIONS: dict[tuple[str, str], tuple[str, dict[str, Any] | None, int]] = {
    ("get", f"{_DATABASE}/overview"): (
        "How it is doing, where it is reached, what should be looked after; wakes nothing",
        None,
        200,
    ),
    ("post", f"{_EDITOR}/complete"): (
        "What can be typed at a position, the best first",
        described(("text", "position"), text=_TEXT, position=_POSITION, limit=_COUNT),
        200,
    ),
    ("post", f"{_EDITOR}/hover"): (
        "What stands at a position",
        described(("text", "position"), text=_TEXT, position=_POSITION),
        200,
    ),
    ("post", f"{_EDITOR}/diagnose"): ("What is wrong, with repairs", described(("text",), text=_TEXT), 200),
    ("post", f"{_EDITOR}/format"): (
        "The text, or a part of it, as it is written well",
        described(("text",), text=_TEXT, **_RANGE),
        200,
    ),
    ("post", f"{_EDITOR}/statements"): (
        "The statements of a text, and the parameters of each",
        described(("text",), text=_TEXT),
        200,
    ),
    ("post", f"{_EDITOR}/run"): (
        "Run a text once; what only reads stays open to be read on",
        described(("text",), text=_TEXT, params=_PARAMS, limit=_COUNT, record=_TRUTH),
        200,
    ),
    ("post", f"{_EDITOR}/rows"): (
        "A page of a result, ordered and filtered in the engine",
        described(("text",), **_ASKED, result=_RESULT, offset=_COUNT, limit=_COUNT),
        200,
    ),
    ("post", f"{_EDITOR}/count"): ("How many rows a statement gives", described(("text",), **_ASKED), 200),
    ("post", f"{_EDITOR}/cell"): (
        "A whole value of which a page showed the beginning",
        described(("text", "row", "column"), **_ASKED, result=_RESULT, row=_COUNT, column=_COUNT),
        200,
    ),
    ("post", f"{_EDITOR}/export"): (
        "All rows of a statement as a file, streamed",
        described(("text", "format"), **_ASKED, format=_FORMATS, table=_TEXT, name=_TEXT),
        200,
    ),
    ("delete", f"{_EDITOR}/results/{{result}}"): ("Close a result", None, 204),
    ("get", f"{_EDITOR}/history"): ("What the caller ran, newest first", None, 200),
    ("delete", f"{_EDITOR}/history"): ("Forget what the caller ran", None, 204),
    ("delete", f"{_EDITOR}/history/{{entry}}"): ("Forget one entry", None, 204),
}

_ITEM = described(
    ("label", "insert", "kind"),
    more=True,
    label=_TEXT,
    insert=_TEXT,
    kind=_TEXT,
    detail=_maybe(_TEXT),
    info=_maybe(_TEXT),
)
_DIAGNOSTIC = described(
    ("from", "to", "severity", "code", "message"),
    more=True,
    **_RANGE,
    severity=_SEVERITY,
    code=_TEXT,
    message=_TEXT,
    hint=_maybe(_TEXT),
    fixes=_FIXES,
)

ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("post", f"{_EDITOR}/complete"): described(
        ("from", "to", "items", "incomplete"), more=True, **_RANGE, items=_list(_ITEM), incomplete=_TRUTH
    ),
    ("post", f"{_EDITOR}/hover"): described(
        ("hover",),
        more=True,
        hover=_maybe(
            described(
                ("from", "to", "kind", "title"),
                more=True,
                **_RANGE,
                kind=_TEXT,
                title=_TEXT,
                detail=_maybe(_TEXT),
                lines=_list(_TEXT),
            )
        ),
    ),
    ("post", f"{_EDITOR}/diagnose"): described(("diagnostics",), more=True, diagnostics=_list(_DIAGNOSTIC)),
    ("post", f"{_EDITOR}/format"): described(("from", "to", "text"), more=True, **_RANGE, text=_TEXT),
    ("post", f"{_EDITOR}/statements"): described(
        ("statements",),
        more=True,
        statements=_list(
            described(("from", "to", "reads"), more=True, **_RANGE, reads=_TRUTH, parameters=_list(_TEXT))
        ),
    ),
    ("post", f"{_EDITOR}/run"): described(
        ("kind", "result", "columns", "rows", "complete", "command"),
        more=True,
        kind={"enum": ["rows", "command"]},
        result=_maybe(_TEXT),
        columns=_COLUMNS,
        rows=_ROWS,
        complete=_TRUTH,
        total=_maybe(_COUNT),
        command=_TEXT,
        row_count=_maybe(_COUNT),
        notices=_list(_TEXT),
        duration_ms=_NUMBER,
        pageable=_TRUTH,
    ),
    ("post", f"{_EDITOR}/rows"): described(
        ("result", "columns", "rows", "offset", "complete", "reopened"),
        more=True,
        result=_maybe(_TEXT),
        columns=_COLUMNS,
        rows=_ROWS,
        offset=_COUNT,
        complete=_TRUTH,
        reopened=_TRUTH,
    ),
    ("post", f"{_EDITOR}/count"): described(("total",), more=True, total=_COUNT),
    ("post", f"{_EDITOR}/cell"): described(("value", "length"), more=True, value=_maybe(_TEXT), length=_maybe(_COUNT)),
    ("get", f"{_EDITOR}/history"): described(
        ("entries", "more"),
        more=True,
        entries=_list(
            described(
                ("id", "text", "at", "duration_ms", "rows", "error"),
                id=_TEXT,
                text=_TEXT,
                at={"type": "string", "format": "date-time"},
                duration_ms=_NUMBER,
                rows=_maybe(_COUNT),
                error=_maybe(_TEXT),
            )
        ),
        more_=_TRUTH,
    ),
}
