"""How a path finds its route."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_server.routes import ROUTER
from dbaas_server.routing import Guard, Route, Router


@pytest.mark.parametrize(
    ("path", "pattern", "params"),
    [
        ("/healthz", "/healthz", {}),
        ("/v1/tenants", "/v1/tenants", {}),
        ("/v1/acme/databases/shop", "/v1/{tenant}/databases/{database}", {"tenant": "acme", "database": "shop"}),
        ("/v1/acme/data/a%2Fb", "/v1/{tenant}/data/{table}", {"tenant": "acme", "table": "a/b"}),
        (
            "/v1/acme/data/t/1%2C2",
            "/v1/{tenant}/data/{table}/{record}",
            {"tenant": "acme", "table": "t", "record": "1,2"},
        ),
        ("/p/acme/shop/rest/v1/", "/p/{tenant}/{database}/rest/v1", {"tenant": "acme", "database": "shop"}),
        (
            "/p/acme/shop/rest/v1/rpc/f",
            "/p/{tenant}/{database}/rest/v1/rpc/{function}",
            {"tenant": "acme", "database": "shop", "function": "f"},
        ),
    ],
)
def test_a_path_finds_its_route(path: str, pattern: str, params: dict[str, str]) -> None:
    route, found = ROUTER.find(path)
    assert route.pattern == pattern
    assert found == params


@pytest.mark.parametrize(
    "path", ["/", "", "/v2", "/v1/acme/data", "/v1//data/t", "/p/acme/shop/rest/v2/t", "/v1/a/data/t/1/2"]
)
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound) as raised:
        ROUTER.find(path)
    assert raised.value.code == "no_such_url"


@pytest.mark.parametrize("path", ["/v1/acme/data/%ff", "/v1/acme/databases/sh%00op/editor/run", "/v1/tenants/%00"])
def test_what_no_name_can_have_is_refused(path: str) -> None:
    with pytest.raises(Invalid) as raised:
        ROUTER.find(path)
    assert raised.value.code == "invalid_url"


@given(st.text(alphabet="/%v1p{}abc\x00é.", max_size=60))
def test_no_path_breaks_the_router(path: str) -> None:
    try:
        route, params = ROUTER.find(path)
    except (NotFound, Invalid):
        return
    assert set(params) == {part[1:-1] for part in route.pattern.split("/") if part.startswith("{")}


def test_a_table_of_routes_that_contradicts_itself_is_refused() -> None:
    one = Route("/a/{x}", Guard.public, {})
    with pytest.raises(ValueError, match="twice"):
        Router((one, one))
    with pytest.raises(ValueError, match="elsewhere"):
        Router((one, Route("/a/{y}/b", Guard.public, {})))
