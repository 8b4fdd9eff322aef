"""Where a person's tokens for platforms elsewhere are kept: one file of theirs, mode 0600, keyed by URL.

``kernel_magics/dbaas/discovery.py`` reads the same file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.folders import write_private

__all__ = ["Login", "Logins", "login_file", "plain_url"]


@dataclass(frozen=True, slots=True)
class Login:
    """A person's way into a platform elsewhere.

    Attributes:
        url: the platform's, without a trailing slash.
        expires_at: as of ``time.time``; None for one that does not say.
    """

    url: str
    token: str = field(repr=False)
    person: str | None = None
    expires_at: float | None = None

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= time.time()


def login_file(environ: Mapping[str, str]) -> Path:
    """In the person's configuration folder."""
    return Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "jupyter-dbaas" / "login.json"


def plain_url(url: str) -> str:
    """A platform's URL as logins are kept under it."""
    return url.strip().rstrip("/")


class Logins:
    """Reads and writes the file. Every method raises ``Unavailable`` (``bad_login``) when it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, url: str) -> Login | None:
        """The login of a platform, expired or not."""
        return self._login(self._read(), plain_url(url))

    def latest(self) -> Login | None:
        """The one that was added last and is still there."""
        kept = self._read()
        return self._login(kept, str(kept["url"])) if kept.get("url") else None

    def add(self, login: Login) -> None:
        """Keep a login, instead of an earlier one of the same platform."""
        kept = self._read()
        fields = {"token": login.token, "person": login.person, "expires_at": login.expires_at}
        self._write({"url": login.url, "logins": {**kept.get("logins", {}), login.url: fields}})

    def remove(self, url: str) -> Login | None:
        """Forget a login; what it was."""
        kept = self._read()
        found = self._login(kept, plain_url(url))
        if found is not None:
            logins = {each: fields for each, fields in kept["logins"].items() if each != found.url}
            latest = kept.get("url")
            self._write({"url": latest if latest in logins else next(iter(logins), None), "logins": logins})
        return found

    def _login(self, kept: dict[str, Any], url: str) -> Login | None:
        fields = kept.get("logins", {}).get(url)
        if fields is None:
            return None
        return Login(url, fields["token"], fields.get("person"), fields.get("expires_at"))

    def _read(self) -> dict[str, Any]:
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            logins = kept["logins"]
            if not all(isinstance(each["token"], str) for each in logins.values()):
                raise TypeError("a token is text")
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(
                "bad_login",
                f"The saved logins in {self.path} cannot be read.",
                details=type(error).__name__,
                hint="Remove the file, and log in again.",
            ) from None
        return dict(kept)

    def _write(self, kept: dict[str, Any]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(self.path, json.dumps(kept))
        except OSError as error:
            raise Unavailable("bad_login", f"{self.path} cannot be written: {os.strerror(error.errno or 0)}.") from None
