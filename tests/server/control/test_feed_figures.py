"""``…/databases/{db}/feed``: how a feed is doing, for the platform's operator and for nobody else."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from dbaas_server.changes import parse_position
from events_client import events
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from waiting import eventually

NAMES = {
    "state", "slot", "wal_status", "retained_bytes", "left_bytes", "lag_bytes", "lag_seconds", "position",
    "oldest_position", "history_bytes", "followers", "last_error", "last_error_at", "looked_at",
}  # fmt: skip


async def test_an_operator_sees_how_a_feed_is_doing(live: LivePlatform) -> None:
    project = new_project(live)
    path = f"/v1/{project.tenant}/databases/app/feed"
    with live.operator() as operator:
        told = operator.get(path)
        assert (told.status_code, set(told.json())) == (200, NAMES)
        async with events(project, project.secret, table="orders") as opened:
            position = (await opened.next())["id"]
            # What the engine keeps is not known while it is too busy to be asked.
            figures = eventually(
                lambda: operator.get(path).json(), lambda seen: seen["state"] == "live" and seen["wal_status"]
            )
        assert figures["followers"] >= 1
        assert figures["wal_status"] == "reserved"
        newest, told_of, oldest = (
            parse_position(each) for each in (figures["position"], position, figures["oldest_position"])
        )
        assert newest.epoch == told_of.epoch == oldest.epoch
        assert newest.order >= told_of.order >= oldest.order


async def test_the_command_shows_it(realtime: LiveProject) -> None:
    told = realtime.live.json("info", f"{realtime.tenant}/app")
    assert set(told["feed"]) == NAMES
    assert told["realtime_url"] == f"{realtime.base.replace('http', 'ws', 1)}/realtime/v1"
    text = realtime.live.cli("info", f"{realtime.tenant}/app").stdout
    fields = dict(line.split(maxsplit=1) for line in text.splitlines() if len(line.split()) > 1)
    assert fields["feed_slot"] == told["feed"]["slot"]
    assert fields["feed"] in ("ready", "live", "starting")
    refused = realtime.live.cli("info", f"{realtime.tenant}/nowhere")
    assert refused.returncode == 1 and "database_not_found" in refused.stderr


def test_nobody_but_an_operator_is_told(live: LivePlatform, realtime: LiveProject) -> None:
    other = new_project(live)
    url = f"{live.url}/v1/{realtime.tenant}/databases/app/feed"
    expired = {"Authorization": f"Bearer {realtime.token('ann', seconds=-60)}"}
    strangers: list[tuple[dict[str, str], int]] = [
        ({}, 401), ({"apikey": "dbk_a_guess"}, 401), ({"Authorization": "Bearer dbt_x.y"}, 401), (expired, 403),
        ({"apikey": realtime.anon}, 403), ({"apikey": realtime.secret}, 403), ({"apikey": other.secret}, 403),
        ({"Authorization": f"Bearer {other.token('ann')}"}, 403),
    ]  # fmt: skip
    for headers, status in strangers:
        answer = httpx.get(url, headers=headers)
        assert answer.status_code == status, (headers, answer.text)
        assert not NAMES & set(answer.json()), answer.text


@pytest.mark.parametrize("name", ["x' or true --", "../../tenants", 'app"; drop table orders; --', "dbaas_%", "\u202e"])
def test_a_name_that_nobody_has_is_no_way_in(realtime: LiveProject, name: str) -> None:
    with realtime.live.operator() as operator:
        for path in (
            f"/v1/{realtime.tenant}/databases/{quote(name, safe='')}/feed",
            f"/v1/{quote(name, safe='')}/databases/app/feed",
        ):
            answer = operator.get(path)
            assert answer.status_code == 404, answer.text
            assert answer.json()["code"] in ("database_not_found", "tenant_not_found")
