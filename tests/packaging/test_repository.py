"""What the repository promises about itself: locks without addresses, one data folder, commands that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[2]
scripts = root / "provisioning" / "scripts"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_locks_pin_every_package_by_hash_and_name_no_address(name: str) -> None:
    text = (root / name).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = re.findall(r"^[a-z0-9][\w.-]*==.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) > 100
    assert all("--hash=sha256:" in pin for pin in pins)


def test_the_development_lock_holds_every_version_of_the_other() -> None:
    run = set(re.findall(r"^([a-z0-9][\w.-]*==\S+)", (root / "requirements.lock").read_text(), re.MULTILINE))
    dev = set(re.findall(r"^([a-z0-9][\w.-]*==\S+)", (root / "requirements-dev.lock").read_text(), re.MULTILINE))
    assert run <= dev


def test_npm_locks_name_no_address_to_download_from() -> None:
    assert "://" not in (root / "extension" / "yarn.lock").read_text().replace("https://yarnpkg.com/advanced", "")
    for lock in (root / "tests").rglob("package-lock.json"):
        if "node_modules" in lock.parts:
            continue
        packages = json.loads(lock.read_text())["packages"]
        assert not [name for name, entry in packages.items() if "resolved" in entry]
        assert all("integrity" in entry for name, entry in packages.items() if name)


@pytest.mark.parametrize(
    "environment",
    [{}, {"DBAAS_HOME": "/tmp/some where"}, {"XDG_DATA_HOME": "/tmp/xdg"}],
    ids=["default", "named", "xdg"],
)
def test_make_and_the_command_agree_on_the_data_folder(environment: dict[str, str]) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("DBAAS_HOME", "XDG_DATA_HOME")}
    asked = "from places import data_folder; from dbaas_server.home import default_home; " + (
        "print(data_folder() == default_home().path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=scripts,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"


def test_every_make_target_has_a_task_and_is_explained() -> None:
    makefile = (root / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: help (.*)$", makefile, re.MULTILINE)
    assert targets is not None
    for target in targets[1].split():
        assert f"make {target} " in makefile
    shown = subprocess.run(
        [sys.executable, scripts / "tasks.py", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(target in shown for target in targets[1].split())


def test_a_failing_task_says_what_failed_and_what_to_do_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        ["make", "stop"],
        cwd=root,
        env={**os.environ, "DBAAS_HOME": str(tmp_path / "file" / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "Failed: the data folder" in done.stdout and "What to do:" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
