"""Message-ID and bounce address: the same at a resend, and read back from what a server has made of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.identity import address_code, bounce_address, message_id
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


@given(
    code=st.from_regex(r"[a-z0-9_-]{1,57}", fullmatch=True),
    path=st.sampled_from(["bounce@mail.example", "a+b@m.example"]),
)
def test_a_bounce_address_gives_its_code_back(code: str, path: str) -> None:
    """Also where a server on the way has written it in capitals, and where the return path has a plus itself."""
    address = bounce_address(path, code)
    assert isinstance(address, str)
    assert address_code(address) == address_code(address.upper()) == code


@pytest.mark.parametrize("code", ["x" * 58, "", "K1", "a+b", "a.b", "a@evil.example", "a\r\n", "a>", "é"])
def test_a_code_that_does_not_fit_is_a_value(code: str) -> None:
    assert bounce_address("bounce@mail.example", "x" * 57) == f"bounce+{'x' * 57}@mail.example"
    assert not isinstance(bounce_address("bounce@mail.example", code), str)
