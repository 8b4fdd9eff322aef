"""Where things are: the environment's programs, and the platform's data folder."""

from __future__ import annotations

import os
from pathlib import Path

from steps import root

__all__ = ["child_env", "data_folder", "notebooks", "program", "venv"]

venv = root / ".venv"
notebooks = root / "notebooks"


def program(name: str) -> Path:
    """A program of the environment."""
    return venv / "bin" / name


def data_folder() -> Path:
    """The platform's home: ``DBAAS_HOME``, else the same default as the ``dbaas`` command's."""
    if named := os.environ.get("DBAAS_HOME"):
        return Path(named).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/jupyter-dbaas")
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "jupyter-dbaas"


def child_env(**more: str) -> dict[str, str]:
    """The environment for commands: the project's programs first, and one data folder for all of them."""
    env = dict(os.environ)
    for foreign in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"):
        env.pop(foreign, None)
    env["PATH"] = os.pathsep.join([str(venv / "bin"), env.get("PATH", os.defpath)])
    env["VIRTUAL_ENV"] = str(venv)
    env["DBAAS_HOME"] = str(data_folder())
    return {**env, **more}
