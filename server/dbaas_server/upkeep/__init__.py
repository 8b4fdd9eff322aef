"""What the daemon does again and again, without being asked.

1. A job is a name, a pace and one function that does its work once. What it has to remember is its own.
2. Each has a loop of its own: a slow one holds up nobody else.
3. A failure is logged when it is another one than last time, and tried again at a slower pace until it works.
4. Which jobs there are is said in one place (:mod:`~.jobs`); the daemon starts them once it serves.
"""

from __future__ import annotations

from .loop import Job, Upkeep

__all__ = ["Job", "Upkeep"]
