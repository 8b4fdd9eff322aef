"""The bare HTTP server: framing, early ends, strangers with large bodies."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from live_platform import LivePlatform


@pytest.fixture(scope="module")
def answering(live: LivePlatform) -> tuple[str, dict[str, str]]:
    """Functions that say what the response should be, and a key that may call them."""
    tenant = live.new_tenant()
    dsn = live.json("create", "postgres", "db", "--tenant", tenant)["connection_string"]
    with psycopg.connect(dsn) as owner:
        owner.execute(
            """create function answer(status text, headers text) returns text language plpgsql as $$ begin
            perform set_config('response.status', status, true), set_config('response.headers', headers, true);
            return 'body'; end $$;
            create function refuse(message text, detail text) returns text language plpgsql as $$ begin
            raise sqlstate 'PGRST' using message = message, detail = detail; end $$"""
        )
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    return f"{live.url}/v1/{tenant}/rpc/answer", {"apikey": key}


def call(answering: tuple[str, dict[str, str]], status: str, headers: str = "[]") -> httpx.Response:
    url, key = answering
    return httpx.post(url, headers=key, json={"status": status, "headers": headers})


def test_a_function_chooses_status_and_headers(answering: tuple[str, dict[str, str]]) -> None:
    answer = call(answering, "202", '[{"X-Own": "yes"}]')
    assert (answer.status_code, answer.headers["x-own"], answer.json()) == (202, "yes", "body")


def test_a_function_cannot_say_where_the_message_ends(answering: tuple[str, dict[str, str]]) -> None:
    answer = call(
        answering, "200", '[{"Transfer-Encoding": "chunked"}, {"Content-Length": "1"}, {"Connection": "close"}]'
    )
    assert answer.json() == "body"
    assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "headers": {"Content-Length": "0", "Transfer-Encoding": "chunked", "X-Own": "yes"}},
        {"status": 100, "headers": {}},
        {"status": 200, "headers": {"X y: z": "a"}},
        {"status": 200, "headers": {"X": "a\r\nSet-Cookie: b"}},
        {"status": 200, "headers": {"\u2028": "a"}},
    ],
)
def test_nor_can_an_error_that_it_raises(answering: tuple[str, dict[str, str]], answer: dict[str, object]) -> None:
    url, key = answering
    body = {"message": json.dumps({"code": "own", "message": "said"}), "detail": json.dumps(answer)}
    with httpx.Client(headers=key) as http:
        for _ in range(2):  # on one connection
            got = http.post(url.replace("answer", "refuse"), json=body)
            assert "said" in got.json()["message"]
            assert "set-cookie" not in got.headers and "transfer-encoding" not in got.headers
            assert got.headers.get_list("content-length") == [str(len(got.content))]


def test_an_answer_without_content_has_no_body_and_keeps_its_connection(answering: tuple[str, dict[str, str]]) -> None:
    url, key = answering
    with httpx.Client(headers=key) as http:
        for _ in range(3):
            answer = http.post(url, json={"status": "204", "headers": "[]"})
            assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("100", "[]"),
        ("99999", "[]"),
        ("200", '[{"X": "a\\r\\nSet-Cookie: b"}]'),
        ("200", '[{"a b": "c"}]'),
        ("200", '[{"X": "\\u2028"}]'),
    ],
)
def test_what_is_no_header_or_status_is_refused(
    answering: tuple[str, dict[str, str]], status: str, headers: str
) -> None:
    answer = call(answering, status, headers)
    assert answer.status_code >= 400, answer.text
    assert answer.json()["code"] in {"PGRST111", "PGRST112"}


def test_a_stranger_is_refused_before_a_large_body_is_read(answering: tuple[str, dict[str, str]]) -> None:
    where = urlsplit(answering[0])
    with socket.create_connection((where.hostname, where.port), timeout=20) as client:
        head = f"POST {where.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n"
        client.sendall(head.encode())
        answer = client.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 401")
    assert "connection: close" in answer.lower()


def test_a_large_body_of_somebody_known_is_read(answering: tuple[str, dict[str, str]]) -> None:
    url, key = answering
    answer = httpx.post(url, headers=key, json={"status": "200", "headers": "[]" + " " * 1_000_000})
    assert answer.json() == "body"


def test_a_body_past_the_bound_is_refused(live: LivePlatform) -> None:
    with live.operator() as http:
        answer = http.post("/v1/tenants", content=(b" " * 1_000_000 for _ in range(80)))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_credential_of_absurd_length_is_refused(answering: tuple[str, dict[str, str]]) -> None:
    url, key = answering
    for headers in ({"apikey": "dbk_s_" + "x" * 20_000}, {**key, "Authorization": "Bearer a.b." + "c" * 20_000}):
        assert httpx.post(url, headers=headers, json={}).status_code == 401
