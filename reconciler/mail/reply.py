"""A server's reply, as RFC 5321 writes it; whatever is not written so is no reply."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(rb"([2-5][0-5][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class Nonsense(ValueError):
    """What the server said is no reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A code, its enhanced code (RFC 3463; empty where there is none that agrees), and the text as it came."""

    code: int
    enhanced: str = ""
    lines: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it says yes."""
        return 200 <= self.code < 300

    @property
    def text(self) -> str:
        """All its lines in one."""
        return " ".join(self.lines)


def last_line(line: bytes) -> bool:
    """Whether a reply ends with this line."""
    return line[3:4] != b"-"


def parse(raw: Sequence[bytes]) -> Reply:
    """The reply of these lines, given without their line ends. Nonsense where a line has no code, or another one."""
    codes, texts = set(), []
    for line in raw:
        found = _LINE.fullmatch(line)
        if not found:
            raise Nonsense("the answer is no SMTP")
        codes.add(found[1])
        texts.append((found[3] or b"").decode("utf-8", "replace"))
    if len(codes) != 1:
        raise Nonsense("the answer has more than one code")
    return _enhanced(codes.pop().decode(), texts)


def _enhanced(code: str, texts: list[str]) -> Reply:
    """An enhanced code of another class than the code is a contradiction: the code counts, and it is text."""
    found = _ENHANCED.match(texts[0])
    if not found or found[1][0] != code[0]:
        return Reply(int(code), "", tuple(texts))
    return Reply(int(code), found[1], tuple(text.removeprefix(found[1]).strip() for text in texts))
