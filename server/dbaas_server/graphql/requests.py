"""What is asked, out of a body or a query string (the GraphQL-over-HTTP draft, section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from .errors import Refused
from .limits import Limits

__all__ = ["Asked", "asked_by", "from_body", "from_query", "loaded"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question.

    Attributes:
        text: the document; None where only its hash was sent.
        sha256: of a persisted document.
    """

    text: str | None
    operation: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    sha256: str | None = None


def from_body(body: bytes, limits: Limits) -> list[Asked] | Asked:
    """A POST's body: one question, or a batch.

    Raises:
        Refused: ``body_too_large``, ``invalid_json``, ``invalid_request``, ``batch_too_large``.
    """
    value = loaded(body, limits)
    if isinstance(value, list):
        if not value or len(value) > limits.batch:
            raise _malformed("batch_too_large", f"A batch has 1 to {limits.batch} requests.")
        return [asked_by(part) for part in value]
    return asked_by(value)


def loaded(body: bytes, limits: Limits) -> Any:
    """JSON of bounded size. Raises ``Refused`` (``body_too_large``, ``invalid_json``)."""
    if len(body) > limits.body_bytes:
        raise _too_large(f"The body is larger than {limits.body_bytes:,} bytes.")
    if len(body) > limits.body_signs and body.count(b",") + body.count(b"[") + body.count(b"{") > limits.body_signs:
        raise _too_large(f"The body holds more than {limits.body_signs:,} values.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _malformed("invalid_json", "The body is not valid JSON.") from None


def from_query(query: str) -> Asked:
    """A GET's query string. Raises ``Refused`` (``invalid_request``, ``invalid_json``)."""
    try:
        fields: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=32))
    except ValueError:
        raise _malformed("invalid_request", "The query string cannot be read.") from None
    for name in ("variables", "extensions"):
        if fields.get(name):
            try:
                fields[name] = orjson.loads(fields[name])
            except orjson.JSONDecodeError:
                raise _malformed("invalid_json", f"`{name}` is not valid JSON.") from None
        else:
            fields.pop(name, None)
    if not fields.get("operationName"):
        fields.pop("operationName", None)
    return asked_by(fields)


def asked_by(value: Any) -> Asked:
    """A request's object as a question. Raises ``Refused`` (``invalid_request``)."""
    if not isinstance(value, dict):
        raise _malformed("invalid_request", "A request is an object with `query`.")
    text, operation = value.get("query"), value.get("operationName")
    variables, extensions = value.get("variables"), value.get("extensions")
    if operation is not None and not isinstance(operation, str):
        raise _malformed("invalid_request", "`operationName` is a string.")
    if variables is not None and not isinstance(variables, dict):
        raise _malformed("invalid_request", "`variables` is an object.")
    if extensions is not None and not isinstance(extensions, dict):
        raise _malformed("invalid_request", "`extensions` is an object.")
    sha256 = _persisted(extensions or {})
    if text is None and sha256 is None:
        raise _malformed("invalid_request", "The request has no `query`.")
    if text is not None and not isinstance(text, str):
        raise _malformed("invalid_request", "`query` is a string.")
    return Asked(text, operation, variables or {}, sha256)


def _persisted(extensions: dict[str, Any]) -> str | None:
    """The hash that automatic persisted queries send."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if (
        not isinstance(digest, str)
        or len(digest) != 64
        or not all(character in "0123456789abcdef" for character in digest)
    ):
        raise _malformed(
            "invalid_request", "`extensions.persistedQuery.sha256Hash` is 64 lower-case hexadecimal digits."
        )
    return digest


def _too_large(message: str) -> Refused:
    hint = "Send many rows through REST or the load endpoint."
    return Refused.because("body_too_large", message, hint, status=413, malformed=True)


def _malformed(code: str, message: str) -> Refused:
    return Refused.because(code, message, malformed=True)
