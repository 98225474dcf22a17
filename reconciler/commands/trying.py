"""How `email test` goes: the real letter, through the real connection, to the addresses given and to nobody else."""

from typing import Final

from reconciler.commands.mail_desk import desk
from reconciler.commands.options import Common, write
from reconciler.commands.waiting import wait
from reconciler.kinds.email.trial import has_arrived, said
from reconciler.kinds.email.trying import Wanted
from reconciler.kinds.email.trying import tried as trying
from reconciler.views.style import safe

_NOT_TAKEN: Final = 1


def tried(common: Common, campaign: str, wanted: Wanted) -> int:
    """Send; the exit code."""
    taken = True
    for one, outcome in trying(desk(common, campaign, sends=True), wanted, wait):
        write(f"{one.mailbox}: {safe(said(outcome))}")
        taken = taken and has_arrived(outcome)
    return 0 if taken else _NOT_TAKEN
