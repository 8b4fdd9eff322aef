"""supabase-js, unmodified, at the realtime door."""

from __future__ import annotations

from live_project import LiveProject
from node_suites import run_suite


def test_supabase_js_realtime(node: str, realtime: LiveProject):
    run_suite(
        node,
        "realtime.live.mjs",
        110,
        BASE=realtime.base,
        ANON=realtime.anon,
        SECRET=realtime.secret,
        TOKEN_ANN=realtime.token("ann"),
        TOKEN_BOB=realtime.token("bob"),
        EXEC=f"{realtime.url}/query",
        OPERATOR=realtime.live.run_file["token"],
    )
