"""``dbaas login | logout | whoami``: this terminal, and notebooks of this account, at a platform elsewhere."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound, Unauthorized, Unavailable

from ..elsewhere import Login, Logins, login_file, plain_url
from .show import print_fields

__all__ = ["add_commands", "ask", "signed_in"]

_ASK_SECONDS = 30.0
_NAME = 100


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line's grammar."""
    login = command("login", "Log in to a platform elsewhere; you confirm it in a browser.", _login, elsewhere=True)
    login.add_argument("url", help="the platform's, as in DBAAS_URL")
    logout = command("logout", "End a login, here and at the platform.", _logout, elsewhere=True)
    logout.add_argument("url", nargs="?", help="default: DBAAS_URL, or the latest login")
    command("whoami", "Tell who you are at a platform elsewhere.", _whoami, elsewhere=True)


def _login(options: argparse.Namespace) -> None:
    url = plain_url(options.url)
    if not url.startswith(("https://", "http://")):
        raise Invalid("invalid_url", "A platform's URL begins with https://.")
    name = f"{os.environ.get('USER') or os.geteuid()} on {platform.node()}"[:_NAME]
    _, begun = ask("POST", f"{url}/v1/login", {"name": name})
    sys.stderr.write(f"Open {begun['verification_uri_complete']}\nand confirm the code {begun['user_code']} there.\n")
    sys.stderr.flush()
    while True:
        time.sleep(float(begun["interval"]))
        status, done = ask("POST", f"{url}/v1/login/token", {"device_code": begun["device_code"]})
        if status == 200:
            break
    Logins(login_file(os.environ)).add(Login(url, done["token"], done["person"], done["expires_at"]))
    _told(url, done["person"], done["expires_at"], as_json=options.json)


def _logout(options: argparse.Namespace) -> None:
    logins = Logins(login_file(os.environ))
    latest = logins.latest()
    url = options.url or os.environ.get("DBAAS_URL") or (latest.url if latest else "")
    gone = logins.find(url)
    if gone is None:
        raise NotFound("login_not_found", f"There is no login of {url}." if url else "There is no login.")
    ended = _ended(gone)  # a refusal leaves the login here, to be ended another time
    logins.remove(url)
    print_fields({"logged_out": gone.url, "ended_there": ended}, as_json=options.json)


def _ended(login: Login) -> bool:
    """End the token at the platform, so that a copy of it opens nothing; False where that was not to be reached."""
    try:
        ask("DELETE", f"{login.url}/v1/token/this", None, login.token)
    except Unavailable as error:
        sys.stderr.write(f"{error.message} The token is forgotten here, and holds there until it expires.\n")
        return False
    except DbaasError as error:
        if error.code not in ("token_expired", "token_invalid"):
            raise
    return True


def _whoami(options: argparse.Namespace) -> None:
    url, token, login = signed_in()
    _, found = ask("GET", f"{url}/v1/platform", None, token)
    known = login is not None and login.token == token
    _told(url, found["person"], login.expires_at if known and login else None, as_json=options.json)


def signed_in() -> tuple[str, str, Login | None]:
    """URL and token of the platform elsewhere that this terminal uses, and its login there.

    Raises ``Unauthorized`` (``login_needed``).
    """
    logins = Logins(login_file(os.environ))
    url = os.environ.get("DBAAS_URL")
    login = logins.find(url) if url else logins.latest()
    token = (url and os.environ.get("DBAAS_TOKEN")) or (login.token if login else None)
    url = plain_url(url) if url else (login.url if login else None)
    if url is None or token is None:
        raise Unauthorized("login_needed", "You are not logged in.", hint=f"Run: dbaas login {url or 'URL'}")
    return url, token, login


def _told(url: str, person: str, expires_at: float | None, *, as_json: bool) -> None:
    end = None if expires_at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(expires_at))
    print_fields({"url": url, "person": person, "expires": end}, as_json=as_json)


def ask(
    method: str, url: str, body: Any, token: str | None = None, *, csv: Iterator[bytes] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the body of an answer. Raises what the platform says, or ``Unavailable``.

    Args:
        csv: sent instead of ``body``; the answer may take as long as it takes to load.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = httpx.Timeout(_ASK_SECONDS, read=_ASK_SECONDS if csv is None else None)
    if csv is not None:
        headers["Content-Type"] = "text/csv"
    try:
        answer = httpx.request(method, url, json=body, content=csv, headers=headers, timeout=timeout)
        told = answer.json() if answer.status_code != 204 else {}
        if not isinstance(told, dict):
            raise TypeError("no object")
    except httpx.HTTPError as error:
        raise Unavailable(
            "platform_unreachable",
            "The platform does not answer.",
            details=type(error).__name__,
            hint=f"Is {url} right?",
        ) from None
    except (ValueError, TypeError):
        raise Unavailable("not_a_platform", f"There is no platform of jupyter-dbaas at {url}.") from None
    if not answer.is_success:
        raise DbaasError(
            str(told.get("code")), str(told.get("message")), details=told.get("details"), hint=told.get("hint")
        )
    return answer.status_code, told
