"""The built wheel alone, in an environment of its own and far from the repository, is a working product."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from dbaas_provisioning.nouns import Home
from waiting import eventually

root = Path(__file__).resolve().parents[2]
tools = Path(sys.executable).parent


def run(command: list[str | Path], **options: object) -> str:
    """Run to the end; a failure shows what the command said."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return str(done.stdout)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without isolation: what building needs is in the environment."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root])
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel and what it asks for, at the locked versions."""
    folder = tmp_path_factory.mktemp("fresh")
    env = {**os.environ, "UV_SYSTEM_CERTS": "1"}
    run([tools / "uv", "venv", "--quiet", "--python", sys.executable, folder / "env"], env=env)
    python = folder / "env" / "bin" / "python"
    pins = folder / "pins.txt"
    lock = (root / "requirements.lock").read_text()
    pins.write_text("\n".join(line.rstrip(" \\") for line in lock.splitlines() if "==" in line))
    run([tools / "uv", "pip", "install", "--quiet", "--python", python, "--constraint", pins, wheel], env=env)
    return folder / "env"


@pytest.fixture(scope="session")
def product_env(fresh: Path, new_home: Callable[[], Home]) -> Iterator[dict[str, str]]:
    """The shell of somebody who installed the wheel; the platform it starts is stopped afterwards."""
    home = new_home()
    folder = home.path.parent
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DBAAS_", "JUPYTER", "PYTHON"))}
    env = {
        **clean,
        "PATH": os.pathsep.join([str(fresh / "bin"), "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "DBAAS_HOME": str(home.path),
    }
    yield env
    run([fresh / "bin" / "dbaas", "down"], env=env, cwd=folder)


@pytest.fixture
def jupyter(fresh: Path, product_env: dict[str, str], tmp_path: Path) -> Iterator[httpx.Client]:
    """JupyterLab as a person starts it, in an empty folder."""
    runtime = tmp_path / "runtime"
    env = {**product_env, "JUPYTER_TOKEN": "wheel-test", "JUPYTER_RUNTIME_DIR": str(runtime)}
    log = (tmp_path / "lab.log").open("wb")
    command = [fresh / "bin" / "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    process = subprocess.Popen(command, env=env, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:

        def described() -> dict[str, Any] | None:
            """What the server wrote about itself, once it is all there."""
            assert process.poll() is None, (tmp_path / "lab.log").read_text()
            for found in runtime.glob("jpserver-*.json"):
                with contextlib.suppress(ValueError):
                    return dict(json.loads(found.read_text()))
            return None

        base = eventually(described, seconds=90)["url"]
        headers = {"Authorization": "token wheel-test"}
        with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def test_the_wheel_holds_the_front_end_and_switches_the_server_extension_on(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for end in (
        "share/jupyter/labextensions/@jupyter-dbaas/lab/package.json",
        "share/jupyter/labextensions/@jupyter-dbaas/lab/install.json",
        "etc/jupyter/jupyter_server_config.d/jupyter-dbaas.json",
        "dbaas_server/graphql/static/graphiql.js",
        "dbaas_server/graphql/static/graphiql.css",
    ):
        assert any(name.endswith(end) for name in names), end
    assert any("labextensions/@jupyter-dbaas/lab/static/remoteEntry" in name for name in names)


def test_the_wheel_holds_no_tests_and_nothing_of_this_machine(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert not [name for name in names if name.startswith(("tests/", "notebooks/", "extension/"))]
        assert any(name.startswith("dbaas_provisioning/meta/") and name.endswith(".sql") for name in names)
        for name in names:
            assert str(root).encode() not in archive.read(name), name


@pytest.mark.timeout(900)
def test_jupyter_lab_has_the_extension_active(fresh: Path, product_env: dict[str, str], jupyter: httpx.Client) -> None:
    listed = subprocess.run(
        [fresh / "bin" / "jupyter", "labextension", "list"], env=product_env, capture_output=True, text=True, check=True
    )
    line = next(line for line in (listed.stdout + listed.stderr).splitlines() if "@jupyter-dbaas/lab" in line)
    assert "enabled" in line and "OK" in line
    page = jupyter.get("lab")
    assert "@jupyter-dbaas/lab" in page.text
    told = jupyter.get(urljoin(str(jupyter.base_url), "dbaas/v1/platform")).json()
    assert {engine["name"] for engine in told["engines"]} == {"document", "postgres"}


@pytest.mark.timeout(900)
def test_a_notebook_creates_and_queries_a_database(fresh: Path, product_env: dict[str, str], tmp_path: Path) -> None:
    cells = [
        "%load_ext dbaas",
        "%dbaas tenant create wheel",
        "%dbaas create postgres shop",
        "%%dbaas\ncreate table t (id int primary key, name text);\ninsert into t values (1, 'from the wheel')",
        "%%dbaas >> rows\nselect name from t",
        "print(rows)",
    ]
    notebook = {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
            for i, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "in.ipynb").write_text(json.dumps(notebook))
    run(
        [fresh / "bin" / "papermill", "--no-progress-bar", "in.ipynb", "out.ipynb"],
        env=product_env,
        cwd=tmp_path,
    )
    assert "from the wheel" in json.dumps(json.loads((tmp_path / "out.ipynb").read_text())["cells"][-1]["outputs"])
