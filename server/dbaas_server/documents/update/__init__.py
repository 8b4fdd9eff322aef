"""Updates: a document in, a changed document out, or nothing where nothing changes.

1. An update is checked whole before any document is looked at: operators, paths, conflicts, array filters.
2. An operator is a function of the old value (:mod:`.change`); what a path means (places, ``$``, ``$[]``, ``$[name]``)
   is said once, in :mod:`.draft`.
3. A document is never changed in place. A draft copies the containers on the way to what changes and shares the rest.
4. New fields appear in the order of their names, numbers as numbers, as MongoDB has made them since 5.0.
5. ``_id`` is what it was.
"""

from __future__ import annotations

from .compile import Update, compile_update
from .upsert import upsert_document

__all__ = ["Update", "compile_update", "upsert_document"]
"""``compile_update(spec, scope, array_filters)`` checks an update; ``Update.apply`` carries it out;
``upsert_document(filter, update)`` is what it inserts where nothing matched."""
