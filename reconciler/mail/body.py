"""A message as it stands on the wire after DATA.

Every line ends with CRLF and nothing else does: a bare CR or LF is what one server takes for the end of a line and the
next does not, and between two such opinions a second message is smuggled in.
"""

import re
from typing import Final

END: Final = b".\r\n"

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


def on_the_wire(message: bytes) -> bytes:
    """The message with its lines ended, its leading dots doubled, and the final dot."""
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        message = _LINE_END.sub(b"\r\n", message)
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message + END if not message or message.endswith(b"\r\n") else message + b"\r\n" + END
