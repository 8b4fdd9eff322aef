"""Dumps and restores, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from .openapi_editor import described

__all__ = ["OPERATIONS", "describe"]

_DATABASE = "/v1/{tenant}/databases/{database}"
_TEXT: dict[str, Any] = {"type": "string"}
_TOLD = (
    "With `Accept: application/x-ndjson` it is a line of JSON for each step and for how far it is, then one with the"
    " outcome or the error"
)

# operation → (summary, request body, status of success)
OPERATIONS: dict[tuple[str, str], tuple[str, dict[str, Any] | None, int]] = {
    ("post", f"{_DATABASE}/dump"): (f"Dump it; the dump is kept. {_TOLD}", described(), 201),
    ("get", f"{_DATABASE}/dumps"): ("The dumps that are kept, newest first", None, 200),
    ("post", f"{_DATABASE}/dumps"): ("Bring a dump as one file; its checksums are verified", None, 201),
    ("get", f"{_DATABASE}/dumps/{{dump}}"): ("A dump as one file", None, 200),
    ("delete", f"{_DATABASE}/dumps/{{dump}}"): ("Remove a dump", None, 204),
    ("post", f"{_DATABASE}/restore"): (
        f"Bring a kept dump back: into the database at once, or as a new one. {_TOLD}",
        described(("dump",), dump=_TEXT, as_=_TEXT),
        200,
    ),
    ("post", f"{_DATABASE}/branch"): (
        f"A copy with logins of its own. {_TOLD}",
        described(("name",), name=_TEXT, schema_only={"type": "boolean"}),
        201,
    ),
    ("get", "/v1/{tenant}/undrop"): ("The last dumps of databases that were dropped, newest first", None, 200),
    ("post", "/v1/{tenant}/undrop"): (
        f"Bring a dropped database back, with new logins. {_TOLD}",
        described(("database",), database=_TEXT, as_=_TEXT),
        201,
    ),
    ("post", "/v1/{tenant}/import"): (
        "A new database with what a PostgreSQL database elsewhere has, reached by a host on the network and a password."
        f" {_TOLD}",
        described(("name", "dsn"), name=_TEXT, dsn=_TEXT, expose={"enum": ["policies", "all"]}),
        201,
    ),
}


def describe(operation: dict[str, Any], method: str, path: str) -> None:
    """What is no JSON: dumps that come and go."""
    file = {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}}
    if path == _DATABASE and method == "delete":
        operation["parameters"].append({"name": "keep_dump", "in": "query", "schema": {"type": "boolean"}})
    if path == f"{_DATABASE}/dumps" and method == "post":
        operation["requestBody"] = {"required": True, "content": file}
    if path == f"{_DATABASE}/dumps/{{dump}}" and method == "get":
        operation["responses"]["200"]["content"] = file
