"""The data folder: its parts, and who may see them."""

from __future__ import annotations

import os
from pathlib import Path

from .accounts import can_traverse, engine_account
from .errors import Unavailable
from .nouns import Home

__all__ = ["prepare", "write_private"]


def prepare(home: Home) -> None:
    """Create the folder and its parts. Where engines run as another user, it may pass through but not list.

    Raises ``Unavailable``: ``home_unwritable``, or ``home_unreachable`` when the engines' user cannot get there.
    """
    account = engine_account()
    passage = 0o700 if account is None else 0o711
    modes = {
        home.path: passage,
        home.clusters: passage,
        home.packages: 0o700 if account is None else 0o755,
        home.run: 0o700,
        home.logs: 0o700,
        home.feeds: 0o700,
        home.authorities: passage,
        home.dumps: 0o700,
    }
    try:
        for folder, mode in modes.items():
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_mode & 0o777 != mode:
                folder.chmod(mode)
    except OSError as error:
        raise Unavailable(
            "home_unwritable",
            f"The data folder {home.path} cannot be created or changed: {error.strerror}.",
            hint="Choose another one with --home or DBAAS_HOME.",
        ) from None
    if account is not None and not can_traverse(home.clusters, account):
        raise Unavailable(
            "home_unreachable",
            f"The user {account.name!r}, which runs the engines, cannot reach the data folder {home.path}.",
            hint="Choose a folder outside of root's home, or name another user in DBAAS_ENGINE_USER.",
        )


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only this user may read it (mode 0600)."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
