"""Reading: which documents, in which order, in which shape.

1. A question is compiled whole before anything is read (:mod:`.question`); what is wrong with it is told at once, also
   of a collection that is not there.
2. A plan (:mod:`.planner`) says which keys of which space are read. It may say too many, never too few: what is read is
   looked at again, unless its key alone tells.
3. Documents stay bytes (:mod:`.found`) until somebody looks into them, once.
4. Little is read at first and more each time: whoever wants one document makes the store read one.
5. A plan whose index or collection is gone is made again as long as nothing was given out.
"""

from __future__ import annotations

from .aggregating import aggregate
from .counting import count
from .distinguishing import distinct
from .finding import find

__all__ = ["aggregate", "count", "distinct", "find"]
