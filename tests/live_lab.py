"""A person's JupyterLab: a real server on a platform of its own, for tests that come through the browser."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import ConsoleMessage, Page, Request

from live_platform import LivePlatform, temporary_home, without_platform

__all__ = ["PATIENCE", "Lab", "Seen", "configure_lab", "link_extension", "running_lab"]

_extension = Path(__file__).resolve().parents[1] / "extension"

# Of what never comes: a busy machine takes its time.
PATIENCE = 120_000  # milliseconds

# Not ours, and not for these tests: a plugin that is not made for this JupyterLab, and a question about news.
_NOT_OURS = {"jupysql-plugin": True, "@jupyterlab/apputils-extension:announcements": True}

# A kernel on a busy machine is not given up after a second.
_PATIENT = {"@jupyterlab/completer-extension:manager": {"providerTimeout": 60_000}}


@dataclass
class Lab:
    """A running JupyterLab, and the folder of its settings, workspaces and notebooks."""

    url: str
    token: str
    folder: Path

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API as the person who is signed in to this Jupyter."""
        return self.ask(method, f"/dbaas{path}", body)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the Jupyter server itself, as that person."""
        answer = httpx.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"token {self.token}"},
            timeout=60,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def sql(self, tenant: str, database: str, text: str) -> Any:
        """Run SQL as the tenant's owner."""
        return self.api("POST", f"/v1/{tenant}/query", {"database": database, "query": text})

    def workspace(self) -> str:
        """What JupyterLab saved of the page's state, as JSON."""
        headers = {"Authorization": f"token {self.token}"}
        return httpx.get(f"{self.url}/lab/api/workspaces/default", headers=headers, trust_env=False).text

    def forget(self) -> None:
        """Take away what a person left behind: kernels, notebooks, settings, what was open. No page may be open."""
        for session in self.ask("GET", "/api/sessions"):
            self.ask("DELETE", f"/api/sessions/{session['id']}")
        for name in ("work", "settings", "workspaces"):
            for entry in (self.folder / name).glob("*"):
                # What the closed page had sent may still be written: the next one resets it.
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)


@dataclass
class Seen:
    """What the browser complained about and fetched."""

    said: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    forgiven: list[tuple[str, str]] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Note what a page complains about, and how large the parts of the extension are that it fetches."""
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", self._console)
        page.on("requestfinished", self._weigh)

    def forgive(self, part: str, where: str) -> None:
        """Let pass complaints that a test provokes, whenever they come: Chromium logs every refused request.

        Args:
            part: of what is said.
            where: part of the address it is said of.
        """
        self.forgiven.append((part, where))

    @property
    def errors(self) -> list[str]:
        """The complaints that no test provoked."""
        return [said for said in self.said if not any(part in said and where in said for part, where in self.forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(f"{message.text} {message.location['url']}")

    def _weigh(self, request: Request) -> None:
        if "@jupyter-dbaas" in request.url:
            self.sizes[request.url] = request.sizes()["responseBodySize"]


def configure_lab(config: Path) -> None:
    """What these tests want of a JupyterLab, in its configuration folder."""
    (config / "labconfig").mkdir(parents=True)
    (config / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": _NOT_OURS}))
    (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(_PATIENT))


def link_extension(folder: Path) -> Path:
    """The extension as built, in a folder that JupyterLab can be told to look into; that folder."""
    assert (_extension / "labextension" / "package.json").is_file(), "build the extension first: make does"
    extensions = folder / "labextensions"
    (extensions / "@jupyter-dbaas").mkdir(parents=True)
    (extensions / "@jupyter-dbaas" / "lab").symlink_to(_extension / "labextension")
    return extensions


@contextlib.contextmanager
def running_lab(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Lab]:
    """JupyterLab on an empty platform. The extension is taken as built, its server half as an install switches it on.

    Args:
        folder: empty; configuration, settings and the log go there.
        environment: what it is told of a platform elsewhere, which may not be there yet, instead of getting its own.
    """
    config = folder / "config"
    configure_lab(config)
    shutil.copytree(_extension / "jupyter-config" / "server-config", config / "jupyter_server_config.d")
    extensions = link_extension(folder)
    (folder / "work").mkdir()
    platform = LivePlatform(temporary_home())
    told = {"DBAAS_HOME": str(platform.home)} if environment is None else environment
    token, port = secrets.token_hex(16), _free_port()
    env = without_platform(os.environ) | {
        **told,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    words = [
        sys.executable, "-m", "jupyter", "lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder / 'work'}",
        f"--LabApp.extra_labextensions_path={extensions}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=env)
    running = Lab(f"http://127.0.0.1:{port}", token, folder)
    try:
        deadline = time.monotonic() + 480
        while True:
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            try:
                running.ask("GET", "/dbaas/v1/platform" if environment is None else "/api/status")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:  # it waits for a thread of anyio's that idles; no test is about that
            process.kill()
            process.wait()
        if environment is None:
            platform.cli("down")
        shutil.rmtree(platform.home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
