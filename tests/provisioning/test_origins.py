"""Which texts are origins, and how they are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.origins import check_origins


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], ()),
        (["*"], ("*",)),
        (["https://app.example.com"], ("https://app.example.com",)),
        (["HTTPS://App.Example.COM"], ("https://app.example.com",)),
        (["https://a.test:443", "http://a.test:80", "http://a.test:443"],
         ("https://a.test", "http://a.test", "http://a.test:443")),
        (["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173"],
         ("http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173")),
        (["capacitor://localhost", "chrome-extension://abcdefgh"], ("capacitor://localhost", "chrome-extension://abcdefgh")),
        (["https://a.test", "https://a.test", "https://A.test:443"], ("https://a.test",)),
    ],
)  # fmt: skip
def test_origins_are_kept_as_browsers_send_them(given: list[str], kept: tuple[str, ...]) -> None:
    assert check_origins(given) == kept
    assert check_origins(kept) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "", "null", "app.example.com", "//a.test", "https://", "https://a.test/", "https://a.test/path", "https://a.test?x",
        "https://a.test#x", "https://user@a.test", "https://a b.test", "https://*.a.test", "https://a..test", "https://.a.test",
        "https://a.test:", "https://a.test:0", "https://a.test:65536", "https://a.test:x", "https://bücher.test",
        "http://[::01]", "http://[nonsense]", "https://a.test\n", "https://a.test\r\nSet-Cookie: x", " https://a.test",
        "https://" + "a" * 300, 7, None, ["https://a.test"], b"https://a.test",
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_refused_with_an_example(wrong: object) -> None:
    with pytest.raises(Invalid) as refused:
        check_origins(["https://fine.test", wrong])
    assert refused.value.code == "invalid_origin"
    assert "https://app.example.com" in (refused.value.hint or "")


def test_everybody_stands_alone_and_the_list_is_bounded() -> None:
    for wrong in (["*", "https://a.test"], [f"https://a{number}.test" for number in range(101)]):
        with pytest.raises(Invalid):
            check_origins(wrong)


@given(st.lists(st.one_of(st.text(), st.from_regex(r"[a-zA-Z]+://[a-zA-Z0-9.:\[\]-]*", fullmatch=True)), max_size=5))
def test_whatever_is_kept_is_kept_again_and_fits_a_header(origins: list[str]) -> None:
    try:
        kept = check_origins(origins)
    except Invalid:
        return
    assert check_origins(kept) == kept
    assert all(origin.isascii() and origin.isprintable() and " " not in origin for origin in kept)
