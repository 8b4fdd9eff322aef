"""Read and write concerns: everything acknowledged is durable here, and there is one copy to read.

Source: MongoDB's manual, "Read Concern" and "Write Concern"; the codes are those of a server without replicas.
"""

from __future__ import annotations

from typing import Any, Final

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError
from .arguments import integer, wrong_type

__all__ = ["check_read_concern", "write_concern_error"]

_LEVELS: Final = frozenset({"local", "available", "majority"})
_MOST_NODES: Final = 50


def check_read_concern(concern: Any) -> None:
    """Refuse levels that are not to be had.

    Raises:
        DocumentError: ``InvalidOptions`` for ``snapshot``, ``NotAReplicaSet`` for ``linearizable``.
    """
    if not isinstance(concern, dict):
        raise wrong_type("readConcern", concern, "object")
    level = concern.get("level")
    if level is None or level in _LEVELS:
        return
    if level == "snapshot":
        raise DocumentError(Code.InvalidOptions, "Read concern level snapshot is not supported by this server.")
    if level == "linearizable":
        raise DocumentError(
            Code.NotAReplicaSet, "node needs to be a replica set member to use read concern linearizable"
        )
    if not isinstance(level, str):
        raise wrong_type("readConcern.level", level, "string")
    raise DocumentError(
        Code.BadValue, f"Enumeration value '{level}' for field 'readConcern.level' is not a valid value."
    )


def write_concern_error(concern: Any) -> Document | None:
    """What is to be told with a write that is done but was wanted on more copies than there are; None: all is well.

    Raises:
        DocumentError: it is no write concern; nothing must be written.
    """
    if not isinstance(concern, dict):
        raise wrong_type("writeConcern", concern, "object")
    wanted = concern.get("w", 1)
    if isinstance(wanted, str):
        return None if wanted == "majority" else _error(Code.UnknownReplWriteConcern, f"No write concern '{wanted}'")
    nodes = integer(wanted)
    if nodes is None or not 0 <= nodes <= _MOST_NODES:
        raise DocumentError(
            Code.FailedToParse, f"w has to be a non-negative number and not greater than {_MOST_NODES}; found: {wanted}"
        )
    return None if nodes <= 1 else _error(Code.UnsatisfiableWriteConcern, "Not enough data-bearing nodes")


def _error(code: Code, message: str) -> Document:
    return {"code": int(code), "codeName": code.name, "errmsg": message}
