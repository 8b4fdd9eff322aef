"""Signing in with an OpenID provider, against a real one with keys of its own."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from live_platform import LivePlatform
from oidc_provider import AUDIENCE, Provider, running_provider
from waiting import eventually


@pytest.fixture
def provider(live: LivePlatform) -> Iterator[Provider]:
    """One that is registered while the test runs."""
    with running_provider() as made:
        name = f"p{secrets.token_hex(5)}"
        live.json("oidc", "add", name, "--issuer", made.url, "--audience", AUDIENCE)
        eventually(lambda: made.url in [one["issuer"] for one in httpx.get(f"{live.url}/v1/token/oidc").json()])
        yield made
        live.json("oidc", "remove", name)


def exchange(live: LivePlatform, token: Any, **more: Any) -> httpx.Response:
    return httpx.post(f"{live.url}/v1/token/oidc", json={"id_token": token, **more})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


INVALID = (401, "id_token_invalid")


def test_who_signs_in_is_a_person_with_rights(live: LivePlatform, provider: Provider) -> None:
    person, tenant = f"oidc:{provider.url}#ann", live.new_tenant()
    live.json("members", "invite", tenant, person, "own")
    answer = exchange(live, provider.token())
    assert (answer.status_code, answer.json()["person"]) == (200, person)
    assert answer.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    with httpx.Client(base_url=live.url, headers=headers) as http:
        assert [one["subdomain"] for one in http.get("/v1/tenants").json()] == [tenant]
        assert http.get("/v1/platform").json()["person"] == person
    other = exchange(live, provider.token(sub="bob")).json()
    headers = {"Authorization": f"Bearer {other['token']}"}
    assert httpx.get(f"{live.url}/v1/tenants", headers=headers).json() == []
    assert provider.token() not in str(live.json("audit", "--actor", person))


def test_keys_are_asked_for_once_and_again_when_there_is_a_new_one(live: LivePlatform, provider: Provider) -> None:
    for _ in range(3):
        assert exchange(live, provider.token()).status_code == 200
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
    provider.add_key("second", algorithm="ES256")
    eventually(lambda: exchange(live, provider.token("second", "ES256")).status_code == 200)
    asked = len(provider.asked)
    provider.private["unknown"] = provider.private["first"]
    for _ in range(5):
        assert refusal(exchange(live, provider.token("unknown"))) == INVALID
    assert len(provider.asked) - asked <= 2, "unknown keys are not worth a question each"
    provider.documents["/keys"] = 500
    assert exchange(live, provider.token()).status_code == 200, "what is known holds while it does not answer"


MADE_FOR_SOMETHING_ELSE: list[dict[str, Any]] = [
    {"aud": "another"},
    {"aud": ["another", "third"]},
    {"aud": [AUDIENCE, "another"]},  # whose it is would have to be said
    {"aud": AUDIENCE, "azp": "another"},
    {"aud": None},
    {"sub": None},
    {"sub": ""},
    {"sub": "a\nb"},
    {"sub": 7},
    {"exp": None},
    {"iat": None},
    {"iat": 4_000_000_000},
    {"nbf": 4_000_000_000},
    {"exp": float("inf")},
    {"iss": "https://elsewhere.example"},
    {"iss": ["x"]},
    {"iss": None},
]


def test_a_token_that_was_made_for_something_else_is_refused(live: LivePlatform, provider: Provider) -> None:
    for claims in MADE_FOR_SOMETHING_ELSE:
        assert refusal(exchange(live, signed(provider, claims))) == INVALID, claims
    assert not set(provider.asked) - {"/.well-known/openid-configuration", "/keys"}


def signed(provider: Provider, claims: dict[str, Any]) -> str:
    """A token with claims that no library would sign."""
    payload = json.dumps(provider.claims(**claims)).encode()
    return jwt.PyJWS().encode(payload, provider.private["first"], algorithm="RS256", headers={"kid": "first"})


def test_several_audiences_name_whose_it_is(live: LivePlatform, provider: Provider) -> None:
    token = provider.token(aud=[AUDIENCE, "another"], azp=AUDIENCE)
    assert exchange(live, token).status_code == 200


def test_a_token_that_expired_says_so(live: LivePlatform, provider: Provider) -> None:
    assert refusal(exchange(live, provider.token(exp=int(time.time()) - 120))) == (401, "token_expired")


def test_a_nonce_has_to_be_the_one_of_the_sign_in(live: LivePlatform, provider: Provider) -> None:
    assert exchange(live, provider.token(nonce="n-1"), nonce="n-1").status_code == 200
    for token in (provider.token(nonce="n-2"), provider.token()):
        assert refusal(exchange(live, token, nonce="n-1")) == INVALID


def test_a_provider_signs_with_its_keys_and_allowed_algorithms(live: LivePlatform, provider: Provider) -> None:
    own = provider.private["first"]
    public = own.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    provider.add_key("weak", bits=1024)
    provider.add_key("for encryption", use="enc")
    with running_provider() as other:
        forged = [
            jwt.encode(provider.claims(), "", algorithm="none"),
            keyed_with(public, provider.claims()),
            jwt.encode(provider.claims(), own, algorithm="RS512", headers={"kid": "first"}),
            jwt.encode(provider.claims(), other.private["first"], algorithm="RS256", headers={"kid": "first"}),
            jwt.encode(provider.claims(), own, algorithm="RS256", headers={"kid": "weak"}),
            jwt.encode(provider.claims(), provider.private["for encryption"], algorithm="RS256",
                       headers={"kid": "for encryption"}),
            provider.token()[:-8] + "AAAAAAAA",
            other.token(),
            other.token(iss=provider.url),
        ]  # fmt: skip
        for token in (*forged, "", "a.b.c", "..", "x" * 20_000, part({"alg": ["RS256"]}) + "." + part({}) + "."):
            assert refusal(exchange(live, token)) == INVALID, token
        assert other.asked == [], "nobody is asked who is not registered"
    assert refusal(exchange(live, 7)) == (400, "invalid_field")
    assert refusal(exchange(live, provider.token("weak"))) == INVALID, "a key that can be broken"


def keyed_with(key: bytes, claims: dict[str, Any]) -> str:
    """As if what everybody knows were a secret."""
    text = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(claims)}"
    mark = hmac.new(key, text.encode(), "sha256").digest()
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", 404),
        ("/.well-known/openid-configuration", b"[]"),
        ("/.well-known/openid-configuration", b"<html>"),
        ("/.well-known/openid-configuration", {"issuer": "https://elsewhere.example", "jwks_uri": "{url}/keys"}),
        ("/.well-known/openid-configuration", {"issuer": "{url}", "jwks_uri": "http://198.51.100.1/keys"}),
        ("/.well-known/openid-configuration", {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"}),
        ("/.well-known/openid-configuration", {"issuer": "{url}"}),
        ("/keys", "{url}/elsewhere"),
        ("/keys", b'{"keys": [' + b'"x",' * 200_000 + b'"x"]}'),
        ("/keys", {"keys": "none"}),
    ],
)
def test_what_a_provider_should_not_say_is_not_followed(
    live: LivePlatform, provider: Provider, path: str, answer: Any
) -> None:
    if not isinstance(answer, bytes | int):
        answer = json.loads(json.dumps(answer).replace("{url}", provider.url))
    provider.documents[path] = answer
    assert refusal(exchange(live, provider.token())) == (503, "provider_unreachable")
    assert "/elsewhere" not in provider.asked
    asked = len(provider.asked)
    assert exchange(live, provider.token()).status_code == 503
    assert len(provider.asked) == asked, "it is given a moment"


def test_removing_a_provider_signs_everybody_out(live: LivePlatform) -> None:
    with running_provider() as made:
        live.json("oidc", "add", "gone", "--issuer", made.url, "--audience", AUDIENCE)
        eventually(lambda: exchange(live, made.token()).status_code == 200)
        headers = {"Authorization": f"Bearer {exchange(live, made.token()).json()['token']}"}
        assert httpx.get(f"{live.url}/v1/tenants", headers=headers).status_code == 200
        live.json("oidc", "remove", "gone")
        eventually(lambda: httpx.get(f"{live.url}/v1/tenants", headers=headers).status_code == 401)
        eventually(lambda: refusal(exchange(live, made.token())) == INVALID)
        assert live.cli("tokens", "create", f"oidc:{made.url}#ann").returncode == 1


@pytest.mark.parametrize(
    ("name", "issuer", "audience", "said"),
    [
        ("x", "http://id.example", "a", "invalid_issuer"),
        ("x", "https://id.example/?x=1", "a", "invalid_issuer"),
        ("x", "https://u:p@id.example", "a", "invalid_issuer"),
        ("x", "https://id.example#x", "a", "invalid_issuer"),
        ("x", "ftp://id.example", "a", "invalid_issuer"),
        ("x", "https://", "a", "invalid_issuer"),
        ("x", "https://id.example:port", "a", "invalid_issuer"),
        ("X'", "https://id.example", "a", "invalid_name"),
        ("x", "https://id.example", "", "invalid_audience"),
    ],
)
def test_only_providers_that_cannot_be_played_are_registered(
    live: LivePlatform, name: str, issuer: str, audience: str, said: str
) -> None:
    answer = live.cli("oidc", "add", name, "--issuer", issuer, "--audience", audience)
    assert answer.returncode == 1
    assert f"[{said}]" in answer.stderr
