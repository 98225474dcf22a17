"""Tokens and codes: what is ours is known again, and nothing else is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.token import (
    LONGEST_TOKEN,
    Meant,
    Purpose,
    Seal,
    SignedLinks,
    plain_code,
    read_code,
)

SEAL = Seal("the first of all secrets")
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)


@given(uid=NUMBERS, unit=NUMBERS, link=NUMBERS)
def test_what_is_signed_is_read(uid: int, unit: int, link: int) -> None:
    meant = Meant(uid, unit, link)
    token = SEAL.token(Purpose.CLICK, meant)
    assert SEAL.read(Purpose.CLICK, token) == meant
    assert len(token) <= LONGEST_TOKEN
    assert SEAL.knows(SEAL.code(meant))
    found = read_code(SEAL.code(meant))
    assert found is not None and found.meant == Meant(uid, unit)


@pytest.mark.parametrize("made_for", Purpose)
@pytest.mark.parametrize("shown_for", Purpose)
def test_a_token_is_good_for_one_purpose(made_for: Purpose, shown_for: Purpose) -> None:
    meant = Meant(3, 4)
    found = SEAL.read(shown_for, SEAL.token(made_for, meant))
    assert found == (meant if made_for is shown_for else None)


def test_every_changed_letter_is_noticed() -> None:
    token = SEAL.token(Purpose.CLICK, Meant(300, 70_000, 2))
    for at, was in enumerate(token):
        for other in "Aa0_-" + chr(ord(was) ^ 1):
            if other != was:
                assert SEAL.read(Purpose.CLICK, token[:at] + other + token[at + 1 :]) is None


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "=",
        "A",
        "a" * 10_000,
        "é",
        "a\r\nSet-Cookie: x",
        "%0d%0a",
        "../../etc",
        "AQ",
        "AQAA" * 9,
        "\0",
        "AQ==",
        "\ud800",
    ],
)
def test_what_is_none_of_ours_is_nothing(odd: str) -> None:
    assert all(SEAL.read(purpose, odd) is None for purpose in Purpose)
    assert not SEAL.knows(odd)


def test_there_is_one_way_to_write_a_token() -> None:
    """The spare bits at the end of base64, padding, and numbers written long are other texts: not believed."""
    token = SEAL.token(Purpose.OPEN, Meant(1, 2))
    data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for same in {token + "=", token + "A", base64.urlsafe_b64encode(data).decode() + "\n"} - {token}:
        assert SEAL.read(Purpose.OPEN, same) is None
    long = data[:1] + b"\x81\x00" + data[2:]
    assert SEAL.read(Purpose.OPEN, base64.urlsafe_b64encode(long).decode().rstrip("=")) is None


def test_another_installation_s_tokens_are_forged() -> None:
    other = Seal("another installation's secret")
    assert SEAL.read(Purpose.OPEN, other.token(Purpose.OPEN, Meant(1, 2))) is None
    assert not SEAL.knows(other.code(Meant(1, 2)))


def test_a_secret_that_was_replaced_is_still_believed_and_signs_nothing() -> None:
    turned = Seal("the second secret of all", previous="the first of all secrets")
    meant = Meant(7, 8, 9)
    assert turned.read(Purpose.CLICK, SEAL.token(Purpose.CLICK, meant)) == meant
    assert turned.knows(SEAL.code(Meant(7, 8)))
    assert SEAL.read(Purpose.CLICK, turned.token(Purpose.CLICK, meant)) is None
    gone = Seal("the third secret of them all", previous="the second secret of all")
    assert gone.read(Purpose.CLICK, SEAL.token(Purpose.CLICK, meant)) is None


def test_a_code_without_signature_says_so() -> None:
    plain = plain_code(Meant(26, 43))
    assert plain == "1a-2b"
    found = read_code(plain)
    assert found is not None and not found.is_signed
    assert not SEAL.knows(plain)
    assert read_code("1a-2b-") is None and read_code("1A-2b") is None and read_code("-") is None
    assert read_code("f" * 16 + "-1") is None, "no row has such a number"


def test_a_secret_stands_in_no_text() -> None:
    assert "secret" not in repr(Seal("secret secret secret", previous="secret, too"))


def test_links_hold_numbers_alone() -> None:
    links = SignedLinks("https://mail.shop.example/", SEAL)
    assert links.open("1a-2b") == f"https://mail.shop.example/o/{SEAL.token(Purpose.OPEN, Meant(26, 43))}.gif"
    assert links.click("1a-2b", 3).startswith("https://mail.shop.example/c/")
    with pytest.raises(ValueError):
        links.unsubscribe("ada@example.com")
