"""Cells on a document database: what mongosh takes, parsed here and sent by pymongo.

1. No JavaScript is run. A cell is calls on collections with literal values, read by a small parser that says where it
   stopped understanding.
2. Names that are no literals are the notebook's variables. Values never become text.
3. Every operation is one of MongoDB's commands; options are the command's own, so what the server knows works here.
4. Documents are shown as a tree that opens where one clicks, escaped everywhere, and as text where there is no page.
"""

from __future__ import annotations

from .found import Documents, Outcome
from .shell import Mongo

__all__ = ["Documents", "Mongo", "Outcome"]
