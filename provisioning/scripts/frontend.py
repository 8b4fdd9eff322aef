"""The JupyterLab extension: built when its sources changed, and linked to where JupyterLab looks."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from places import child_env, program, venv
from steps import Log, root

__all__ = ["ensure_frontend", "frontend_env", "install_frontend_packages"]

_source = root / "extension"
_built = _source / "labextension"
_page = root / "server" / "dbaas_server" / "graphql" / "static" / "graphiql.js"
_generated = {"node_modules", "lib", "labextension", ".yarn"}
_REMEDY = "Check that npm packages can be downloaded from here, then run the command again."


def ensure_frontend(log: Log) -> None:
    """Build if needed, and link. Raises ``Failed``."""
    digest, stamp = _digest(), venv / ".built-labextension"
    built = (_built / "package.json").is_file() and _page.is_file()
    if not (built and stamp.is_file() and stamp.read_text() == digest):
        install_frontend_packages(log)
        with log.step("Building the JupyterLab extension"):
            log.run(
                [program("jlpm"), "build:prod"],
                cwd=_source,
                env=frontend_env(),
                what="building the JupyterLab extension",
                remedy="Read the log; after a change in extension/, `jlpm check` there says more.",
            )
        stamp.write_text(digest)
    _link()


def install_frontend_packages(log: Log) -> None:
    """The npm packages of ``extension/yarn.lock``, downloaded when the lock changed."""
    lock = (_source / "yarn.lock").read_bytes() + (_source / "package.json").read_bytes()
    digest, stamp = hashlib.sha256(lock).hexdigest(), _source / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    with log.step("Installing the locked npm packages"):
        log.run(
            [program("jlpm"), "install", "--immutable"],
            cwd=_source,
            env=frontend_env(),
            what="installing the npm packages of extension/yarn.lock",
            remedy=_REMEDY,
        )
    stamp.write_text(digest)


def frontend_env() -> dict[str, str]:
    """Node as the environment has it, trusting what the machine trusts, and telling nobody."""
    return child_env(NODE_USE_SYSTEM_CA="1", YARN_ENABLE_TELEMETRY="0", CI="1")


def _digest() -> str:
    """Of every source file's path and content."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(_source):
        folders[:] = sorted(set(folders) - _generated)
        for name in sorted(files):
            path = Path(folder) / name
            if path.suffix != ".tsbuildinfo":
                digest.update(str(path.relative_to(_source)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _link() -> None:
    """Show JupyterLab what is built, entry by entry: installing the project puts a file of its own into the folder."""
    name = json.loads((_source / "package.json").read_text(encoding="utf-8"))["name"]
    target = venv / "share" / "jupyter" / "labextensions" / name
    target.mkdir(parents=True, exist_ok=True)
    for entry in target.iterdir():
        if entry.is_symlink():
            entry.unlink()
    for entry in _built.iterdir():
        (target / entry.name).symlink_to(entry)
