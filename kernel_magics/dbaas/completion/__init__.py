"""Tab in ``%dbaas`` lines, and in cells of ``%%dbaas`` and ``%%sql``.

1. What may stand in a statement is the server's to say (``editor/complete``), as it is in every other editor; here is
   only what the server cannot know: the notebook's variables, and which database a cell runs on.
2. Nothing is printed and nothing started, and an answer is waited for only a moment: what comes late is there for the
   next Tab.
3. Inside a statement Python has nothing to say, even where the server knows nothing.
"""

from __future__ import annotations

from .matching import matcher

__all__ = ["matcher"]
