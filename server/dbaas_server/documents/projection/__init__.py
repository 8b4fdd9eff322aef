"""Which fields of a document are shown, and what is put beside them.

1. A projection is a tree of names, made once (:mod:`.tree`); a document is walked along it, and nothing else of it is
   looked at.
2. A document is never changed: what differs is made anew, what does not is shared.
3. ``find``'s projection and the stages ``$project``, ``$addFields`` and ``$unset`` are one tree with other leaves.
4. Each tells the fields that it reads, so that no more than those need be decoded.
"""

from __future__ import annotations

from .find import compile_projection
from .shapes import Projection
from .stages import compile_addition, compile_exclusion, compile_project, compile_replacement, new_root

__all__ = [
    "Projection",
    "compile_addition",
    "compile_exclusion",
    "compile_project",
    "compile_projection",
    "compile_replacement",
    "new_root",
]
"""``compile_projection`` is find's; the others are stages: ``$project``, ``$addFields`` and ``$set`` (addition),
``$unset`` (exclusion), ``$replaceRoot`` and ``$replaceWith`` (replacement)."""
