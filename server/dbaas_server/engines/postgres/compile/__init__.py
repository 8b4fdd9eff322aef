"""From shapes to SQL. Pure: no connection, no value, no clock.

1. ``plan_read``, ``plan_write`` and ``plan_call`` are the doors; what they return is all that running needs.
2. A :class:`~.scope.Scope` is a row in reach: an alias and its columns. Whatever names a column does so through it.
3. Related rows are correlated subqueries in the select list, which PostgreSQL computes after LIMIT; conditions on them
   are EXISTS, which it may turn into joins. Only a spread, which gives several columns, is a lateral join.
4. Every name goes through ``names``; every value is a parameter, except in COPY, which takes none (``Literals``).
5. What cannot be resolved is refused here, with a hint that names the likely intention.
"""

from __future__ import annotations

from .filter import plan_condition
from .plans import ReadPlan, WritePlan
from .read import plan_copy, plan_read
from .together import TogetherPlan, plan_called, plan_together
from .write import plan_write

__all__ = [
    "ReadPlan", "TogetherPlan", "WritePlan", "plan_called", "plan_condition", "plan_copy", "plan_read",
    "plan_together", "plan_write",
]  # fmt: skip
