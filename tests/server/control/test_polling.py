"""Asking again and again without being sent the same again."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from live_platform import LivePlatform


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


@pytest.fixture(scope="module")
def tenant(live: LivePlatform, http: httpx.Client) -> str:
    tenant = live.new_tenant()
    assert http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).status_code == 201
    return tenant


def settled(http: httpx.Client, url: str) -> httpx.Response:
    """An answer that is followed by its like: figures of connections move while some are opened."""
    for _ in range(50):
        answer = http.get(url)
        again = http.get(url, headers={"If-None-Match": answer.headers["ETag"]})
        if again.status_code == 304:
            assert again.content == b"" and again.headers["ETag"] == answer.headers["ETag"]
            return answer
    raise AssertionError("nothing ever stays the same")


@pytest.mark.parametrize("path", ["databases", "databases/shop/schema"])
def test_what_did_not_change_is_not_sent_again(http: httpx.Client, tenant: str, path: str) -> None:
    url = f"/v1/{tenant}/{path}"
    answer = settled(http, url)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    tag = answer.headers["ETag"]
    for known in (f"W/{tag}", f'"other", {tag}', "*"):
        assert http.get(url, headers={"If-None-Match": known}).status_code == 304
    assert http.get(url, headers={"If-None-Match": '"other"'}).json() == answer.json()


def test_what_changed_is_sent(http: httpx.Client, tenant: str) -> None:
    url = f"/v1/{tenant}/databases/shop/schema"
    tag = settled(http, url).headers["ETag"]
    http.post(f"/v1/{tenant}/query", json={"query": "create table another (id int primary key)"})
    answer = http.get(url, headers={"If-None-Match": tag})
    assert answer.status_code == 200 and "another" in answer.text


def test_a_tag_opens_nothing(live: LivePlatform, http: httpx.Client, tenant: str) -> None:
    for path in ("databases", "databases/shop/schema"):
        answer = httpx.get(f"{live.url}/v1/{tenant}/{path}", headers={"If-None-Match": "*"})
        assert answer.status_code == 401


def test_the_time_that_jupyterlab_appends_is_no_field(http: httpx.Client, tenant: str) -> None:
    answer = http.get(f"/v1/{tenant}/databases/shop/editor/history?limit=50&1764000000000")
    assert answer.json() == {"entries": [], "more": False}
    assert http.get(f"/v1/{tenant}/databases/shop/editor/history?1764000000000=x").status_code == 400
