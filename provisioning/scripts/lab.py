"""JupyterLab in the background: one per clone and data folder, found again through a record beside the daemon's."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from places import child_env, data_folder, notebooks, program
from steps import Failed, root

__all__ = ["Lab", "lab_command", "running_lab", "start_lab", "stop_lab"]

_FIRST_PORT = 8888
_START_SECONDS = 90.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Lab:
    """A JupyterLab that serves. The token is a secret of the person who started it."""

    pid: int
    port: int
    token: str

    def url(self, opened: Path | None = None) -> str:
        """What to open in a browser; ``opened`` is a file below the notebooks folder."""
        tree = "" if opened is None else f"/tree/{opened.relative_to(notebooks).as_posix()}"
        return f"http://127.0.0.1:{self.port}/lab{tree}?token={self.token}"

    def answers(self) -> bool:
        """Whether this very server (its token proves it) serves on its port."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/status", headers={"Authorization": f"token {self.token}"}
        )
        # No proxy: a machine that has one configured would send a loopback request to it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False


def lab_command(port: int | None = None) -> list[str | Path]:
    """JupyterLab on the notebooks folder, bound to loopback."""
    command: list[str | Path] = [program("python"), "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={notebooks}", "--LabApp.news_url=None"]  # nobody is asked about news
    if port is not None:
        command += [f"--port={port}", "--ServerApp.port_retries=0"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    return command


def running_lab() -> Lab | None:
    """The one that an earlier ``make run`` of this clone left serving, if it still does."""
    try:
        lab = Lab(**json.loads(_record().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return lab if lab.answers() else None


def start_lab(log_path: Path) -> Lab:
    """Start one in a session of its own and return once it serves. Raises ``Failed``."""
    token = secrets.token_urlsafe(24)
    port = _free_port()
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        process = subprocess.Popen(
            lab_command(port),
            cwd=notebooks,
            env=child_env(JUPYTER_TOKEN=token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    lab = Lab(process.pid, port, token)
    _write_record(asdict(lab))
    deadline = time.monotonic() + _START_SECONDS
    while not lab.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            with contextlib.suppress(OSError):
                process.kill()
            _record().unlink(missing_ok=True)
            raise Failed("JupyterLab did not start", "Read the log, then run the command again.", log_path)
        time.sleep(0.1)
    return lab


def stop_lab() -> bool:
    """Stop the one of this clone. False when none was running."""
    lab = running_lab()
    if lab is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(lab.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _alive(lab.pid):
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(lab.pid, signal.SIGKILL)
                break
            time.sleep(0.1)
    _record().unlink(missing_ok=True)
    return lab is not None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _record() -> Path:
    clone = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    return data_folder() / "run" / f"jupyterlab-{clone}.json"


def _write_record(record: Mapping[str, object]) -> None:
    path = _record()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(record, file)


def _free_port() -> int:
    """The first one that nobody listens on."""
    for port in range(_FIRST_PORT, _FIRST_PORT + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise Failed("no free port was found for JupyterLab", f"Free one from {_FIRST_PORT} on, then run again.")
