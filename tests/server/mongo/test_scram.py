"""SCRAM-SHA-256, against the RFC's own example and against everything that is none."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.mongo.scram import Conversation, decoy, user_name, verifier_of

# RFC 7677, section 3.
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
ANSWER = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SIGNATURE = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def conversation() -> Conversation:
    return Conversation(verifier_of("pencil", salt=SALT, iterations=4_096), nonce=NONCE)


def test_the_example_of_the_rfc() -> None:
    talk = conversation()
    assert user_name(FIRST) == "user"
    assert talk.first(FIRST) == ANSWER
    assert talk.final(FINAL) == SIGNATURE


def test_a_wrong_password_is_refused() -> None:
    talk = Conversation(verifier_of("pencils", salt=SALT, iterations=4_096), nonce=NONCE)
    talk.first(FIRST)
    with pytest.raises(DocumentError) as caught:
        talk.final(FINAL)
    assert caught.value.number == Code.AuthenticationFailed


def test_a_proof_before_its_time_is_refused() -> None:
    with pytest.raises(DocumentError):
        conversation().final(FINAL)


def test_who_does_not_exist_has_the_same_salt_each_time_and_no_password() -> None:
    one, other = decoy("nobody", b"secret"), decoy("nobody", b"secret")
    assert (one.salt, one.iterations, len(one.salt)) == (other.salt, other.iterations, 28)
    assert decoy("nobody", b"other").salt != one.salt
    assert decoy("somebody", b"secret").salt != one.salt
    real = verifier_of("x")
    assert (len(real.salt), real.iterations) == (len(one.salt), one.iterations)
    assert one.stored_key != other.stored_key


@pytest.mark.parametrize("name", ["a,b", "a=b", "=2C", "x=3Dy,"])
def test_names_have_their_commas_and_equals_signs_back(name: str) -> None:
    sent = name.replace("=", "=3D").replace(",", "=2C")
    assert user_name(f"n,,n={sent},r=x".encode()) == name


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"n,,",
        b"n,,n=user",
        b"n,,r=abc",
        b"n,,n=,r=abc",
        b"p=tls-unique,,n=user,r=abc",
        b"n,a=other,n=user,r=abc",
        b"n,,m=must,n=user,r=abc",
        b"\xff\xfe,,n=a,r=b",
    ],
)
def test_what_is_no_first_message_is_refused(first: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        user_name(first)
    assert caught.value.number == Code.AuthenticationFailed


@pytest.mark.parametrize(
    "final",
    [
        b"",
        FINAL.replace(b"c=biws", b"c=eSws"),
        FINAL.replace(b"r=rOpr", b"r=xOpr"),
        FINAL[:-8],
        FINAL.replace(b"dHzb", b"eHzb"),
        b"p=AAAA",
        FINAL + b",p=AAAA",
    ],
)
def test_what_is_no_proof_is_refused(final: bytes) -> None:
    talk = conversation()
    talk.first(FIRST)
    with pytest.raises(DocumentError) as caught:
        talk.final(final)
    assert caught.value.number == Code.AuthenticationFailed


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_refused(first: bytes, final: bytes) -> None:
    for step in (lambda: user_name(first), lambda: conversation().final(final)):
        try:
            step()
        except DocumentError as error:
            assert error.number == Code.AuthenticationFailed
