"""Who runs the engines: this process's user, or an unprivileged one when this process is root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from .errors import Unavailable

__all__ = ["Account", "Identity", "can_traverse", "engine_account"]


class Identity(TypedDict, total=False):
    """Keyword arguments of :class:`subprocess.Popen` that change to an account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that engines run as."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """What makes a child process this user; all of root's groups are dropped."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def engine_account() -> Account | None:
    """The account for engines, or None when they run as this process's own user.

    Engines such as PostgreSQL refuse root. ``DBAAS_ENGINE_USER`` names another account than ``nobody``.
    Raises ``Unavailable`` (``engine_user_unknown``) when it does not exist.
    """
    if os.geteuid() != 0:
        return None
    name = os.environ.get("DBAAS_ENGINE_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Unavailable(
            "engine_user_unknown",
            f"There is no system user {name!r} to run database engines as.",
            hint="Create it, or name another one in DBAAS_ENGINE_USER.",
        ) from None
    return Account(name, entry.pw_uid, entry.pw_gid)


def can_traverse(folder: Path, account: Account) -> bool:
    """Whether the account may enter ``folder``: every folder on the way has to let it through."""
    for part in (folder, *folder.parents):
        status = part.stat()
        if status.st_uid == account.uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == account.gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return False
    return True
