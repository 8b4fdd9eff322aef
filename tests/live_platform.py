"""A whole platform, daemon included, for tests that come through its doors."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import pytest

from dbaas_server.cli import main

# Tests do not wait as long as operators do.
SETTINGS = {"DBAAS_MONGO_REAP_SECONDS": "0.5"}


@dataclass(frozen=True)
class LivePlatform:
    """A platform that runs, in a folder of its own."""

    home: Path

    @property
    def run_file(self) -> dict[str, Any]:
        return json.loads((self.home / "run" / "daemon.json").read_text())

    @property
    def url(self) -> str:
        return self.run_file["url"]

    def cli(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the ``dbaas`` command in this folder."""
        return subprocess.run(
            [sys.executable, "-m", "dbaas_server.cli", *words, "--home", str(self.home)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            env=without_platform(os.environ) | SETTINGS,
        )

    def json(self, *words: str) -> Any:
        """Run the command in this process, which spares an interpreter's start, and read what it prints as JSON."""
        out, errors = io.StringIO(), io.StringIO()
        settings = patch.dict(os.environ, without_platform(os.environ) | SETTINGS, clear=True)
        with settings, redirect_stdout(out), redirect_stderr(errors), ThreadPoolExecutor(1) as thread:
            status = thread.submit(main, [*words, "--json", "--home", str(self.home)]).result()
        assert status == 0, errors.getvalue()
        return json.loads(out.getvalue())

    def operator(self) -> httpx.Client:
        """An HTTP client with the operator's token."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.run_file['token']}"}, timeout=60
        )

    def new_tenant(self) -> str:
        """A fresh tenant's subdomain."""
        return self.json("tenant", "create", f"t{uuid4().hex[:10]}")["subdomain"]


def without_platform(environment: Any) -> dict[str, str]:
    """An environment that points at no platform."""
    return {name: value for name, value in environment.items() if not name.startswith("DBAAS_")}


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def temporary_home() -> Path:
    """A short folder that the engines' system user can reach."""
    home = Path(tempfile.mkdtemp(prefix="dbaas-live-"))
    home.chmod(0o755)
    return home


@pytest.fixture(scope="session")
def live() -> Iterator[LivePlatform]:
    """One platform for the whole session."""
    platform = LivePlatform(temporary_home())
    started = platform.cli("up")
    try:
        assert started.returncode == 0, started.stderr
        yield platform
    finally:
        platform.cli("down")
        shutil.rmtree(platform.home, ignore_errors=True)


@pytest.fixture
def own_live() -> Iterator[LivePlatform]:
    """A platform of one test's own, to be killed and restarted."""
    platform = LivePlatform(temporary_home())
    try:
        yield platform
    finally:
        platform.cli("down")
        shutil.rmtree(platform.home, ignore_errors=True)
