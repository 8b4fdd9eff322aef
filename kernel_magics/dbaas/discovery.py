"""Finds the server, and starts a local one when nothing runs.

Order: the environment that the Jupyter extension gives its kernels; a remote platform named by the environment (with
its own token, or the one that ``dbaas login`` saved for that URL); the latest saved login; the local platform's run
file. Only the last is ever started from here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import DbaasError

__all__ = ["Endpoint", "default_home", "find", "locate", "login_file", "start"]

START_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is and what opens it.

    Attributes:
        url: without a trailing slash; the API's paths are appended.
        token: sent as ``Authorization: Bearer``; None for a server that lets everybody in.
        origin: how it was found, for messages.
        local: it is this machine's own platform, so it may be started again.
    """

    url: str
    token: str | None = field(repr=False)
    origin: str
    local: bool = False


def default_home(environ: Mapping[str, str]) -> Path:
    """The data folder of the local platform."""
    if home := environ.get("DBAAS_HOME"):
        return Path(home).expanduser()
    if os.geteuid() == 0:
        return Path("/var/lib/jupyter-dbaas")
    data = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "jupyter-dbaas"


def find(environ: Mapping[str, str] | None = None) -> Endpoint | None:
    """Where the server is, or None when no platform is named and none runs here. Starts nothing.

    Raises:
        DbaasError: a saved login or run file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    if url := environ.get("DBAAS_API_URL"):
        return Endpoint(url.rstrip("/"), environ.get("DBAAS_API_TOKEN"), "$DBAAS_API_URL")
    login = login_file(environ)
    if url := environ.get("DBAAS_URL"):
        url = url.rstrip("/")
        token = environ.get("DBAAS_TOKEN")
        return Endpoint(url, token or _token_of(url, _read(login), login), "$DBAAS_URL")
    if (saved := _read(login)) is not None and saved["url"] is not None:
        url = str(saved["url"])
        return Endpoint(url, _token_of(url, saved, login), f"the saved login {login}")
    run_file = default_home(environ) / "run" / "daemon.json"
    running = _read(run_file)
    if running is None or not _alive(running.get("pid")):
        return None
    return Endpoint(str(running["url"]).rstrip("/"), running.get("token"), str(run_file), local=True)


def locate(again: bool) -> Endpoint:
    """Where the server is; a local platform that does not run is started. Blocks until it answers.

    Args:
        again: the one known before did not answer.
    """
    found = find()
    if found is None or (again and found.local):
        # The run file of a daemon that was killed a moment ago may still be there; `up` leaves a healthy one alone.
        return start()
    return found


def start(environ: Mapping[str, str] | None = None) -> Endpoint:
    """Start the local platform (a no-op where it runs) and say where it is. Blocks until it answers.

    Raises:
        DbaasError: the server is not installed here, or did not start; the message is the server's own.
    """
    environ = os.environ if environ is None else environ
    if importlib.util.find_spec("dbaas_server") is None:
        raise DbaasError(
            "No platform runs here, and the server is not installed in this environment.",
            code="no_server",
            hint="Set DBAAS_URL, and DBAAS_TOKEN or `dbaas login`, to use a remote platform.",
        )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dbaas_server.cli", "up"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DbaasError(
            f"The platform did not start within {START_SECONDS:.0f} seconds.", code="not_started"
        ) from None
    found = find(environ)
    if done.returncode != 0 or found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise DbaasError(
            "The platform could not be started.",
            code="not_started",
            details=said[-1] if said else f"exit status {done.returncode}",
            hint="Run `dbaas up` in a terminal to see more.",
        )
    return found


def login_file(environ: Mapping[str, str]) -> Path:
    """Where ``dbaas login`` keeps the tokens of platforms elsewhere."""
    config = Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return config / "jupyter-dbaas" / "login.json"


def _token_of(url: str, saved: dict[str, Any] | None, path: Path) -> str | None:
    """The token of a platform's saved login; None where there is none."""
    try:
        login = (saved or {}).get("logins", {}).get(url)
        return None if login is None else str(login["token"])
    except (AttributeError, KeyError, TypeError):
        raise DbaasError(
            f"{path} cannot be read.", code="bad_login", hint="Remove the file, or log in again."
        ) from None


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON object with a ``url``, or None when there is no such file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise DbaasError(f"{path} cannot be read.", code="bad_login", details=str(error)) from None
    if not isinstance(data, dict) or "url" not in data:
        raise DbaasError(f"{path} names no url.", code="bad_login", hint="Remove the file, or log in again.")
    return data


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
