"""Message-ID and bounce address: the same at a resend, and read back from what a server has made of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.identity import bounce_address, bounced_key, message_id
from tests.mail.letters import composed, letter, recipient

keys = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=9)


def test_the_message_id_is_the_same_when_it_is_sent_again() -> None:
    """AMB-E13: what is sent again after a crash is the same message to whoever received it before."""
    first = composed(letter(text="{{ n }}"), recipient(values={"n": "1"}))
    again = composed(letter(text="{{ n }}"), recipient(values={"n": "2"}))
    assert first.message_id == again.message_id
    assert re.fullmatch(r"<[0-9a-f]{40}@northlight\.example>", first.message_id)
    assert b"Message-ID: " + first.message_id.encode() + b"\r\n" in first.head


@given(one=st.tuples(keys, keys), other=st.tuples(keys, keys))
def test_two_recipients_or_mailings_never_share_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Not even where uid and key run together: ab, c and a, bc."""
    assert message_id("ab", "c", "x.example") != message_id("a", "bc", "x.example")
    assert (message_id(*one, "x.example") == message_id(*other, "x.example")) == (one == other)


@given(key=keys)
def test_a_bounce_address_gives_its_key_back(key: str) -> None:
    address = bounce_address("bounce@mail.example", key)
    if isinstance(address, str):
        assert bounced_key("bounce@mail.example", address) == key
        assert bounced_key("Bounce@Mail.example", address.upper()) == key
        assert re.fullmatch(r"bounce\+[a-z0-9=_-]{1,57}@mail\.example", address)


def test_a_key_that_leaves_no_room_is_a_value() -> None:
    assert bounce_address("bounce@mail.example", "x" * 57) == f"bounce+{'x' * 57}@mail.example"
    assert not isinstance(bounce_address("bounce@mail.example", "x" * 58), str)
    assert not isinstance(bounce_address("bounce@mail.example", ""), str)


@pytest.mark.parametrize(
    "address",
    ["bounce@mail.example", "bounce+@mail.example", "bounce+a@evil.example", "other+a@mail.example", "bounce+=ff@mail.example",
     "bounce+=4@mail.example", "bounce+a b@mail.example", "", "@", "bounce+a\r\n@mail.example"],
)  # fmt: skip
def test_what_is_not_ours_has_no_key(address: str) -> None:
    assert bounced_key("bounce@mail.example", address) is None


def test_a_return_path_that_has_a_plus_itself() -> None:
    address = bounce_address("a+b@mail.example", "K1")
    assert address == "a+b+=4b1@mail.example"
    assert bounced_key("a+b@mail.example", address) == "K1"
