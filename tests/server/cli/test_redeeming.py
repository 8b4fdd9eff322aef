"""Becoming a member by an invitation, in a terminal that is logged in elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from live_platform import LivePlatform, without_platform


def test_an_invitation_is_redeemed_where_one_is_logged_in(live: LivePlatform, tmp_path: Path) -> None:
    tenant = live.new_tenant()
    invitation = live.json("members", "invite", tenant, "ann", "own")["token"]
    nowhere = without_platform(os.environ) | {"XDG_CONFIG_HOME": str(tmp_path)}
    there = nowhere | {"DBAAS_URL": live.url, "DBAAS_TOKEN": live.json("tokens", "create", "hub:h:ann")["token"]}

    def redeem(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "dbaas_server.cli", "members", "redeem", "-", "--json"]
        return subprocess.run(
            words, input=f"{invitation}\n", env=environment, capture_output=True, text=True, timeout=120
        )

    assert "login_needed" in redeem(nowhere).stderr
    done = redeem(there)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"tenant": tenant, "person": "hub:h:ann", "right": "own"}
    again = redeem(there)
    assert again.returncode == 1 and "invitation_not_found" in again.stderr and invitation not in again.stderr
    members = live.json("members", "list", tenant)
    assert [one["person"] for one in members["members"]] == ["hub:h:ann"] and members["invitations"] == []
