"""Who may see which change.

1. PostgreSQL decides, never a copy of its rules: a policy's expression is evaluated on the row's values, as the
   caller's role with the caller's claims, in a transaction that cannot write.
2. Policies are those of now. What is known of a table is remembered with a stamp, and the stamp is compared in the
   same statement that evaluates, so that a policy changed a moment ago is never the old one.
3. Doubt means no: a value that the log left out, a column that is gone, an expression that fails.
4. Callers with the same role and claims are asked for once, all rows of a table in one statement.
5. Policies and filters are what others wrote: each kind runs within a time and on connections of its own.

``guards`` knows what protects a table, ``rows`` writes values as PostgreSQL reads them, ``pace`` says how long all of
it may take, ``mask`` asks and answers.
"""

from __future__ import annotations

from .mask import Eyes
from .pace import Pace

__all__ = ["Eyes", "Pace"]
