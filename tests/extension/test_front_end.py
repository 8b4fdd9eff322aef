"""What can be said of the front end without a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[2]
extension = root / "extension"


@pytest.mark.timeout(900)
def test_the_pure_parts_pass_their_own_tests() -> None:
    tools = Path(sys.executable).parent
    env = {**os.environ, "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), str(tools)])}
    done = subprocess.run([tools / "jlpm", "test"], cwd=extension, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_halves_have_one_version() -> None:
    package = json.loads((extension / "package.json").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert package["version"] == project["version"]


def sheets() -> list[Path]:
    """Our stylesheets; GraphiQL's own colours are its own."""
    return [path for path in sorted((extension / "style").glob("*.css")) if path.name != "graphiql.css"]


@pytest.mark.parametrize("sheet", sheets(), ids=lambda path: path.stem)
def test_colours_come_from_the_theme(sheet: Path) -> None:
    for line in sheet.read_text().splitlines():
        words = line.partition(":")[2]
        assert not re.search(r"\brgba?\(|\bhsla?\(|#[0-9a-f]{3,8}\b", words), line


def test_a_class_is_defined_by_one_sheet() -> None:
    """Sheets are loaded in any order, each with its part: what two of them define would change with it."""
    defined: dict[str, set[str]] = defaultdict(set)
    for sheet in sheets():
        for name in re.findall(r"^\.(dbaas-[\w-]+)(?= \{|,$)", sheet.read_text(), re.MULTILINE):
            defined[name].add(sheet.name)
    assert {name: found for name, found in defined.items() if len(found) > 1} == {}
