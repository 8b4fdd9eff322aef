"""Where the server is found, in which order, and what is said when it is not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dbaas import discovery
from dbaas.discovery import Endpoint, default_home, find, login_file
from dbaas.errors import DbaasError
from dbaas_server.elsewhere import Login, Logins, plain_url
from dbaas_server.elsewhere import login_file as server_login_file


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"DBAAS_HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def write(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def run_file(environ: dict[str, str], pid: int) -> None:
    path = Path(environ["DBAAS_HOME"]) / "run" / "daemon.json"
    write(path, {"pid": pid, "url": "http://127.0.0.1:4000/", "token": "t", "socket": "s", "version": "1"})


def login(environ: dict[str, str]) -> None:
    logins = {"https://saved": {"token": "s"}, "https://other/below": {"token": "o"}}
    write(login_file(environ), {"url": "https://saved", "logins": logins})


def test_nothing_runs(environ: dict[str, str]) -> None:
    assert find(environ) is None


def test_a_running_platform_of_this_machine(environ: dict[str, str]) -> None:
    run_file(environ, os.getpid())
    found = find(environ)
    assert found is not None and (found.url, found.token, found.local) == ("http://127.0.0.1:4000", "t", True)


def test_a_run_file_of_a_dead_process_is_nothing(environ: dict[str, str]) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    run_file(environ, child.pid)
    assert find(environ) is None


def test_a_saved_login_goes_before_the_local_platform(environ: dict[str, str]) -> None:
    run_file(environ, os.getpid())
    login(environ)
    found = find(environ)
    assert found is not None and (found.url, found.token, found.local) == ("https://saved", "s", False)
    write(login_file(environ), {"url": None, "logins": {}})
    found = find(environ)
    assert found is not None and found.local, "they logged out"


def test_the_login_of_a_named_platform_opens_it(environ: dict[str, str]) -> None:
    environ["DBAAS_URL"] = "https://other/below/"
    assert find(environ) == Endpoint("https://other/below", None, "$DBAAS_URL")
    login(environ)
    assert find(environ) == Endpoint("https://other/below", "o", "$DBAAS_URL")
    environ["DBAAS_TOKEN"] = "r"
    assert find(environ) == Endpoint("https://other/below", "r", "$DBAAS_URL")


def test_the_server_keeps_logins_where_they_are_looked_for(environ: dict[str, str]) -> None:
    logins = Logins(server_login_file(environ))
    for url in ("https://one", "https://two/base/"):
        logins.add(Login(plain_url(url), f"token of {url}"))
    assert login_file(environ).stat().st_mode & 0o777 == 0o600
    found = find(environ)
    assert found is not None and (found.url, found.token) == ("https://two/base", "token of https://two/base/")
    assert logins.remove("https://two/base/") is not None
    assert logins.remove("https://two/base/") is None
    found = find(environ)
    assert found is not None and (found.url, found.token) == ("https://one", "token of https://one")
    logins.remove("https://one")
    assert (find(environ), logins.latest()) == (None, None)


def test_the_environment_goes_before_everything(environ: dict[str, str]) -> None:
    login(environ)
    environ |= {"DBAAS_URL": "https://remote/", "DBAAS_TOKEN": "r"}
    assert find(environ) == Endpoint("https://remote", "r", "$DBAAS_URL")
    environ |= {"DBAAS_API_URL": "http://jupyter/dbaas", "DBAAS_API_TOKEN": "k"}
    assert find(environ) == Endpoint("http://jupyter/dbaas", "k", "$DBAAS_API_URL")


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"token": "x"}', '{"url": "u", "logins": {"u": 1}}', '{"url": "u", "logins": []}']
)
def test_a_broken_login_says_which_file(environ: dict[str, str], content: str) -> None:
    path = Path(environ["XDG_CONFIG_HOME"]) / "jupyter-dbaas" / "login.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(DbaasError, match=r"login\.json"):
        find(environ)


def test_a_token_is_not_in_the_repr() -> None:
    assert "secret" not in repr(Endpoint("http://x", "secret", "test"))


def test_the_data_folder_is_the_one_named(environ: dict[str, str]) -> None:
    assert default_home(environ) == Path(environ["DBAAS_HOME"])
    assert default_home({}).name == "jupyter-dbaas"


def test_without_a_server_package_the_way_to_a_remote_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DbaasError, match="DBAAS_URL"):
        discovery.start({})


def test_a_start_that_fails_says_what_the_server_said(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ["DBAAS_HOME"] = str(tmp_path / "file" / "home")
    with pytest.raises(DbaasError, match="could not be started"):
        discovery.start({**os.environ, **environ})
