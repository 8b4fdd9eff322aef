"""The table of errors: codes and statuses that PostgREST's clients know."""

from __future__ import annotations

import orjson
import pytest

from dbaas_provisioning.errors import Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from dbaas_server.engine import OutcomeUnknown, QueryError, TooBusy
from dbaas_server.rest.errors import error_response

SQLSTATES = {
    "23503": 409, "23505": 409, "42P01": 404, "42883": 404, "25006": 405, "08006": 503, "08000": 503, "57P01": 503,
    "53300": 503, "40001": 503, "57014": 504, "22P02": 400, "42703": 400, "23502": 400, "23514": 400, "P0001": 400,
    "54001": 400, "42601": 400, "21000": 400, "XX000": 500, "PT402": 402, "PT204": 204, "PT999": 400,
}  # fmt: skip


@pytest.mark.parametrize(("code", "status"), SQLSTATES.items())
def test_an_sqlstate_has_its_status(code, status):
    answer = error_response(QueryError(code, "no", details="why", hint="how"), "authenticated")
    assert answer.status == status
    assert orjson.loads(answer.body) == {"code": code, "message": "no", "details": "why", "hint": "how"}


@pytest.mark.parametrize(("role", "status"), [("anon", 401), ("authenticated", 403), ("service_role", 403)])
def test_a_refused_privilege_asks_the_anonymous_who_they_are(role, status):
    answer = error_response(QueryError("42501", "permission denied"), role)
    assert answer.status == status
    assert ("WWW-Authenticate" in dict(answer.headers)) == (status == 401)


CODES = {
    "not_single": ("PGRST116", 406), "too_many_affected": ("PGRST124", 400), "unknown_relationship": ("PGRST200", 400),
    "ambiguous_relationship": ("PGRST201", 300), "unknown_function": ("PGRST202", 404),
    "ambiguous_function": ("PGRST203", 300), "unknown_column": ("PGRST204", 400), "unknown_table": ("PGRST205", 404),
    "PGRST100": ("PGRST100", 400), "PGRST103": ("PGRST103", 416), "PGRST106": ("PGRST106", 406),
    "PGRST107": ("PGRST107", 406), "PGRST301": ("PGRST301", 401), "PGRST303": ("PGRST303", 401),
    "embed_too_deep": ("embed_too_deep", 400), "bad_cursor": ("bad_cursor", 400), "uri_too_long": ("uri_too_long", 414),
    "body_too_large": ("body_too_large", 413), "unsupported_media_type": ("PGRST102", 415),
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_a_neutral_code_becomes_the_one_that_clients_know(code, expected):
    answer = error_response(Invalid(code, "no"))
    assert (orjson.loads(answer.body)["code"], answer.status) == expected


def test_other_errors_go_by_their_class():
    assert error_response(Unauthorized("invalid_key", "no")).status == 401
    assert error_response(Forbidden("role_refused", "no")).status == 403
    assert error_response(NotFound("not_found", "no")).status == 404


@pytest.mark.parametrize(
    "error",
    [Unavailable("database_unavailable", "no"), TooBusy("too_busy", "no"), OutcomeUnknown("outcome_unknown", "no")],
)
def test_what_may_work_later_says_when_to_try_again(error):
    answer = error_response(error)
    assert answer.status == 503
    assert dict(answer.headers)["Retry-After"] == "1"


def test_a_function_may_answer_for_itself():
    error = QueryError(
        "PGRST",
        '{"code":"pay_first","message":"Pay first","details":"d","hint":"h"}',
        details='{"status":402,"headers":{"X-Powered-By":"coins"}}',
    )
    answer = error_response(error)
    assert answer.status == 402
    assert orjson.loads(answer.body)["code"] == "pay_first"
    assert ("X-Powered-By", "coins") in answer.headers


@pytest.mark.parametrize(
    ("message", "details"),
    [
        ("x", None),
        ("{}", "{}"),
        ("{}", '{"status":9000}'),
        ("[]", '{"status":400}'),
        ("{}", '{"status":400,"headers":{"a\\r\\n":"b"}}'),
    ],
)
def test_a_functions_malformed_answer_is_an_ordinary_error(message, details):
    assert error_response(QueryError("PGRST", message, details=details)).status == 400
