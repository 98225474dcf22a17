"""The secret that links and codes are signed with, where this process runs."""

from collections.abc import Mapping

from reconciler.mail.token import SHORTEST_SECRET, Seal
from reconciler.model.errors import Permanent
from reconciler.model.secret import Reveal


def seal_of(reveal: Reveal, secret: Mapping[str, str], previous: Mapping[str, str] | None = None) -> Seal:
    """The seal of these secrets. Permanent where one is not there, or so short that it could be guessed."""
    found = [reveal(one) for one in (secret, previous) if one]
    if any(len(one) < SHORTEST_SECRET for one in found):
        raise Permanent(f"the server's secret has fewer than {SHORTEST_SECRET} characters")
    return Seal(*found)
