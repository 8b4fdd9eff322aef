"""Values: what MongoDB says of one value, or of two.

1. Types decide first: every value has a rank (:mod:`.kinds`), and only values of one rank are compared by what they
   hold. Numbers are one rank; a bool is none of them, whatever Python says.
2. One order (:mod:`.order`) serves comparison, sorting, grouping and uniqueness: keys that Python compares and hashes.
3. The same order as bytes (:mod:`.keys`) serves indexes; what a comparison means there are ranges (:mod:`.ranges`).
4. Numbers are compared exactly across int32, int64, double and decimal128; nothing goes through a float on the way.
5. A collation (:mod:`.collation`) is a function from strings to strings that sort by their bytes; everything takes one.
"""

from __future__ import annotations

from .collation import SIMPLE, Collation, parse_collation
from .keys import encode_key, encode_value
from .kinds import ALIASES, INT32, INT64, NUMBERS, Kind, Rank, alias, is_number, kind_of, rank_of, regex_flags
from .order import compare, equal, hash_key, hasher, sort_key, sorter
from .ranges import (
    EVERYTHING,
    KeyRange,
    comparison_ranges,
    in_ranges,
    merge_ranges,
    point_range,
    prefix_range,
    regex_ranges,
)
from .sorting import sort_element

__all__ = [
    "ALIASES",
    "EVERYTHING",
    "INT32",
    "INT64",
    "NUMBERS",
    "SIMPLE",
    "Collation",
    "KeyRange",
    "Kind",
    "Rank",
    "alias",
    "compare",
    "comparison_ranges",
    "encode_key",
    "encode_value",
    "equal",
    "hash_key",
    "hasher",
    "in_ranges",
    "is_number",
    "kind_of",
    "merge_ranges",
    "parse_collation",
    "point_range",
    "prefix_range",
    "rank_of",
    "regex_flags",
    "regex_ranges",
    "sort_element",
    "sort_key",
    "sorter",
]
