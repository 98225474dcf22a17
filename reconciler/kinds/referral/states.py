"""What a referral campaign lets happen in each state, and the words where it does not.

`kind.yaml` is the law; this is what it says, at hand for a server that reads no files. A test holds the two together.
"""

from collections.abc import Mapping
from typing import Final

CREATIVE: Final = "show-creative"
NEW_FRIENDS: Final = "show-offer-to-new-friends"
KNOWN_FRIENDS: Final = "show-offer-to-known-friends"
EARN: Final = "earn-rewards"
PAY: Final = "pay-rewards"
MAKEGOOD: Final = "makegood"

LIVE: Final = "live"
PAUSED: Final = "paused"

_EVERYTHING: Final = frozenset({CREATIVE, NEW_FRIENDS, KNOWN_FRIENDS, EARN, PAY, MAKEGOOD})
_NOTHING: Final[frozenset[str]] = frozenset()

ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "not_launched": _NOTHING,
    LIVE: _EVERYTHING,
    PAUSED: frozenset({KNOWN_FRIENDS, EARN, PAY, MAKEGOOD}),
    "ended": frozenset({PAY, MAKEGOOD}),
    "stopped": _NOTHING,
}
"""By state: the actions of the definition that concern visitors and rewards (R-02 to R-14)."""

_NO_PAYMENT: Final = {
    "not_launched": "it is not launched; it pays nothing",
    "stopped": "a stopped campaign pays no reward",
}
_NO_MAKEGOOD: Final = {
    "not_launched": "it is not launched; there is nothing to make good",
    "stopped": "a stopped campaign makes nothing good",
}


def allows(state: str, action: str) -> bool:
    """Whether a campaign in `state` does this; in a state that nobody knows it does nothing."""
    return action in ALLOWED.get(state, _NOTHING)


def payable(state: str) -> str:
    """Why a campaign in `state` pays none of the rewards earned by it; empty where it pays (R-10, R-13, AMB-R10)."""
    return _words(state, PAY, _NO_PAYMENT)


def makegood(state: str) -> str:
    """Why a campaign in `state` makes no missed reward good; empty where it does (R-14, AMB-R9)."""
    return _words(state, MAKEGOOD, _NO_MAKEGOOD)


def _words(state: str, action: str, why_not: Mapping[str, str]) -> str:
    return "" if allows(state, action) else why_not.get(state, f"{state!r} is no state of a campaign")
