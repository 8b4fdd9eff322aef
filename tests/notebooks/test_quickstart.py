"""The quickstart notebook runs by itself, again and again, and leaves no secret behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dbaas_provisioning.nouns import Home

root = Path(__file__).resolve().parents[2]
tools = Path(sys.executable).parent


@pytest.fixture(scope="module")
def env(new_home: Callable[[], Home]) -> Iterator[dict[str, str]]:
    """A running platform of its own."""
    home = new_home()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DBAAS_")}
    environment = {**clean, "DBAAS_HOME": str(home.path), "HOME": str(home.path.parent)}
    subprocess.run([tools / "dbaas", "up"], env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    yield environment
    subprocess.run(
        [tools / "dbaas", "down"], env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True
    )


def execute(env: dict[str, str], output: Path) -> dict[str, Any]:
    """The executed copy; what papermill said when it failed."""
    done = subprocess.run(
        [tools / "papermill", "--no-progress-bar", "notebooks/quickstart.ipynb", output],
        cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    executed: dict[str, Any] = json.loads(output.read_text())
    return executed


def text_of(notebook: dict[str, Any]) -> str:
    """Everything that cells printed or showed."""
    return json.dumps([cell.get("outputs", []) for cell in notebook["cells"]], ensure_ascii=False)


@pytest.fixture(scope="module")
def twice(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Executed on an empty platform, and again on what that left."""
    folder = tmp_path_factory.mktemp("out")
    return [execute(env, folder / "first.ipynb"), execute(env, folder / "second.ipynb")]


@pytest.mark.timeout(900)
def test_it_runs_on_a_new_platform_and_again_on_its_own_leftovers(twice: list[dict[str, Any]]) -> None:
    for notebook in twice:
        assert "336,776" in text_of(notebook) or "336776" in text_of(notebook)
        assert "image/png" in text_of(notebook)


@pytest.mark.timeout(900)
def test_it_is_told_what_is_committed_and_what_a_policy_shows_of_it(twice: list[dict[str, Any]]) -> None:
    for notebook in twice:
        assert "UPDATE {'carrier': 'F9', 'name': 'Frontier Airlines Inc.'}" in text_of(notebook)
        assert "JFK →" in text_of(notebook) and "LGA →" not in text_of(notebook)


@pytest.mark.timeout(900)
def test_it_keeps_documents(twice: list[dict[str, Any]]) -> None:
    for notebook in twice:
        shown = {cell["id"]: text_of({"cells": [cell]}) for cell in notebook["cells"]}
        assert "insertedCount: 3" in shown["documents-insert"]
        assert "N383HA" in shown["documents-find"] and "12A" not in shown["documents-find"]
        assert "SFO" in shown["documents-aggregate"]
        assert '"3"' in shown["documents-pymongo"]


@pytest.mark.timeout(900)
def test_its_outputs_hold_no_key_token_or_password(twice: list[dict[str, Any]]) -> None:
    for notebook in twice:
        shown = json.dumps(notebook, ensure_ascii=False)
        assert not re.findall(r"dbk_\w{12,}|dbt_\w{12,}|eyJ[\w-]{10,}\.", shown)
        assert not re.findall(r"(?:mongodb|postgres(?:ql)?)(?:\+\w+)?://[^:@/\s]+:[^@\s*•]+@", shown)


def test_the_repository_holds_it_without_outputs() -> None:
    notebook = json.loads((root / "notebooks" / "quickstart.ipynb").read_text())
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    assert any("parameters" in cell["metadata"].get("tags", []) for cell in notebook["cells"])
