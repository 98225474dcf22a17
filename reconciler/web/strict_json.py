"""JSON read so that it cannot mean two things, and refused where it does."""

import json
import math
from collections.abc import Sequence
from typing import Any, Final

_LARGEST: Final = 1 << 63


class Unreadable(ValueError):
    """Why a body is none, in a sentence."""


def read_strict(text: str) -> Any:
    """What a text says. Unreadable where it is not JSON, names a member twice, or holds no number where it says so.

    A number that nobody can keep stays a text, which nothing takes for a number.
    """
    try:
        return json.loads(
            text, object_pairs_hook=unique, parse_constant=_no_number, parse_int=_whole, parse_float=_broken
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None


def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Members as an object. Unreadable where one stands there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a member stands there twice")
    return found


def _no_number(word: str) -> Any:
    raise Unreadable(f"{word} is no number")


def _whole(text: str) -> int | str:
    if len(text) > 19:
        return text
    number = int(text)
    return number if abs(number) < _LARGEST else text


def _broken(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text
