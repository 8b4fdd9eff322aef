"""``--variables``: JSON, or the name of one of the notebook's variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import UsageError, did_you_mean
from ..params import is_own, to_json

__all__ = ["read_variables"]

_HINT = "Name a dict of the notebook, or write JSON in single quotes: --variables '{\"limit\": 5}'."


def read_variables(text: str, notebook: Mapping[str, Any]) -> dict[str, Any]:
    """The variables to send, as JSON holds them.

    Args:
        text: what stands behind ``--variables``.
        notebook: the notebook's variables.

    Raises:
        UsageError: neither JSON nor a name, or not an object.
    """
    if text.isidentifier() and text not in ("true", "false", "null"):
        if text not in notebook:
            nearest = did_you_mean(text, (name for name in notebook if is_own(name)))
            raise UsageError(f"There is no variable {text!r}.", hint=nearest or _HINT)
        found = notebook[text]
    else:
        try:
            found = json.loads(text)
        except ValueError as error:
            raise UsageError(f"--variables is not JSON: {error}.", hint=_HINT) from None
    if not isinstance(found, Mapping):
        raise UsageError(f"--variables is a {type(found).__name__}, and has to be an object.", hint=_HINT)
    plain: dict[str, Any] = to_json(found)
    return plain
