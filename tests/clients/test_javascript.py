"""supabase-js, postgrest-js and graphql-request, unmodified, and the audits of GraphQL over HTTP."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from .conftest import Project

folder = Path(__file__).resolve().parent / "js"
suites = sorted(path.name for path in folder.glob("*.test.mjs"))


@pytest.mark.parametrize("suite", suites)
def test_javascript_clients(suite: str, node: str, project: Project):
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", suite],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        env={
            "PATH": os.environ["PATH"],
            "BASE": project.base,
            "DATA": project.data,
            "ANON": project.anon,
            "SECRET": project.secret,
            "TOKEN": project.token,
        },
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\nℹ pass 0" not in done.stdout
