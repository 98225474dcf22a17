"""Signed names of a unit: the tokens in links, and the code by which a mail that returns is known.

A token says what it is for, so that one that was made for a click unsubscribes nobody. It holds numbers and no address.
Both are read with any of the secrets that are good, and signed with the first.
"""

import hashlib
import hmac
import re
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

VERSION: Final = 1
"""The first byte of every token: another one is another form."""
SHORTEST_SECRET: Final = 16
"""Characters of a secret; what is shorter can be guessed."""
LONGEST_TOKEN: Final = 80
"""Characters of a token; what is longer is none of ours."""
_MAC: Final = 12
"""Bytes of a token's signature."""
_CODE_MAC: Final = 10
"""Letters of a code's signature: the local part of an address is short."""
_MOST: Final = 1 << 63
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+")
_CODE: Final = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})(?:-([a-z2-7]{10}))?")


class Purpose(StrEnum):
    """What a token is good for."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Meant:
    """A unit by the uid of its job and its own number; for a click, which of the mailing's links."""

    uid: int
    unit: int
    link: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """What stands in a code, believed or not."""

    meant: Meant
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs, and knows its signature again. `previous` signs nothing any more."""

    secret: str = field(repr=False)
    previous: str = field(default="", repr=False)

    def token(self, purpose: Purpose, meant: Meant) -> str:
        """A token for an address on our server."""
        return _token(self.secret, purpose, meant)

    def read(self, purpose: Purpose, token: str) -> Meant | None:
        """What a token of ours means; nothing where it is forged, was made for something else, or is written otherwise."""
        meant = _payload(token)
        if meant is None:
            return None
        # Compared as a whole: there is one way to write a token, and no other is believed.
        good = any(hmac.compare_digest(_token(one, purpose, meant), token) for one in self._secrets())
        return meant if good else None

    def code(self, meant: Meant) -> str:
        """What a mail is called where others see it: small letters, digits and hyphens."""
        return _code(self.secret, meant)

    def knows(self, code: str) -> bool:
        """Whether this code is signed by us."""
        found = read_code(code)
        if found is None or not found.is_signed:
            return False
        return any(hmac.compare_digest(_code(one, found.meant), code) for one in self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        return (self.secret, self.previous) if self.previous else (self.secret,)


def plain_code(meant: Meant) -> str:
    """A code that nobody has signed."""
    return f"{meant.uid:x}-{meant.unit:x}"


def read_code(text: str) -> Code | None:
    """What a code says, signed or not; whether its signature is good is another question."""
    found = _CODE.fullmatch(text)
    if found is None:
        return None
    meant = Meant(int(found[1], 16), int(found[2], 16))
    return Code(meant, bool(found[3])) if meant.uid < _MOST and meant.unit < _MOST else None


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Implements `links.Links` for recipients that are called by their codes."""

    url: str
    seal: Seal

    def click(self, recipient_key: str, link_number: int) -> str:
        """See `links.Links`."""
        return self._address("c", Purpose.CLICK, recipient_key, link_number)

    def open(self, recipient_key: str) -> str:
        """See `links.Links`."""
        return self._address("o", Purpose.OPEN, recipient_key) + ".gif"

    def unsubscribe(self, recipient_key: str) -> str:
        """See `links.Links`."""
        return self._address("u", Purpose.UNSUBSCRIBE, recipient_key)

    def _address(self, door: str, purpose: Purpose, code: str, link: int = 0) -> str:
        found = read_code(code)
        if found is None:
            raise ValueError("a recipient is called by a code here")
        meant = Meant(found.meant.uid, found.meant.unit, link)
        return f"{self.url.rstrip('/')}/{door}/{self.seal.token(purpose, meant)}"


def _token(secret: str, purpose: Purpose, meant: Meant) -> str:
    numbers = (meant.uid, meant.unit, meant.link) if purpose is Purpose.CLICK else (meant.uid, meant.unit)
    payload = bytes([VERSION]) + b"".join(map(_varint, numbers))
    return urlsafe_b64encode(payload + _mac(secret, purpose.value, payload)[:_MAC]).rstrip(b"=").decode()


def _payload(token: str) -> Meant | None:
    if len(token) > LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        return None
    try:
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    numbers = _varints(data[1:-_MAC]) if data[:1] == bytes([VERSION]) else ()
    return Meant(*numbers) if 2 <= len(numbers) <= 3 and all(number < _MOST for number in numbers) else None


def _code(secret: str, meant: Meant) -> str:
    plain = plain_code(meant)
    return f"{plain}-{b32encode(_mac(secret, 'code', plain.encode())).decode().lower()[:_CODE_MAC]}"


def _mac(secret: str, purpose: str, payload: bytes) -> bytes:
    key = hmac.digest(secret.encode("utf-8", "surrogateescape"), f"muster {purpose} {VERSION}".encode(), hashlib.sha256)
    return hmac.digest(key, payload, hashlib.sha256)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _varints(data: bytes) -> tuple[int, ...]:
    """The numbers of a payload; none where it breaks off within one."""
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
    return () if shift else tuple(numbers)
