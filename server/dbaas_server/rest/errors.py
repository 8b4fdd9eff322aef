"""Errors of the core and of the engine as PostgREST's clients know them: one table, one renderer.

The source of codes and statuses is PostgREST's public error reference; what it leaves open is decided here.
"""

from __future__ import annotations

import orjson

from dbaas_provisioning.errors import DbaasError, Unavailable

from ..http import Response, json_response, settable, status_of

__all__ = ["CODES", "RETRY_AFTER_SECONDS", "error_response", "rest_code", "rest_status"]

RETRY_AFTER_SECONDS = 1

CODES: dict[str, tuple[str, int]] = {
    "invalid_json": ("PGRST102", 400),
    "not_single": ("PGRST116", 406),
    "too_many_affected": ("PGRST124", 400),
    "embed_not_to_one": ("PGRST118", 400),
    "unknown_relationship": ("PGRST200", 400),
    "ambiguous_relationship": ("PGRST201", 300),
    "unknown_function": ("PGRST202", 404),
    "ambiguous_function": ("PGRST203", 300),
    "unknown_column": ("PGRST204", 400),
    "unknown_table": ("PGRST205", 404),
    "unsupported_media_type": ("PGRST102", 415),
    "not_embedded": ("PGRST108", 400),
    "key_mismatch": ("PGRST115", 400),
    "read_only_table": ("read_only_table", 405),
    "geojson_unsupported": ("PGRST107", 406),
    "limit_unsupported": ("limit_unsupported", 400),
}
"""Neutral code of the core → the code that clients know, and its status."""

_STATUS: dict[str, int] = {
    "PGRST100": 400, "PGRST101": 405, "PGRST102": 400, "PGRST103": 416, "PGRST105": 405, "PGRST106": 406,
    "PGRST107": 406, "PGRST108": 400, "PGRST109": 400, "PGRST111": 500, "PGRST112": 500, "PGRST114": 400,
    "PGRST115": 400, "PGRST116": 406, "PGRST117": 405, "PGRST118": 400, "PGRST122": 400, "PGRST124": 400,
    "PGRST200": 400, "PGRST201": 300, "PGRST202": 404, "PGRST203": 300, "PGRST204": 400, "PGRST205": 404,
    "PGRST301": 401, "PGRST302": 401, "PGRST303": 401,
    "embed_too_deep": 400, "not_found": 404, "outcome_unknown": 503, "too_busy": 503,
}  # fmt: skip

_SQLSTATE: dict[str, int] = {
    "23503": 409,  # foreign key
    "23505": 409,  # unique
    "25006": 405,  # a write in a read-only transaction: a GET of a function that writes
    "42P01": 404, "42883": 404,
    "57014": 504,  # canceled: the statement took too long
}  # fmt: skip

_SQLSTATE_CLASS: dict[str, int] = {
    "08": 503,  # connection
    "40": 503,  # rolled back for another transaction's sake: trying again may work
    "53": 503,  # out of resources
    "57": 503,  # operator intervention
    "58": 500, "XX": 500,  # the engine's own faults
}  # fmt: skip


def rest_code(code: str) -> str:
    """The code that a client sees."""
    return CODES[code][0] if code in CODES else code


def rest_status(error: DbaasError, role: str) -> int:
    """The status of an error for a caller of this role."""
    code = error.code
    if code in CODES:
        return CODES[code][1]
    if code in _STATUS:
        return _STATUS[code]
    if len(code) != 5 or (code.lower() == code and not code.isdigit()):
        return status_of(error)
    if code == "42501":
        return 401 if role == "anon" else 403
    if code.startswith("PT") and code[2:].isdigit() and 200 <= int(code[2:]) <= 599:
        return int(code[2:])  # raised by a function to choose its own status
    return _SQLSTATE.get(code) or _SQLSTATE_CLASS.get(code[:2], 400)


def error_response(error: DbaasError, role: str = "anon") -> Response:
    """An error as status and ``{code, message, details, hint}``.

    Args:
        error: of the core, of the engine, or of this door.
        role: the caller's; a refusal means 401 to the anonymous and 403 to others.
    """
    if error.code == "PGRST":
        raised = _raised(error)
        if raised is not None:
            return raised
    status = rest_status(error, role)
    headers: list[tuple[str, str]] = []
    if status == 503 or isinstance(error, Unavailable):
        headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="dbaas"'))
    body = {**error.as_dict(), "code": rest_code(error.code)}
    return json_response(body, status, headers)


def _raised(error: DbaasError) -> Response | None:
    """A function's own answer: SQLSTATE ``PGRST``, JSON body in the message, status and headers in the detail."""
    try:
        body, answer = orjson.loads(error.message), orjson.loads(error.details or "")
        status = int(answer["status"])
        if not 200 <= status <= 599:
            return None
        body = {key: body.get(key) for key in ("code", "message", "details", "hint")}
        headers = settable((str(name), str(value)) for name, value in answer.get("headers", {}).items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return json_response(body, status, list(headers))
