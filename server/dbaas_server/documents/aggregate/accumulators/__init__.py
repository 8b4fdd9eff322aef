"""What ``$group`` can do with the values of a group.

An accumulator is a column (what is taken of each document) and a total (what becomes of it, see
:mod:`~dbaas_server.documents.expressions.totals`).
"""

from __future__ import annotations

from . import lists, numbers, ordered
from .registry import ACCUMULATORS, Accumulation

__all__ = ["ACCUMULATORS", "FAMILIES", "Accumulation"]

FAMILIES = (lists, numbers, ordered)
