"""What is read to answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ...match import Node
from ...values import EVERYTHING, KeyRange
from ..metadata import Index
from .intervals import Interval

__all__ = ["Nothing", "Plan", "Scan", "Source", "Union"]


@dataclass(frozen=True, slots=True)
class Scan:
    """Entries of an index, or documents by their ``_id``, in the order of their keys.

    Attributes:
        index: None: the documents themselves.
        ranges: ascending and apart.
        keys: not ranges but these entries, ascending; None: it is ranges.
        reverse: from the last to the first.
        bounds: of each field that the ranges are made of, the intervals.
        repeats: a document may be found more than once.
        by_id: of a scan of the documents, that it is one for the sake of ``_id``, its range or its order.
    """

    index: Index | None = None
    ranges: Sequence[KeyRange] = (EVERYTHING,)
    keys: Sequence[bytes] | None = None
    reverse: bool = False
    bounds: Sequence[Sequence[Interval]] = ()
    repeats: bool = False
    by_id: bool = False


@dataclass(frozen=True, slots=True)
class Union:
    """Documents that one of several scans finds; each once, in no order."""

    branches: Sequence[Scan]


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document can match."""


Source: TypeAlias = Scan | Union | Nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """A source, and what is left to do.

    Attributes:
        residual: what its documents have to match; None: they all do.
        in_order: they come in the order asked for.
        countable: the ranges have as many entries as documents match.
    """

    source: Source
    residual: Node | None
    in_order: bool = False
    countable: bool = False

    @property
    def only_key(self) -> bytes | None:
        """The key of the only document that is read, which matches if it is there; None: it is not that simple."""
        scan = self.source
        if self.residual is None and isinstance(scan, Scan) and scan.index is None and scan.keys is not None:
            return scan.keys[0] if len(scan.keys) == 1 else None
        return None
