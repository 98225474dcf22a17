"""Signatures: verified by an implementation of others, for both algorithms, and broken by whatever is changed or added."""

import base64
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.mail.body import outgoing
from reconciler.mail.compose import Mail, open_letter
from reconciler.mail.dkim import Signer, signer
from reconciler.mail.letter import Attachment, Unsubscribe
from reconciler.model.errors import Permanent
from tests.mail.letters import AT, Server, composed, letter, recipient

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = Ed25519PrivateKey.generate()


def pem(key: Any, passphrase: bytes | None = None) -> bytes:
    kept = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    made: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)
    return made


def in_dns(name: bytes, timeout: int = 5) -> bytes | None:
    """The public keys, as DNS would give them."""
    der = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    records = {
        b"r._domainkey.northlight.example.": b"v=DKIM1; k=rsa; p="
        + base64.b64encode(RSA.public_key().public_bytes(*der)),
        b"e._domainkey.northlight.example.": b"v=DKIM1; k=ed25519; p="
        + base64.b64encode(ED25519.public_key().public_bytes(*raw)),
    }
    return records.get(name)


def verified(data: bytes) -> bool:
    return bool(dkim.verify(data, dnsfunc=in_dns))


SIGNERS = {
    "rsa-sha256": signer("northlight.example", "r", pem(RSA)),
    "ed25519-sha256": signer("northlight.example", "e", pem(ED25519)),
}
LETTERS = {
    "text": letter(text="Hello  {{ name }},\t\n\n  bye \n\n\n"),
    "empty": letter(text="{{ name[:0] }}"),
    "html": letter(html="<p>Hello   {{ name }}</p>\n\t<p>é =  </p> \n" * 3, text=None),
    "base64": letter(text="Здравствуйте, {{ name }}! " * 20),
    "whole": letter(
        html="<p>Hello {{ name }} <img src='cid:logo'></p>",
        attachments=(Attachment("a.pdf", "application/pdf", bytes(range(256))), Attachment("l.png", "image/png", b"x", "logo")),
        list_id="news.northlight.example",
        feedback_id="spring",
        unsubscribe=Unsubscribe(mailto="leave@northlight.example"),
        subject="Grüße   an {{ name }}, " + "lang " * 40,
    ),
}  # fmt: skip


@pytest.mark.parametrize("algorithm", SIGNERS)
@pytest.mark.parametrize("which", LETTERS)
def test_others_verify_what_we_sign(algorithm: str, which: str) -> None:
    made = composed(LETTERS[which], recipient(values={"name": "Jörg  K."}, name="K., Jörg"), Server())
    data = made.signature(SIGNERS[algorithm]) + made.unsigned()
    assert f"a={algorithm}; c=relaxed/relaxed;".encode() in data
    assert verified(data)
    assert data.endswith(made.unsigned())


@settings(max_examples=60, deadline=None)
@given(value=st.text(st.characters(exclude_categories=("Cs",)), max_size=80))
def test_others_verify_whatever_the_values_are(value: str) -> None:
    one = letter(subject="a {{ v }}", text="x {{ v }}\n{{ v }}", html="{{ v }}  {{ v }}\n")
    made = open_letter(one).compose(recipient(values={"v": value}, name=value), AT)
    assert isinstance(made, Mail)
    data = made.signature(SIGNERS["ed25519-sha256"]) + made.unsigned()
    assert verified(data)
    assert made.outgoing(SIGNERS["ed25519-sha256"]) == outgoing(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: =?utf-8?q?Gr", b"Subject: =?utf-8?q?Xr"),
        (b"To: ", b"To: eve@evil.example, "),
        (b"From: ", b"From: eve@evil.example\r\nFrom: "),
        (b"\r\nTo: ", b"\r\nSubject: Win money\r\nTo: "),
        (b"\r\nTo: ", b"\r\nCc: eve@evil.example\r\nTo: "),
        (b"\r\nTo: ", b"\r\nReply-To: eve@evil.example\r\nTo: "),
        (b"<https://t.northlight", b"<https://t.evil"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two"),
        (b"text/html", b"text/rtf"),
        (b"Hello", b"Hullo"),
    ],
)
def test_what_is_changed_or_added_on_the_way_breaks_the_signature(old: bytes, new: bytes) -> None:
    """List-Unsubscribe-Post is under the signature (RFC 8058), and no second From, Subject or Reply-To is."""
    made = composed(LETTERS["whole"], recipient(values={"name": "Jan"}), Server())
    data = made.signature(SIGNERS["rsa-sha256"]) + made.unsigned()
    head, _, mail = data.partition(b"\r\nFrom: ")
    mail = b"\r\nFrom: " + mail
    assert old in mail
    assert verified(head + mail)
    assert not verified(head + mail.replace(old, new, 1))


def test_each_header_is_named_in_the_signature() -> None:
    made = composed(LETTERS["whole"], recipient(values={"name": "Jan"}), Server())
    signed = made.signature(SIGNERS["ed25519-sha256"]).partition(b" bh=")[0].partition(b" h=")[2]
    named = signed.replace(b"\r\n", b"").replace(b" ", b"").rstrip(b";").split(b":")
    present = {line.partition(b":")[0].lower() for line in made.head.split(b"\r\n") if line[:1].strip()}
    assert present <= set(named)
    for twice in (b"from", b"to", b"subject", b"date", b"list-unsubscribe", b"list-unsubscribe-post"):
        assert named.count(twice) == 2


NO_KEYS = {
    "nothing": b"",
    "not PEM": b"sesame, open",
    "damaged": pem(RSA).replace(b"M", b"N", 9),
    "with a passphrase": pem(RSA, b"sesame"),
    "public": RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ),
    "of another kind": pem(ec.generate_private_key(ec.SECP256R1())),
    "not ASCII": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("which", NO_KEYS)
def test_a_key_that_cannot_be_used_is_told_without_showing_it(which: str) -> None:
    with pytest.raises(Permanent) as told:
        signer("northlight.example", "r", NO_KEYS[which])
    message = str(told.value)
    assert "'r' at 'northlight.example'" in message
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None
    assert not any(line and line in message for line in NO_KEYS[which].decode("latin-1").split("\n"))


@pytest.mark.parametrize("name", ["x; d=evil.example", "a\r\nb", "", "é.example"])
def test_a_domain_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Permanent):
        signer(name, "r", pem(RSA))
    with pytest.raises(Permanent):
        signer("northlight.example", name, pem(RSA))


def test_a_signer_does_not_print_its_key() -> None:
    assert isinstance(SIGNERS["rsa-sha256"], Signer)
    assert "key" not in repr(SIGNERS["rsa-sha256"]).lower()
