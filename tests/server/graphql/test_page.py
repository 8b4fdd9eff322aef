"""GraphiQL on the stand-alone server. That it works in a browser is tested where the browsers are."""

from __future__ import annotations

import re

import httpx
import pytest

from live_platform import LivePlatform

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/v1/nobody/graphql", "/p/nobody/nothing/graphql/v1", "/v1/nobody/graphql/"])
def test_a_browser_gets_the_page_before_anybody_says_who_they_are(live: LivePlatform, path: str) -> None:
    with httpx.Client(base_url=live.url) as http:
        page = http.get(path, headers={"Accept": BROWSER})
        assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assets = re.findall(r'(?:src|href)="(\.\./[^"]+)"', page.text)
        assert len(assets) == 2
        for asset in assets:
            url = page.url.join(asset)
            packed = http.get(url)
            assert packed.status_code == 200 and packed.headers["content-encoding"] == "gzip"
            plain = http.get(url, headers={"Accept-Encoding": "identity"})
            assert plain.content == packed.content and "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "application/graphql-response+json", "text/html, application/json;q=0.1"],
)
def test_a_client_is_asked_for_its_key(live: LivePlatform, accept: str) -> None:
    tenant = live.new_tenant()
    answer = httpx.get(f"{live.url}/v1/{tenant}/graphql?query={{__typename}}", headers={"Accept": accept})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "PGRST302"


@pytest.mark.parametrize("name", ["page.py", "..%2Fpage.py", "graphiql.js.map", "%00", "graphiql.js%2F.."])
def test_nothing_but_the_pages_files_is_served(live: LivePlatform, name: str) -> None:
    assert httpx.get(f"{live.url}/graphiql/{name}").status_code in (400, 404)
