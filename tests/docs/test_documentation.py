"""Documented commands are tested commands: what README.md shows is run here, and what comes back is compared.

In a ``console`` block a line that begins with ``$`` (and goes on in lines with ``>``) is run by bash, all of them in
one session, and must end with status 0; the lines below it are its output, ``…`` standing for anything. An ``ipython``
block is a notebook cell; all of them run in one kernel, in order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbclient
import nbformat
import pytest

from dbaas_provisioning.nouns import Home
from elsewhere import elsewhere

root = Path(__file__).resolve().parents[2]
readme = (root / "README.md").read_text()
documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]


@dataclass(frozen=True)
class Command:
    """A documented command and its documented output."""

    line: str
    output: str


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[Command]:
    """A block's commands, as a terminal shows them: ``$`` begins one, ``>`` continues it, the rest is its output."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        match = re.match(r"(.*\n(?:> .*\n)*)((?:.*\n)*)", part)
        assert match is not None
        yield Command(match[1].replace("\n> ", "\n").strip(), match[2])


OF_THIS_MACHINE = (r"127\.0\.0\.1:\d+", r"(?<=pid) +\d+", r"(?<=home) +\S+", r"[\d.]+ [kM]B", r"(?<=postgres) +\d+")


def as_documented(output: str, documented: str) -> bool:
    """Whether they say the same, apart from what differs between machines and from spacing."""
    for varying in OF_THIS_MACHINE:
        output, documented = re.sub(varying, "", output), re.sub(varying, "", documented)
    pattern = ".*".join(re.escape("".join(part.split())) for part in documented.split("…"))
    return re.fullmatch(pattern, "".join(output.split())) is not None


@pytest.fixture(scope="module")
def shell(new_home: Callable[[], Home]) -> Iterator[dict[str, str]]:
    """The environment of a person with a platform of their own; stopped afterwards."""
    home = new_home()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DBAAS_")}
    env = {
        **clean,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "DBAAS_HOME": str(home.path),
        "HOME": str(home.path.parent),
    }
    with elsewhere("wheel") as server:  # somebody else's, whom the README registers
        env["SERVER"] = server.new_login("createdb createrole replication").dsn()
        yield env
        subprocess.run(["dbaas", "down"], env=env, check=True, stdin=subprocess.DEVNULL, capture_output=True)


@pytest.mark.timeout(1200)
def test_every_console_session_of_the_readme_runs_as_shown(shell: dict[str, str]) -> None:
    shown = [command for block in blocks("console") for command in commands(block)]
    assert len(shown) >= 8
    script = ["set -u"]
    for number, command in enumerate(shown):
        script.append(f"echo; echo '=== {number}'")
        script.append(f"{command.line}")
        script.append('echo; echo "--- $?"')
    done = subprocess.run(
        ["bash"], input="\n".join(script), cwd=root, env=shell, capture_output=True, text=True, timeout=1100
    )
    parts = re.split(r"^=== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(shown), done.stderr
    for command, part in zip(shown, parts, strict=True):
        output, _, status = part.rpartition("--- ")
        assert status.strip() == "0", f"{command.line}: status {status.strip()}\n{output}\n{done.stderr}"
        assert as_documented(output, command.output), f"{command.line} printed\n{output}\nnot\n{command.output}"


@pytest.mark.timeout(1200)
def test_every_notebook_cell_of_the_readme_runs(shell: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    cells = blocks("ipython")
    assert cells
    monkeypatch.setattr(os, "environ", {**shell, "JUPYTER_PLATFORM_DIRS": "1"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    for cell in notebook.cells:
        assert not [output for output in cell.outputs if output.output_type == "error"]


def test_the_jupyterhub_configuration_shown_is_the_one_that_is_tested() -> None:
    configuration = (root / "provisioning" / "jupyterhub" / "jupyterhub_config.py").read_text()
    (shown,) = [block for block in blocks("python") if "JupyterHub" in block]
    assert configuration.endswith(shown) and "c.JupyterHub.services" in shown


@pytest.mark.parametrize("name", documents)
def test_links_and_paths_lead_somewhere(name: str) -> None:
    text = (root / name).read_text()
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (root / target).exists(), f"{name} links to {target}"
    tops = "provisioning|server|kernel_magics|extension|notebooks|tests"
    for path in re.findall(rf"`((?:{tops})/[\w./-]*)`", text):
        assert (root / path).exists(), f"{name} names {path}"


@pytest.mark.parametrize("name", documents)
def test_make_targets_exist(name: str) -> None:
    makefile = (root / "Makefile").read_text()
    known = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert known is not None
    named = set(re.findall(r"`make ([a-z-]+)", (root / name).read_text()))
    assert named <= set(known[1].split())
