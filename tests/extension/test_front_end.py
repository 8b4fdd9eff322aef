"""What can be said of the front end without a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[2]
extension = root / "extension"


@pytest.mark.timeout(240)
def test_the_pure_parts_pass_their_own_tests() -> None:
    tools = Path(sys.executable).parent
    env = {**os.environ, "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), str(tools)])}
    done = subprocess.run([tools / "jlpm", "test"], cwd=extension, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_halves_have_one_version() -> None:
    package = json.loads((extension / "package.json").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert package["version"] == project["version"]


def test_colours_come_from_the_theme() -> None:
    style = (extension / "style" / "index.css").read_text()
    for line in style.splitlines():
        words = line.partition(":")[2]
        assert "rgb" not in words and "hsl" not in words and "#" not in words, line
