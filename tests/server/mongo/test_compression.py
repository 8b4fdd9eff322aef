"""Compressors: what goes in comes out, and never more than was announced."""

from __future__ import annotations

import contextlib
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.mongo.compression import COMPRESSORS, compress, decompress, negotiate, numbers

every = pytest.mark.parametrize("compressor", sorted(COMPRESSORS))


def test_zlib_snappy_and_zstd_are_there() -> None:
    assert set(COMPRESSORS.values()) == {"zlib", "snappy", "zstd"}


@every
@given(data=st.binary(max_size=5_000))
def test_what_goes_in_comes_out(compressor: int, data: bytes) -> None:
    assert decompress(compressor, compress(compressor, data), len(data)) == data


@every
@pytest.mark.parametrize("wrong", [-1, 1, -100, 1_000_000])
def test_another_length_than_announced_is_refused(compressor: int, wrong: int) -> None:
    data = b"abc" * 1_000
    with pytest.raises(ValueError, match=r"."):
        decompress(compressor, compress(compressor, data), len(data) + wrong)


@every
@given(data=st.binary(max_size=300), size=st.integers(0, 1_000))
def test_any_bytes_are_refused_or_as_long_as_announced(compressor: int, data: bytes, size: int) -> None:
    with contextlib.suppress(ValueError):
        assert len(decompress(compressor, data, size)) == size


@every
def test_a_bomb_does_not_go_off(compressor: int) -> None:
    bomb = compress(compressor, bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"."):
            decompress(compressor, bomb, 1_000)
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_something_behind_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        decompress(2, zlib.compress(b"abc") + b"more", 4)


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        (["zstd", "zlib"], ["zstd", "zlib"]),
        (["zlib", "lz4", 3, "zlib"], ["zlib", "zlib"]),
        ([], []),
        ("zlib", []),
        (None, []),
        ({"zlib": 1}, []),
    ],
)
def test_both_sides_agree_on_what_both_know(asked: object, agreed: list[str]) -> None:
    assert negotiate(asked) == agreed


def test_names_have_numbers() -> None:
    assert numbers(["snappy", "zstd"]) == {1, 3}
