"""The stages; each module enters its own when it is imported."""

from __future__ import annotations

from . import count, facet, group, limit, lookup, match, project, replace, sample, sort, unwind

__all__ = ["FAMILIES"]

FAMILIES = (count, facet, group, limit, lookup, match, project, replace, sample, sort, unwind)
