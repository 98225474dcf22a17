"""Why something is parked, in words, and the way out: what people are told, and what the reference prints."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from reconciler.model.leads import QueueReason


class Words(NamedTuple):
    """What a reason means, and what to do."""

    means: str
    way_out: str


REASONS: Final[Mapping[QueueReason, Words]] = {
    QueueReason.CAMPAIGN_MISSING: Words(
        "the store has no campaign of this name", "name another one, or apply its manifest and release the item"
    ),
    QueueReason.VERSION_MISSING: Words(
        "the campaign has no such version, or several and nobody says which",
        "write the contract's version, or name one that there is",
    ),
    QueueReason.VERSION_DRAFT: Words(
        "the version is being designed and takes nothing (L-04)", "promote or publish it, and release the item"
    ),
    QueueReason.VERSION_SUNDOWNED: Words(
        "the version is out of use (L-29, AMB-L5)",
        "publish it again, or correct the item to a contract for a newer one",
    ),
    QueueReason.VERSION_DELETED: Words(
        "the version is a record to read (L-31)", "correct the item to a contract for a newer version, or discard it"
    ),
    QueueReason.CONTRACT_MISSING: Words(
        "no contract of this partner is for the version that was named",
        "write a PartnerContract, and correct the item to it",
    ),
    QueueReason.CONTRACT_ENDED: Words(
        "the partner's contract is deleted", "restore it, or correct the item to another one"
    ),
    QueueReason.VERTICAL_MISSING: Words(
        "the version has no such vertical, the contract is for another, or nobody says which", "correct the vertical"
    ),
    QueueReason.WORKFLOW_MISSING: Words(
        "no workflow of this name serves the vertical, the contract is for another, or several do",
        "correct the workflow",
    ),
    QueueReason.VALIDATION: Words(
        "a field is missing, or not what the campaign asks for; every fault is named", "correct the fields"
    ),
    QueueReason.CONTRACT_CAP: Words(
        "the partner has sent as many as its contract takes in the period",
        "release it in the next period, or with --despite-others",
    ),
    QueueReason.DUPLICATE: Words(
        "its workflow turns away leads that are equal in some fields to one taken lately",
        "discard it, or release it with --despite-others",
    ),
}
"""In the order in which the door looks."""


def reasons_page() -> str:
    """The page of the reference."""
    rows = [f"| `{reason.value}` | {words.means} | {words.way_out} |" for reason, words in REASONS.items()]
    return "\n".join((_HEAD, "| reason | it means | the way out |", "|---|---|---|", *rows, ""))


_HEAD: Final = """\
# Why a lead is parked

What is posted or imported and is no lead is kept in the queue, for exactly one reason: the first of these, in the order in which
the door looks. `muster leads queue` lists it; the answer to a partner is 422 with the reason and the item's code.
"""
