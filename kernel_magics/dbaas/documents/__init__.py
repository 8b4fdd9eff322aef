"""Cells on a document database: what mongosh takes, sent by pymongo.

1. A cell is read and planned by ``dbaas_shell``; here its plans are carried out, one after the other.
2. Names in a cell that are no literals are the notebook's variables.
3. Documents are shown as a tree that opens where one clicks, escaped everywhere, and as text where there is no page.
"""

from __future__ import annotations

from .found import Documents, Outcome
from .shell import Mongo

__all__ = ["Documents", "Mongo", "Outcome"]
