"""A person's own statement, read in any place, order and form.

1. The statement's text is never changed, only stood in brackets: it is described by itself first, so that what is wrong
   with it is said of it and where, and so that it is one statement and no more.
2. Values are parameters of the protocol. Columns are known by their number, so that any names do, twice as well.
3. Everything happens in a read-only, repeatable-read transaction. What would write is refused by the engine itself.
4. A connection comes back as if it were new, or not at all.

``texts`` (where a statement ends), ``wrapping`` (order and conditions) and ``cells`` (what arrives) are pure;
``described`` opens the transaction; ``cursor`` and ``extract`` read in it; ``standing`` lets go of what others wait
for.
"""

from __future__ import annotations
