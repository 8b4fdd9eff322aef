"""What goes into WebSocket frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.frames import close_reason


@given(st.text(max_size=200))
def test_a_close_reason_is_cut_where_a_frame_ends_and_no_character_does(reason: str) -> None:
    short = close_reason(reason) or ""
    size = len(short.encode())
    assert reason.startswith(short)
    assert size <= 123
    assert short == reason or size > 119
