"""Which data folder, and what the daemon leaves in it for others to find."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from dbaas_provisioning.errors import Forbidden
from dbaas_provisioning.nouns import Home

__all__ = ["RunFile", "check_socket_folder", "default_home", "private_folder", "read_run_file", "socket_path"]

_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


@dataclass(frozen=True, slots=True)
class RunFile:
    """``run/daemon.json``: where the daemon is, and a token for it. Mode 0600."""

    pid: int
    url: str
    socket: str
    version: str
    token: str = field(repr=False)


def default_home() -> Home:
    """``DBAAS_HOME``, else a folder of the user's own; for root one that the engines' system user can reach."""
    chosen = os.environ.get("DBAAS_HOME")
    if chosen:
        return Home(Path(chosen).expanduser().resolve())
    if os.geteuid() == 0:
        return Home(Path("/var/lib/jupyter-dbaas"))
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Home(Path(data).expanduser() / "jupyter-dbaas")


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can look into.

    Raises ``Forbidden`` (``folder_of_another``) when somebody else has it, or laid a link in its place.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _is_ours(path.lstat()):
        raise _not_ours(path)
    path.chmod(0o700)
    return path


def check_socket_folder(home: Home) -> None:
    """Whoever could put a socket where the daemon's is could answer in its name.

    Raises ``Forbidden`` (``folder_of_another``) when others may write to a folder outside the data folder.
    """
    folder = socket_path(home).parent
    if folder == home.run:
        return
    with contextlib.suppress(FileNotFoundError):
        found = folder.lstat()
        if not _is_ours(found) or found.st_mode & 0o022:
            raise _not_ours(folder)


def _is_ours(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _not_ours(folder: Path) -> Forbidden:
    return Forbidden(
        "folder_of_another",
        f"{folder}, where the daemon's socket belongs, is not a folder of yours alone.",
        hint="Remove it, or choose a data folder with a shorter path, whose socket is inside of it.",
    )


def socket_path(home: Home) -> Path:
    """The daemon's socket: in the data folder, or where a long path does not fit, in a short one of this user's."""
    path = home.run / "daemon.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dbaas-{os.geteuid()}" / f"{digest}.sock"


def read_run_file(home: Home) -> RunFile | None:
    """What the daemon wrote; None when there is none or it cannot be read."""
    try:
        fields = json.loads((home.run / "daemon.json").read_text())
        return RunFile(**fields)
    except (OSError, ValueError, TypeError):
        return None
