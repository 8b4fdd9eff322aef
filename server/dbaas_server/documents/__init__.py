"""Documents: MongoDB's semantics over an ordered key-value store.

1. Pure parts know no store: a filter, a projection, an update or a pipeline is checked and compiled once, to closures
   over decoded values. What a store keeps and what a client gets are BSON bytes; they are decoded where a value in
   them is looked at, and nowhere else.
2. The store is small on purpose (:mod:`~dbaas_server.documents.store`): ordered spaces of keys, with compare-and-set.
   Indexes are ours, kept in spaces of the store, so that any store that can do this much serves all of MongoDB.
3. An index entry is a hint. Who reads through one looks at the document again, so that a store which cannot write a
   document and its entries at once stays right.
4. An order of bytes is the order of values: :mod:`~dbaas_server.documents.values` turns every BSON value to a key
   whose bytes sort as MongoDB sorts values.
5. MongoDB 7's documentation decides what is right, its error numbers and names included; what is not here fails with
   the error that a mongod without it would give.
6. Nothing waits without an end and nothing grows without a bound: deadlines, batches, and files past a bound.
"""
