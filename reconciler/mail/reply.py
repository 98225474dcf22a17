"""A server's reply, as RFC 5321 writes it; whatever is not written so is no reply."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(rb"[2-5][0-5][0-9](?:[ -]|\Z)")
_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class Nonsense(ValueError):
    """What the server said is no reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A code, and the lines as they came. Most replies are a yes of which nobody reads the text."""

    code: int
    raw: tuple[bytes, ...]

    @property
    def good(self) -> bool:
        """Whether it says yes."""
        return 200 <= self.code < 300

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of each line, without codes."""
        enhanced, texts = self.enhanced, self._texts()
        return tuple(text.removeprefix(enhanced).strip() for text in texts) if enhanced else tuple(texts)

    @property
    def text(self) -> str:
        """All its lines in one."""
        return " ".join(self.lines)

    @property
    def enhanced(self) -> str:
        """The enhanced code (RFC 3463). One of another class than the code contradicts it, and is but text: then empty."""
        found = _ENHANCED.match(self._texts()[0])
        return found[1] if found and found[1][0] == str(self.code)[0] else ""

    def _texts(self) -> list[str]:
        return [line[4:].decode("utf-8", "replace") for line in self.raw]


def last_line(line: bytes) -> bool:
    """Whether a reply ends with this line."""
    return line[3:4] != b"-"


def parse(raw: Sequence[bytes]) -> Reply:
    """The reply of these lines, given without their line ends. Nonsense where a line has no code, or another one."""
    code = raw[0][:3]
    for line in raw:
        if not _LINE.match(line):
            raise Nonsense("the answer is no SMTP")
        if line[:3] != code:
            raise Nonsense("the answer has more than one code")
    return Reply(int(code), tuple(raw))
