"""DKIM signatures (RFC 6376, RFC 8463): rsa-sha256 and ed25519-sha256, relaxed/relaxed, with the key read once.

Headers that decide what a reader sees are signed once more than they stand there, so that none can be added on the way.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reconciler.model.errors import Permanent

Key: TypeAlias = RSAPrivateKey | Ed25519PrivateKey

OVERSIGNED: Final = (
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version", "content-type",
    "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
"""Headers of which a further one breaks the signature."""

_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACES = re.compile(rb"[ \t]{2,}|\t")


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Signs for one domain and selector. It is never printed: it holds the private key."""

    domain: str
    selector: str
    key: Key

    def signature(self, head: bytes, body: bytes, at: datetime) -> bytes:
        """The DKIM-Signature header over `head` (all other headers, CRLF at each end) and `body` in its relaxed form."""
        fields = _fields(head)
        names, chosen = _chosen(fields)
        unsigned = self._unsigned(names, _body_hash(body), at)
        signed = b"".join([*(value + b"\r\n" for value in chosen), _relaxed(_unfolded(unsigned))])
        coded = base64.b64encode(self._sign(signed))
        return unsigned + b"".join(b"\r\n " + coded[at_ : at_ + 72] for at_ in range(0, len(coded), 72)) + b"\r\n"

    def _unsigned(self, names: Sequence[str], body_hash: str, at: datetime) -> bytes:
        algorithm = "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"
        lines = [
            f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;",
            f" d={self.domain}; s={self.selector}; t={int(at.timestamp())};",
            " h=",
            *_listed(names),
            f" bh={body_hash};",
            " b=",
        ]
        return "\r\n".join(lines).encode("ascii")

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(sha256(data).digest())  # RFC 8463 signs the digest


def signer(domain: str, selector: str, pem: bytes) -> Signer:
    """The Signer for a private key in PEM, RSA of 1,024 bits or more, or Ed25519, without a passphrase.

    Raises Permanent where the key cannot be used; no byte of it is in the message.
    """
    whose = f"the DKIM key of {selector!r} at {domain!r}"
    if not (_DOMAIN.fullmatch(domain) and _DOMAIN.fullmatch(selector)):
        raise Permanent(f"{whose}: domain and selector are names in DNS")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Permanent(f"{whose} cannot be read: it must be a private key in PEM, without a passphrase") from None
    if isinstance(key, RSAPrivateKey) and key.key_size >= 1024:
        return Signer(domain, selector, key)
    if isinstance(key, Ed25519PrivateKey):
        return Signer(domain, selector, key)
    raise Permanent(f"{whose} cannot be used: it must be RSA of 1,024 bits or more, or Ed25519")


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """Each header's name and relaxed form, in order."""
    relaxed = [_relaxed(line) for line in _unfolded(head).split(b"\r\n") if line]
    return [(line.partition(b":")[0].decode("ascii"), line) for line in relaxed]


def _chosen(fields: Sequence[tuple[str, bytes]]) -> tuple[list[str], list[bytes]]:
    """The names for `h=`, and the relaxed headers that they stand for: all; of a name that stands twice, the last comes first."""
    taken = list(reversed(fields))
    return [*(name for name, _ in taken), *OVERSIGNED], [value for _, value in taken]


def _listed(names: Sequence[str]) -> list[str]:
    lines = [":".join(names[at : at + 4]) for at in range(0, len(names), 4)]
    return [*(f"  {line}:" for line in lines[:-1]), f"  {lines[-1]};"]


def _unfolded(headers: bytes) -> bytes:
    return _SPACES.sub(b" ", _FOLD.sub(b"", headers))


def _relaxed(header: bytes) -> bytes:
    name, _, value = header.partition(b":")
    return name.strip().lower() + b":" + value.strip(b" ")


def _body_hash(body: bytes) -> str:
    if body.endswith(b"\r\n\r\n") or body == b"\r\n":
        bare = body.rstrip(b"\r\n")
        body = bare + b"\r\n" if bare else b""
    return base64.b64encode(sha256(body).digest()).decode("ascii")
