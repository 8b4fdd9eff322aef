"""supabase-js, unmodified, at the realtime door."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from live_project import LiveProject

folder = Path(__file__).resolve().parent / "js"


def test_supabase_js_realtime(node: str, realtime: LiveProject):
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", "realtime.live.mjs"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        env={
            "PATH": os.environ["PATH"],
            "BASE": realtime.base,
            "ANON": realtime.anon,
            "SECRET": realtime.secret,
            "TOKEN_ANN": realtime.token("ann"),
            "TOKEN_BOB": realtime.token("bob"),
            "EXEC": f"{realtime.url}/query",
            "OPERATOR": realtime.live.run_file["token"],
        },
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\nℹ pass 0" not in done.stdout
