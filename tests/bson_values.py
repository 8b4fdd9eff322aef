"""Hypothesis strategies of BSON values as the document engine holds them."""

from __future__ import annotations

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import strategies as st

EDGES = [
    0, 1, -1, 5, 2**31 - 1, -(2**31), 2**53 - 1, 2**53, 2**53 + 1, 2**54 + 2, 2**62 + 1, 2**63 - 1,
    -(2**53) - 1, -(2**63),
]  # fmt: skip

int32 = st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3)
int64 = (st.integers(-(2**63), 2**63 - 1) | st.sampled_from(EDGES)).map(Int64)
doubles = st.floats() | st.sampled_from(EDGES).map(float) | st.sampled_from([0.1, 0.5, -0.0, 1e308, 5e-324, 2.0**64])
decimals = st.one_of(
    st.sampled_from(
        ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "0E+10", "1.0", "0.1", "0.10", "1E+6144", "-1E-6176"]
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda number: f"{number:.30E}"),
    st.builds(lambda number, power: f"{number}E{power}", st.integers(1 - 10**34, 10**34 - 1), st.integers(-60, 60)),
    st.builds(lambda whole, part: f"{whole}.{part}", st.sampled_from(EDGES), st.integers(0, 999)),
    st.sampled_from(EDGES).map(str),
    st.floats(-1e15, 1e15).map(lambda number: f"{number:.20g}"),
).map(Decimal128)  # fmt: skip
numbers = int32 | int64 | doubles | decimals

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text("ab\x00\x01\x02é", max_size=4)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=3) | st.sampled_from(
    "abc"
)
dates = st.integers(-(2**63), 2**63 - 1).map(DatetimeMS)
scalars = st.one_of(
    st.none(),
    numbers,
    texts,
    st.booleans(),
    st.binary(max_size=4),
    st.builds(Binary, st.binary(max_size=4), st.sampled_from([0, 4, 5, 128])),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    dates,
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(Regex, st.text("ab^$.", max_size=3), st.sampled_from(["", "i", "im"])),
    st.builds(Code, texts),
    st.builds(Code, texts, st.dictionaries(names, int32, max_size=2)),
    st.sampled_from([MinKey(), MaxKey()]),
)
values = st.recursive(
    scalars, lambda part: st.lists(part, max_size=3) | st.dictionaries(names, part, max_size=3), max_leaves=6
)
documents = st.dictionaries(names, values, max_size=4)
