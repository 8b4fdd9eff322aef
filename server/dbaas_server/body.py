"""Reading JSON bodies and query strings with errors that name the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from dbaas_provisioning.errors import Invalid

from .http import Request

__all__ = ["body_fields", "integer", "query_fields", "required"]

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


async def body_fields(request: Request, allowed: Mapping[str, type]) -> dict[str, Any]:
    """The body's fields, each of its allowed type; null counts as absent.

    Raises ``Invalid``: ``invalid_json``, ``invalid_body``, ``unknown_field``, ``invalid_field``.
    """
    body = _parse(await request.body())
    if not isinstance(body, dict):
        raise Invalid("invalid_body", "The body must be a JSON object.", hint=f"Fields: {', '.join(allowed)}.")
    for name, value in body.items():
        if name not in allowed:
            raise Invalid("unknown_field", f"There is no field `{name}`.", hint=f"Fields: {', '.join(allowed)}.")
        kind = allowed[name]
        fits = isinstance(value, (int, float) if kind is float else kind)
        if value is not None and (not fits or (isinstance(value, bool) and kind is not bool)):
            raise Invalid("invalid_field", f"`{name}` must be {_WORDS[kind]}.")
    return {name: value for name, value in body.items() if value is not None}


def _parse(raw: bytes) -> Any:
    if not raw.strip():
        return {}
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("invalid_json", "The body is not valid JSON.", details=str(error)) from None


def required(fields: Mapping[str, Any], name: str) -> Any:
    """A field that must be there. Raises ``Invalid`` (``missing_field``)."""
    if name not in fields:
        raise Invalid("missing_field", f"`{name}` is missing.")
    return fields[name]


def query_fields(request: Request, allowed: frozenset[str]) -> dict[str, str]:
    """The query string's fields, each at most once. Raises ``Invalid`` (``unknown_field``, ``invalid_url``)."""
    try:
        pairs = parse_qsl(request.query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        raise Invalid("invalid_url", "The query string is not valid.") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name.isdecimal() and not value:
            continue  # the time, which JupyterLab's clients append to every URL that they get
        if name not in allowed or name in fields:
            raise Invalid(
                "unknown_field",
                f"`{name}` is not expected here (again).",
                hint=f"Fields: {', '.join(sorted(allowed))}.",
            )
        fields[name] = value
    return fields


def integer(text: str, name: str, *, least: int, most: int) -> int:
    """A whole number within bounds. Raises ``Invalid`` (``invalid_field``)."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Invalid("invalid_field", f"`{name}` must be a whole number from {least:,} to {most:,}.")
    return number
