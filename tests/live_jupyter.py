"""A real Jupyter Server with our extension, on a running platform."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from live_platform import LivePlatform, free_port, without_platform
from waiting import eventually

__all__ = ["Jupyter", "running_jupyter"]

# Whatever else is installed takes its time to start.
_ONLY_OURS = {"dbaas_server": True} | dict.fromkeys(
    ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "jupysql_plugin", "notebook_shim"), False
)


@dataclass(frozen=True)
class Jupyter:
    """A Jupyter Server, below a base URL of its own.

    Attributes:
        url: where our doors are.
        token: Jupyter's own.
    """

    url: str
    token: str
    platform: LivePlatform

    def person(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"token {self.token}"}, timeout=60)


@contextlib.contextmanager
def running_jupyter(
    platform: LivePlatform, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Jupyter]:
    """Start one and stop it in the end.

    Args:
        folder: empty; its configuration and its log go there.
        environment: what it is told of the platform, instead of its data folder.
    """
    token, port = secrets.token_hex(16), free_port()
    told = {"DBAAS_HOME": str(platform.home)} if environment is None else environment
    env = without_platform(os.environ) | {
        **told,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
    }
    words = [
        sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--ServerApp.base_url=/lab/base/", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", f"--ServerApp.jpserver_extensions={_ONLY_OURS}",
        "--ServerApp.allow_unauthenticated_access=False",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=env)
    url = f"http://127.0.0.1:{port}/lab/base/dbaas"
    try:
        with httpx.Client(trust_env=False) as client:

            def answers() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    return client.get(f"{url}/healthz").status_code == 200
                except httpx.TransportError:
                    return False

            eventually(answers, seconds=180)
        yield Jupyter(url, token, platform)
        said = (folder / "log").read_text()
        for door in ("PlatformHandler", "PlatformSocket"):
            assert f"{door} registered" not in said, "a door that Jupyter finds unguarded"
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="session")
def jupyter(live: LivePlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """One for the whole session, on the shared platform."""
    with running_jupyter(live, tmp_path_factory.mktemp("jupyter")) as running:
        yield running
