"""Suites of JavaScript clients, run by Node's own test runner."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["FOLDER", "run_suite"]

FOLDER = Path(__file__).resolve().parent / "clients" / "js"


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
