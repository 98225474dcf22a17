"""Share codes: 80 bits that nobody guesses, in an alphabet that is read aloud without mistakes."""

from collections.abc import Callable
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: no i, l, o, u."""
LENGTH: Final = 16
_BYTES: Final = 10
_READ_AS: Final = str.maketrans("ilo", "110")

Chance = Callable[[int], bytes]
"""So many bytes that nobody can foresee, such as `secrets.token_bytes`."""


def new_code(chance: Chance) -> str:
    """A code that was never given out."""
    return spelled(chance(_BYTES))


def spelled(data: bytes) -> str:
    """Bytes in this alphabet, five bits a letter."""
    number, length = int.from_bytes(data), len(data) * 8 // 5
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def read_code(text: str) -> str:
    """The code that somebody has typed, in capitals perhaps, and with the letters that are none; empty where it is none."""
    found = text.lower().translate(_READ_AS) if len(text) == LENGTH and text.isascii() else ""
    return found if found and all(letter in ALPHABET for letter in found) else ""
