"""Where the server is found, in which order, and what is said when it is not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dbaas import discovery
from dbaas.discovery import Endpoint, default_home, find
from dbaas.errors import DbaasError


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
    write(Path(environ["XDG_CONFIG_HOME"]) / "jupyter-dbaas" / "login.json", {"url": "https://saved", "token": "s"})


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
    assert found is not None and (found.url, found.local) == ("https://saved", False)


def test_the_environment_goes_before_everything(environ: dict[str, str]) -> None:
    login(environ)
    environ |= {"DBAAS_URL": "https://remote/", "DBAAS_TOKEN": "r"}
    assert find(environ) == Endpoint("https://remote", "r", "$DBAAS_URL")
    environ |= {"DBAAS_API_URL": "http://jupyter/dbaas", "DBAAS_API_TOKEN": "k"}
    assert find(environ) == Endpoint("http://jupyter/dbaas", "k", "$DBAAS_API_URL")


@pytest.mark.parametrize("content", ["{", "[]", '{"token": "x"}'])
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
