"""A message as it stands on the wire after DATA.

Every line ends with CRLF and nothing else does: a bare CR or LF is what one server takes for the end of a line and the
next does not, and between two such opinions a second message is smuggled in.
"""

import re
from typing import Final, NamedTuple

END: Final = b".\r\n"

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class Outgoing(NamedTuple):
    """A message for DATA: its bytes on the wire, the final dot with them, and its size as SMTP counts it (RFC 1870)."""

    wire: bytes
    size: int


def outgoing(message: bytes) -> Outgoing:
    """The message with its lines ended, its leading dots doubled, and the final dot."""
    wire = stuffed(message)
    return Outgoing(wire + END if not wire or wire.endswith(b"\r\n") else wire + b"\r\n" + END, len(message))


def stuffed(lines: bytes) -> bytes:
    """Lines with their ends mended and their leading dots doubled.

    Of whole lines, one after another: what is true of each stretch is true of all together, so that those which many
    messages share are looked at once.
    """
    if not lines.count(b"\n") == lines.count(b"\r") == lines.count(b"\r\n"):
        lines = _LINE_END.sub(b"\r\n", lines)
    if b"\r\n." in lines:
        lines = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines
