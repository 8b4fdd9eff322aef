"""Which Hub a server serves, and which credentials can be its users'."""

from __future__ import annotations

import pytest

from dbaas_provisioning.errors import DbaasError, Invalid, Unavailable
from dbaas_server.auth.hub import Hub, HubSettings, may_be_hubs
from live_platform import free_port

SERVICE = {
    "JUPYTERHUB_SERVICE_NAME": "dbaas",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api/",
    "JUPYTERHUB_API_TOKEN": "of-the-service",
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services", "access:services!service=dbaas"]',
}


def given(environ: dict[str, str]) -> HubSettings | None:
    return HubSettings.given(environ, "hub", admins_operate=False)


def test_only_a_service_has_a_hub() -> None:
    found = given(SERVICE)
    assert found is not None and found.api_url == "http://127.0.0.1:8081/hub/api"
    assert found.scopes == {"access:services", "access:services!service=dbaas"}
    assert "of-the-service" not in repr(found)
    single_user = {name: value for name, value in SERVICE.items() if name != "JUPYTERHUB_SERVICE_NAME"}
    assert given(single_user) is None
    assert given({}) is None


@pytest.mark.parametrize(
    "missing",
    [
        {"JUPYTERHUB_API_URL": ""},
        {"JUPYTERHUB_API_TOKEN": ""},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES": "["},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES": "[]"},
    ],
)
def test_half_of_a_service_is_refused(missing: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        given(SERVICE | missing)
    assert refused.value.code == "hub_incomplete"


@pytest.mark.parametrize(
    ("credential", "can_be"),
    [
        ("0123456789abcdef0123456789abcdef", True),
        ("dbk_s_0123456789abcdef0123456789abcdef", False),
        ("dbt_0123456789abcdef0123456789abcdef", False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", False),
        ("", False),
        ("short", False),
        ("0123456789abcdef\n0123456789abcdef", False),
        ("x" * 201, False),
    ],
)
def test_what_is_ours_or_signed_is_never_sent_to_a_hub(credential: str, can_be: bool) -> None:
    assert may_be_hubs(credential) is can_be


async def test_a_hub_that_does_not_answer_lets_nobody_in() -> None:
    hub = Hub(HubSettings("hub", f"http://127.0.0.1:{free_port()}/hub/api", "dbaas", frozenset({"s"}), "t"))
    with pytest.raises(DbaasError) as refused:
        await hub.user("0123456789abcdef0123456789abcdef")
    assert isinstance(refused.value, Unavailable) and refused.value.code == "hub_unreachable"
    assert "0123456789abcdef" not in str(refused.value.as_dict())
    await hub.close()
