"""Names that a mail keeps when it is sent again: its Message-ID, and the envelope sender that its bounces come back to."""

import re
from hashlib import sha256
from typing import Final

from reconciler.mail.address import MAX_LOCAL
from reconciler.mail.fault import Unfit, Why

_CODE: Final = re.compile(r"[a-z0-9_-]+")

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


def bounce_address(return_path: str, code: str) -> str | Unfit:
    """`return_path` with `code` in it (VERP): `bounce@x` becomes `bounce+code@x`, which `address_code` reads.

    Servers on the way may write an address in small letters: a code is of small letters, digits, `-` and `_`. One that is
    not, or leaves no room, is Unfit.
    """
    local, _, domain = return_path.rpartition("@")
    if not _CODE.fullmatch(code) or len(local) + 1 + len(code) > MAX_LOCAL:
        return Unfit(Why.ADDRESS, f"the code {code[:60]!r} does not fit into the bounce address {return_path}")
    return f"{local}+{code}@{domain}"
