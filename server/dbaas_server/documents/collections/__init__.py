"""Collections: what a document database holds, how it is read and how it is written.

1. What is known of a collection (:mod:`.metadata`) never changes in place: a change is a new version, and whoever
   planned under an older one is told so by the store and plans again.
2. A document's entries in its indexes are a function of document and index (:mod:`.entries`), and of nothing else:
   writers, index builds and the checker all ask that function.
3. Reading is: a plan (which keys of which space), a scan, the document looked at again, then order, counts and shape.
4. Writing is: read with its version, change, and one batch with the difference of entries, which holds only if the
   document is still the one that was read. Whoever was overtaken reads again.
5. A write is acknowledged when the store has it for good, and with it the record that a retry of it finds.
"""
