"""From catalogs to a GraphQL schema for one role. Pure: no connection, no clock.

1. ``names`` spells what GraphQL can spell; ``kinds`` maps the engine's types to scalars, enums and lists; ``tables``
   decides what of a table a role sees and how tables lead to each other; ``types``, ``inputs``, ``outputs`` and
   ``functions`` make GraphQL's types of that; ``build`` puts the roots together.
2. Every field carries its meaning (``meanings``) in its ``extensions``; planning reads that and nothing else.
"""

from __future__ import annotations

from .build import Source, build_schema
from .kinds import SCALARS

__all__ = ["SCALARS", "Source", "build_schema"]
