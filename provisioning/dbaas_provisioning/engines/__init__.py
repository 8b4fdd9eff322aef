"""The engines: one folder each, of the engine's name.

1. A folder here is an engine; there is no other list of them. Each has a module-level ``ENGINE``.
2. Engines are stateless and import their driver only when they talk to a server.
3. Whatever an engine makes it can take away again; taking away is safe to repeat.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from ..engine import Engine
from ..errors import Invalid

__all__ = ["engine", "names"]


def names() -> Sequence[str]:
    """Names of the engines there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def engine(name: str) -> Engine:
    """An engine by name. Raises ``Invalid`` (``unknown_engine``)."""
    if name not in names():
        raise Invalid("unknown_engine", f"There is no engine called {name!r}.", hint=f"Engines: {', '.join(names())}.")
    found: Engine = importlib.import_module(f".{name}", __name__).ENGINE
    return found
