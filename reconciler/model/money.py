"""Amounts of money: decimal where they are reckoned with, whole ten-thousandths of the currency's unit where they are kept."""

from decimal import Decimal
from typing import Final

_PARTS: Final = 10_000


def kept(amount: Decimal) -> int:
    """An amount as it is kept. ValueError where it has more than four places: nothing is rounded in passing."""
    parts = amount * _PARTS
    whole = int(parts)
    if whole != parts:
        raise ValueError(f"{amount} has more than four decimal places")
    return whole


def amount_of(parts: int) -> Decimal:
    """The amount that `kept` kept, with two places at least: 18.50, 0.0125."""
    found = Decimal(parts) / _PARTS
    return found.quantize(Decimal("0.0001")) if parts % 100 else found.quantize(Decimal("0.01"))
