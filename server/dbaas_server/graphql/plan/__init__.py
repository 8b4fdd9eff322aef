"""From a validated operation to reads and writes. Pure.

1. ``fields`` collects what is selected, fragments and directives resolved; ``inputs`` turns arguments into trees whose
   leaves are values or variables still to be filled in; ``filters``, ``rows`` and ``changes`` make the nouns.
2. A plan holds for every request whose variables have the same shape: which are there, which are null, and the values
   of those that decide a name (a direction, a condition's field, ``@skip``).
"""

from __future__ import annotations

from .inputs import Arguments, Inputs, NeedsValue
from .operation import Plan, Root, plan_operation

__all__ = ["Arguments", "Inputs", "NeedsValue", "Plan", "Root", "plan_operation"]
