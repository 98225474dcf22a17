"""Addresses: the quick way agrees with email-validator in everything it accepts, and the key is one per mailbox."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.feed.address import Address, NotAnAddress, address_of, canonical_address

ATOMS = "abzABZ019_!#$%&'*+-/=?^`{|}~"
HARD = ATOMS + '.@ "\\()<>[],;:\t\u00e9\u00df\u0130\u0131\u212a\u4e2d\u202e\uff20\uff0e\u0301'
LABELS = st.text("abzABZ019-", min_size=1, max_size=64)
SPECIAL = st.sampled_from(["test", "LOCAL", "example", "xn--fiqs8s", "arpa", "com", "c0m", "co1", "q-q", "ab--c"])
DOMAINS = st.lists(LABELS | SPECIAL, min_size=1, max_size=5).map(".".join)
LOCALS = st.text(ATOMS + ".", min_size=0, max_size=66) | st.sampled_from(["Info", "WWW", "postmaster", "x" * 64])
WRITTEN = st.builds("{}@{}".format, LOCALS, DOMAINS) | st.text(HARD, max_size=40) | st.text(max_size=20)


def judged(text: str) -> str | None:
    """What the library alone says of an address: its mailbox."""
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}"


def ours(text: str) -> Address | None:
    try:
        return address_of(text)
    except NotAnAddress:
        return None


@settings(max_examples=1500, deadline=None)
@given(WRITTEN.map(str.strip))
@example("a@b.test")
@example("a@b.onion")
@example("a@b.invalid")
@example("a@b.localhost")
@example("a@local.example")
@example("a@\u212a.example")
@example("a@" + "b" * 64 + ".com")
@example("a@" + "b" * 63 + ".com")
@example("a@xn--a.com")
@example("a@ab--cd.com")
@example("a@b.-c")
@example("a@b.c-d")
@example("a@b." + "c" * 64)
@example("x" * 65 + "@b.com")
@example("a@" + ".".join(["b" * 49] * 5) + ".com")
@example("INFO@B.COM")
def test_nothing_is_accepted_or_written_otherwise_than_by_the_library(text: str) -> None:
    found = ours(text)
    assert (found.mailbox if found else None) == (judged(text) if len(text) <= 254 else None)


@settings(max_examples=500, deadline=None)
@given(WRITTEN | st.text(st.characters(categories=["L", "M", "N"]), max_size=9).map("a{}@b.example".format))
@example("a\u0130\u0345\u1e98@b.example")
def test_a_key_is_its_own_key_and_that_of_the_mailbox_and_has_no_case(text: str) -> None:
    """Duplicates collapse case-insensitively (E-43)."""
    found = ours(text)
    if found:
        assert canonical_address(found.mailbox) == found.key
        again = ours(found.key)  # folding may lengthen an address beyond what is one
        assert again is None or again.key == found.key
        assert not found.key.isascii() or found.key == found.key.lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jo.Doe@Example.COM", " jo.doe@example.com\t"),
        ("jo@b\u00fccher.example", "JO@XN--BCHER-KVA.example"),
        ("jos\u00e9@a.example", "JOSE\u0301@A.example"),
        ("stra\u00dfe@a.example", "STRASSE@a.example"),
        ("\u03a3@a.example", "\u03c2@a.example"),
        ("a@b\uff0eexample", "a@b.example"),
    ],
)
def test_two_ways_to_write_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert canonical_address(one) == canonical_address(other)


def test_domains_that_are_different_stay_so() -> None:
    """IDNA 2008: stra\u00dfe.de is not strasse.de."""
    assert canonical_address("a@stra\u00dfe.example") != canonical_address("a@strasse.example")


NONE = ["", " ", "a", "@b.com", "a@b", "a@@b.com", "a@b.com@c.com", "a b@c.com", "Jo <jo@b.com>", '"a b"@c.com']
WORSE = ["a@b.com\r\nBcc: x@y.com", "a@b.com,c@d.com", "a\0@b.com", "a@b..com", "\u202ea@b.com", "a" * 100_000]


def test_a_domain_that_would_take_long_to_judge_is_refused_before() -> None:
    """IDNA's rules take time that grows with the square of a label: nobody fills a list with 40 ms a row."""
    with pytest.raises(NotAnAddress, match="63"):
        address_of("a@" + "\u0661" * 64 + ".com")
    assert ours("a@" + "\uff0e".join(["b" * 60] * 3) + "\u3002example") is not None


@pytest.mark.parametrize("text", [*NONE, *WORSE, "a@[127.0.0.1]", ".a@b.com"])
def test_what_is_no_address_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        address_of(text)
    assert len(str(refused.value)) < 500


def test_the_mailbox_keeps_the_case_of_its_local_part() -> None:
    assert address_of("Jo.Doe@EXAMPLE.com") == Address("jo.doe@example.com", "Jo.Doe@example.com")
