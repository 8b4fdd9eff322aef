"""The Python environment: ``.venv``, filled from a lock file, with the project in it as an editable install.

Done once and again only when something it depends on changed: a stamp holds a digest of the lock, of
``pyproject.toml``, of the interpreter and of where the clone is.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from places import child_env, program, venv
from steps import Failed, Log, root

__all__ = ["DEV", "RUN", "ensure_environment"]

RUN = root / "requirements.lock"
"""What ``make run`` installs."""

DEV = root / "requirements-dev.lock"
"""The same versions, and what tests and checks need."""

_REMEDY_NETWORK = "Check that pip can reach your package index (pip config list), then run the command again."


def ensure_environment(log: Log, lock: Path) -> None:
    """Bring ``.venv`` in line with ``lock``. Raises ``Failed``."""
    wanted = _digest(lock)
    stamp = venv / f".installed-{lock.stem}"
    if stamp.is_file() and stamp.read_text() == wanted and program("python").exists():
        return
    if not _usable():
        with log.step("Creating the environment in .venv"):
            shutil.rmtree(venv, ignore_errors=True)
            _create(log)
    with log.step("Installing the locked Python packages"):
        install = _installer(log, lock)
        log.run(
            [*install, "--require-hashes", "-r", lock],
            what=f"installing the packages of {lock.name}",
            remedy=_REMEDY_NETWORK,
            env=_install_env(),
        )
    with log.step("Installing the project (editable)"):
        log.run(
            [*install, "--no-deps", "--no-build-isolation", "--editable", root],
            what="installing the project itself",
            remedy="Read the log; `make clean` and another try start from nothing.",
            env=_install_env(),
        )
    stamp.write_text(wanted)


def _digest(lock: Path) -> str:
    parts = [lock.read_bytes(), (root / "pyproject.toml").read_bytes(), sys.version.encode(), str(root).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _usable() -> bool:
    """Whether ``.venv`` is an environment made here: one that was moved or copied has paths that lead elsewhere."""
    script = program("pip")
    try:
        return program("python").exists() and str(venv) in script.read_text(encoding="utf-8")
    except OSError:
        return False


def _create(log: Log) -> None:
    """An environment with pip, by whichever way this machine offers."""
    remedy = "Remove .venv (make clean) and run the command again."
    if importlib.util.find_spec("ensurepip") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        log.run(["apt-get", "update", "-qq"], remedy="Check the machine's package sources.")
        log.run(
            ["apt-get", "install", "-y", "-qq", _venv_package()],
            remedy=f"Install {_venv_package()} yourself, then run the command again.",
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip") is not None:
        log.run([sys.executable, "-m", "venv", venv], what="creating .venv", remedy=remedy)
    elif importlib.util.find_spec("pip") is not None:
        log.run([sys.executable, "-m", "venv", "--without-pip", venv], what="creating .venv", remedy=remedy)
        log.run(
            [sys.executable, "-m", "pip", "--python", program("python"), "install", "--quiet", "pip"],
            what="putting pip into .venv",
            remedy=_REMEDY_NETWORK,
        )
    elif (uv := shutil.which("uv")) is not None:
        log.run([uv, "venv", "--seed", "--python", sys.executable, venv], what="creating .venv", remedy=remedy)
    else:
        raise Failed(
            f"{sys.executable} has neither ensurepip nor pip, so it cannot make an environment",
            f"Install the missing part (sudo apt-get install {_venv_package()}), then run the command again.",
        )


def _venv_package() -> str:
    """Debian's name of the package that completes this interpreter."""
    debian_python = sysconfig.get_path("stdlib").startswith("/usr/lib/python3")
    return f"python{sys.version_info.major}.{sys.version_info.minor}-venv" if debian_python else "python3-venv"


def _installer(log: Log, lock: Path) -> list[str | Path]:
    """``uv pip install`` (seconds instead of minutes), or pip's own where there is no uv for this machine."""
    pip: list[str | Path] = [program("python"), "-m", "pip", "install", "--disable-pip-version-check"]
    if not program("uv").exists():
        block = re.search(r"^uv==(?:.*\\\n)+.*\n", lock.read_text(encoding="utf-8"), re.MULTILINE)
        assert block is not None, f"{lock.name} pins uv"
        only_uv = venv / "uv.lock"
        only_uv.write_text(block[0])
        try:
            log.run(
                [*pip, "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", only_uv],
                remedy=_REMEDY_NETWORK,
            )
        except Failed:
            return pip
        finally:
            only_uv.unlink()
    return [program("uv"), "pip", "install", "--python", program("python")]


def _install_env() -> dict[str, str]:
    """uv trusts what the machine trusts; the front end is built by a step of its own, not inside the install."""
    return child_env(UV_SYSTEM_CERTS="1", UV_LINK_MODE="copy", SKIP_JUPYTER_BUILDER="1")
