"""Programs inside an installed Python package, and putting them within the engine user's reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["copy_within_reach", "package_folder"]


def package_folder(module: str) -> Path | None:
    """Where a Python package is installed, without importing it; None when it is not."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def copy_within_reach(module: str, distribution: str, packages: Path) -> Path:
    """Copy a package and the shared libraries bundled beside it to ``packages``; returns the copied package folder.

    Wheels keep bundled libraries in ``<module>.libs`` next to the package, found through a relative search path, so
    both move together. The copy is made once for each version, in one step; it is safe when two processes try.
    """
    source = package_folder(module)
    if source is None:
        raise ModuleNotFoundError(module)
    target = packages / f"{distribution}-{importlib.metadata.version(distribution)}"
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=packages))
        try:
            for part in (source, source.with_name(f"{module}.libs")):
                if part.exists():
                    shutil.copytree(
                        part, making / part.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
                    )
            making.chmod(0o755)
            for folder, _, _ in os.walk(making):
                Path(folder).chmod(0o755)
            making.rename(target)
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return target / module
