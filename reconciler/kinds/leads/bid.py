"""What a buyer answers to a ping: a bid that counts, or why it does not. Pure.

    {"bid": "12.50", "currency": "EUR"}      taken; a number instead of the text too, and no currency means the contract's
    204, {}, {"bid": null}, {"bid": 0}       no bid

A bid is decimal from the first byte on: nothing of it is rounded.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from reconciler.model.money import amount_of, kept

MOST: Final = Decimal(10) ** 12
"""Bids are below this, like every amount in a manifest."""
_LONGEST: Final = 40
"""Characters of a number."""
_PLACES: Final = Decimal("0.0001")
NO_BID: Final = "it bids nothing"


def bid_of(body: bytes, currency: str, least: Decimal) -> Decimal | str:
    """The bid in a ping's answer, or why there is none that counts."""
    if not body.strip():
        return NO_BID
    try:
        answer = json.loads(body, parse_float=_number, parse_int=_number, parse_constant=_none)
    except (ValueError, RecursionError):
        return "its answer is no JSON"
    if not isinstance(answer, dict):
        return "its answer is no JSON object"
    if answer.get("currency", currency) != currency:
        return f"its bid is not in {currency}"
    return _amount(answer.get("bid"), least)


def _amount(written: Any, least: Decimal) -> Decimal | str:
    if written is None:
        return NO_BID
    bid = _decimal(written) if isinstance(written, str) else written
    if not isinstance(bid, Decimal):
        return "its bid is no amount"
    if bid == 0:
        return NO_BID
    if bid < 0 or bid >= MOST:
        return "its bid is out of bounds"
    if bid != bid.quantize(_PLACES):
        return "its bid has more than four decimal places"
    return amount_of(kept(bid)) if bid >= least else "its bid is below the contract's least"


def _decimal(text: str) -> Decimal | None:
    """A plain decimal number: no words such as NaN, no underscores, no digits of other scripts."""
    plain = len(text) <= _LONGEST and text.isascii() and text.count(".") <= 1 and text.replace(".", "", 1).isdigit()
    return Decimal(text) if plain else None


def _number(text: str) -> Decimal:
    if len(text) > _LONGEST:
        raise ValueError
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError from None


def _none(_word: str) -> NoReturn:
    raise ValueError
