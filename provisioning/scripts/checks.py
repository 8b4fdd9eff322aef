"""What ``make check`` runs: format, lint, types, layers, the front end's own, and whether the synchronous client is
what its asynchronous twin makes. All of it runs, then the verdict.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from frontend import frontend_env, install_frontend_packages
from places import child_env, program
from steps import Failed, Log, root, say

__all__ = ["check"]

_CHECKS: Sequence[tuple[str, Sequence[str], Path]] = (
    ("format", ("ruff", "format", "--check", "."), root),
    ("lint", ("ruff", "check", "."), root),
    ("synchronous client", ("python", "provisioning/scripts/twins.py", "--check"), root),
    ("types", ("mypy",), root),
    ("types of the scripts", ("mypy", "--config-file", "pyproject.toml", "provisioning/scripts"), root),
    ("layers", ("lint-imports", "--no-cache"), root),
    ("front end", ("jlpm", "check"), root / "extension"),
)


def check(log: Log) -> None:
    """Raises ``Failed`` naming every check that did not pass, after showing what each had to say."""
    install_frontend_packages(log)
    failed = []
    for name, (command, *arguments), folder in _CHECKS:
        result = subprocess.run(
            [program(command), *arguments],
            cwd=folder,
            env={**frontend_env(), **child_env()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        say(f"  check: {name:<24} {'passed' if result.returncode == 0 else 'FAILED'}")
        if result.returncode != 0:
            failed.append(name)
            lines = (result.stdout + result.stderr).strip().splitlines()
            say("\n".join(f"    {line[:240]}" for line in lines[:60]))
            if len(lines) > 60:
                say(f"    … {len(lines) - 60} more lines")
    if failed:
        raise Failed(f"make check: {', '.join(failed)}", "Correct what is listed above; `make format` does part of it.")
