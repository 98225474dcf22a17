"""Names that a mail keeps when it is sent again: its Message-ID, and the envelope sender that its bounces come back to."""

import re
from hashlib import sha256
from typing import Final

from reconciler.mail.address import MAX_LOCAL
from reconciler.mail.fault import Unfit, Why

_SAFE: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_CODED = re.compile(r"(?:[a-z0-9_-]|=[0-9a-f]{2})+")


_ID: Final = re.compile(r"<([a-z0-9-]{1,60})\.[0-9a-f]{40}@[^<>@]+>")


def message_id(uid: str, recipient_key: str, domain: str, code: str = "") -> str:
    """`<…@domain>`, the same for the same mailing and recipient, and telling strangers neither.

    With a `code` it begins with that. The digest stays: codes of two installations may be equal, Message-IDs never.
    """
    digest = sha256(f"{len(uid)}:{uid}:{recipient_key}".encode()).hexdigest()
    return f"<{code}.{digest[:40]}@{domain}>" if code else f"<{digest[:40]}@{domain}>"


def message_code(found: str) -> str:
    """The code in a Message-ID of ours; empty where there is none."""
    match = _ID.fullmatch(found.strip())
    return match[1] if match else ""


def address_code(address: str) -> str:
    """What stands behind the last `+` of an address; empty where there is none."""
    local = address.strip().casefold().rpartition("@")[0]
    return local.rpartition("+")[2] if "+" in local else ""


def bounce_address(return_path: str, key: str) -> str | Unfit:
    """`return_path` with `key` in it (VERP): `bounce@x` becomes `bounce+key@x`.

    Servers on the way may write an address in small letters: capitals and other signs of `key` are written as `=` and two
    hex digits. A key that leaves no room is Unfit: give a shorter token.
    """
    local, _, domain = return_path.rpartition("@")
    coded = "".join(c if c in _SAFE else "".join(f"={b:02x}" for b in c.encode()) for c in key)
    if not coded or len(local) + 1 + len(coded) > MAX_LOCAL:
        return Unfit(Why.ADDRESS, f"the key {key[:60]!r} does not fit into the bounce address {return_path}")
    return f"{local}+{coded}@{domain}"


def bounced_key(return_path: str, address: str) -> str | None:
    """The key that `bounce_address` put into `address`; nothing where it is another's, or no key of ours."""
    local, _, domain = return_path.casefold().rpartition("@")
    found, _, at = address.strip().casefold().rpartition("@")
    coded = found.removeprefix(f"{local}+")
    if at != domain or coded == found or not _CODED.fullmatch(coded):
        return None
    try:
        data = re.sub(rb"=(..)", lambda code: bytes.fromhex(code[1].decode()), coded.encode())
        return data.decode()
    except UnicodeDecodeError:
        return None
