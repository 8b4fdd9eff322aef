"""Log lines: JSON whatever was logged, and nothing secret in them."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.nouns import KeyRole
from dbaas_provisioning.secrets import new_api_key
from dbaas_server.logs import JsonLines

KEY = new_api_key(KeyRole.service_role)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
URL = "postgresql://owner:pa55w0rd@127.0.0.1:5432/shop"
SECRETS = (KEY, JWT, "pa55w0rd")


def line(message: object, *args: object, exc_info: object = None) -> dict:
    record = logging.LogRecord("dbaas.test", logging.ERROR, "here.py", 1, message, args, exc_info)
    text = JsonLines().format(record)
    assert "\n" not in text
    assert not any(secret in text for secret in SECRETS), text
    return json.loads(text)


@pytest.mark.parametrize(
    "message",
    [
        f"refused {KEY}",
        json.dumps({"path": f"/v1/x?apikey={KEY}", "nested": {"token": JWT, "list": [URL, 1, None, True]}}),
        json.dumps({KEY: "a key as a name"}),
        f'{{"cut off": "{URL}"',
        f'["{URL}", "http://x:", "@"]',
        f'{{"url": "http://x:", "then": "{JWT}@"}}',
    ],
)  # fmt: skip
def test_a_line_is_json_without_keys_tokens_and_passwords(message: str) -> None:
    assert line(message)["logger"] == "dbaas.test"


def test_what_is_not_secret_is_kept() -> None:
    assert line('{"status": 500, "ms": 1.5, "path": "/v1/shop", "none": null}')["path"] == "/v1/shop"
    kept = line('{"status": 500, "ms": 1.5, "path": "/v1/shop", "none": null, "at all": [true, "x"]}')
    assert (kept["status"], kept["ms"], kept["none"], kept["at all"]) == (500, 1.5, None, [True, "x"])
    assert line("%s of %d", "two", 3)["message"] == "two of 3"


def test_an_exceptions_text_is_redacted_too() -> None:
    try:
        raise ValueError(f"no connection to {URL} with {KEY}")
    except ValueError:
        told = line("it failed", exc_info=sys.exc_info())
    assert "ValueError: no connection to postgresql://owner:***@127.0.0.1:5432/shop" in told["exception"]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.sampled_from(SECRETS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(SECRETS), inner),
)


@given(st.dictionaries(st.text(), json_values), st.text(st.characters()))
def test_any_message_makes_one_line_of_json(fields: dict, text: str) -> None:
    logged = JsonLines().format(logging.LogRecord("l", logging.INFO, "", 1, json.dumps(fields), (), None))
    assert isinstance(json.loads(logged), dict)
    assert not any(secret in logged for secret in (KEY, JWT))
    assert isinstance(line(text.replace("pa55w0rd", "")), dict)
