"""The rows of what a person typed: asked for, shown in pages, handed out as files.

1. Stateless by contract: every request brings the statement, and the id of an open result only makes it quick.
2. Order and conditions are the engine's to carry out, so that they mean what they mean in a statement.
3. A file is made as its rows arrive, in bounded memory, in a thread; one that breaks off never looks complete.
"""

from __future__ import annotations
