"""Colour for terminals: a few words of ANSI, or nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Marks text with meaning; without colour each returns its text as it is."""

    color: bool

    def _mark(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def bad(self, text: str) -> str:
        """Errors and refusals."""
        return self._mark("1;31", text)

    def warn(self, text: str) -> str:
        """What to look at twice."""
        return self._mark("33", text)

    def good(self, text: str) -> str:
        """What is new or well."""
        return self._mark("32", text)

    def change(self, text: str) -> str:
        """What changes."""
        return self._mark("36", text)

    def bold(self, text: str) -> str:
        """What to read first."""
        return self._mark("1", text)

    def dim(self, text: str) -> str:
        """What to read last."""
        return self._mark("2", text)


def safe(text: str) -> str:
    """Text from a manifest without control characters, which could rewrite what the terminal shows."""
    return "".join(char if char.isprintable() else "�" for char in text)
