"""Indexes are built while everybody goes on writing, and dropped.

1. An index is ``building``, then ``settling``, then ``ready``. Each step is a change of the metadata, which no batch
   planned before it survives: from the first on every writer maintains the index, and after each the writes planned
   before are all there to be seen, or refused.
2. **Building**: its entries have the keys of an index that is not unique (``values + id``) even if it is, so that each
   belongs to one document alone and no write is refused for its sake. The build scans the documents and puts the
   entries that they had when they were read (:mod:`.fill`). A document that is changed meanwhile may keep an entry that
   it should not; none lacks one. A unique index is searched for two entries with the same values, which ends the build.
3. **Settling**: the build puts nothing new any more. It looks at every entry, then at its document, and takes back the
   entry if the document does not have it, at the version it had before that look: a writer who put it again meanwhile
   gave it another, and it stays (:mod:`.settle`).
4. A unique index changes its form while it settles: writers put entries with the keys of a unique index (``values``) if
   there are none, and remove a document's entry in whichever of both forms it has; the build moves one entry after the
   other from the one form to the other, both in one batch. Where the new one is there already and is another
   document's, two documents have the same values, which ends the build.
5. **Writers need to know none of this**: :func:`..entries.entry_writes` is the difference of a document's entries as
   writes, whatever the state. A ``Put`` of version 0 that is refused in an index's space is a ``DuplicateKey``; whether
   an index refuses is :attr:`..metadata.Index.refuses`, not ``is_unique``.
6. A build that was cut short is begun again by whoever starts next; two that build the same index do no harm.
7. A build that fails leaves no index and no entry. One whose index or collection is dropped is ``IndexBuildAborted``.
"""

from __future__ import annotations

from .builds import Builds
from .commands import create, drop

__all__ = ["Builds", "create", "drop"]
