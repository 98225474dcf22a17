"""Messages of guards that name facts, as `{name}`, and how they read once these are known."""

import re
from collections.abc import Mapping
from typing import Any, Final

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def facts_said(message: str) -> frozenset[str]:
    """The facts that a message names."""
    return frozenset(_PLACEHOLDER.findall(message))


def said(message: str, facts: Mapping[str, Any]) -> str:
    """The message with the facts in it; in place of one that is not known stands a question mark."""
    return _PLACEHOLDER.sub(lambda found: _shown(facts.get(found[1], "?")), message)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):  # amounts by unit: 1250.00 EUR, 40.00 USD
        return ", ".join(f"{_shown(amount)} {unit}" for unit, amount in sorted(value.items())) or "nothing"
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
