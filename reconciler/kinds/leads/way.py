"""Where something goes that a partner sends in: campaign and version, contract, vertical, workflow, or the reason why nowhere.

In this order: the first thing that is not there is the reason. (L-04, L-29, L-31, L-43, AMB-L5)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.kinds.leads.lead_campaign.spec import LeadWorkflow
from reconciler.kinds.leads.market import PRESENT, TAKES, Market, Source, Version
from reconciler.model import canonical
from reconciler.model.leads import QueueReason


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sends in under a partner's contract, by that contract's uid. What is empty is left to the contract.

    `key` makes it the same request as any other with that key. `contract` is 0 where there is none for what is addressed.
    """

    sender: int
    contract: int
    fields: Mapping[str, Any]
    campaign: str = ""
    version: int = 0
    vertical: str = ""
    workflow: str = ""
    key: str = ""

    def body(self) -> dict[str, Any]:
        """It as the queue keeps it, without what is empty."""
        named = {"vertical": self.vertical, "workflow": self.workflow}
        return {"fields": dict(self.fields), **{name: value for name, value in named.items() if value}}

    def digest(self) -> str:
        """The same for requests that ask the same."""
        return canonical.digest([self.contract, self.campaign, self.version, self.body()])


@dataclass(frozen=True, slots=True)
class No:
    """The one reason why it is no lead. `faults` say more, field by field: field, detail, help."""

    reason: QueueReason
    detail: str
    faults: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The version that is addressed, as far as it is known: `uid` is 0 where there is none."""

    campaign: str
    number: int
    uid: int = 0
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Where it goes."""

    version: Version
    source: Source
    vertical: str
    workflow: LeadWorkflow

    @property
    def place(self) -> Place:
        """The version that it goes into."""
        return _place(self.version)


def way_of(market: Market, sent: Sent) -> Way | tuple[No, Place]:
    """The way of what was sent, or why there is none, and how far it leads."""
    source = market.source_of(sent.contract)
    if source is None and not sent.campaign:
        return No(QueueReason.CONTRACT_MISSING, "this partner has no such contract"), Place("", sent.version)
    campaign = sent.campaign or (source.spec.campaign if source else "")
    version = _version(market, campaign, sent.version or (source.spec.version if source else None) or 0)
    if isinstance(version, No):
        return version, Place(campaign, sent.version)
    place = _place(version)
    held = _in_use(version) or _holds(source, place)
    if isinstance(held, No):
        return held, place
    vertical = _vertical(version, held, sent.vertical)
    if isinstance(vertical, No):
        return vertical, place
    workflow = _workflow(version, held, sent.workflow, vertical)
    return (workflow, place) if isinstance(workflow, No) else Way(version, held, vertical, workflow)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody addresses by name; what is empty may be anything."""

    contract: str = ""
    campaign: str = ""
    version: int = 0
    vertical: str = ""
    workflow: str = ""


def contracts_for(sources: Sequence[Source], market: Market, asked: Asked) -> list[Source]:
    """Of a partner's contracts those that may be meant. Those that have ended are only where no other is."""
    found = [one for one in sources if _is_named(one, market, asked)]
    found = [one for one in found if one.state == PRESENT] or found
    return [one for one in found if _serves(one, asked)] or found


def _is_named(source: Source, market: Market, asked: Asked) -> bool:
    spec = source.spec
    if asked.contract not in ("", source.ref.name) or asked.campaign not in ("", spec.campaign):
        return False
    if not asked.version:
        return True
    version = _version(market, spec.campaign, spec.version or 0)
    return isinstance(version, Version) and version.ref.version == asked.version


def _serves(source: Source, asked: Asked) -> bool:
    spec = source.spec
    wanted = ((asked.vertical, spec.vertical), (asked.workflow, spec.workflow))
    return all(not word or own in (word, None) for word, own in wanted)


def _version(market: Market, campaign: str, number: int) -> Version | No:
    versions = market.versions(campaign)
    if not versions:
        return No(QueueReason.CAMPAIGN_MISSING, f"there is no campaign {campaign!r}")
    if number:
        found = market.version(campaign, number)
        return found or No(QueueReason.VERSION_MISSING, f"there is no version {number} of {campaign}")
    chosen = [one for one in versions if one.state in TAKES] if len(versions) > 1 else versions
    if len(chosen) == 1:
        return chosen[0]
    return No(QueueReason.VERSION_MISSING, "the contract is for one version, and does not say for which")


def _place(version: Version) -> Place:
    return Place(version.ref.name, version.ref.version, version.uid, version.state == "test")


def _in_use(version: Version) -> No | None:
    reasons = {
        "draft": QueueReason.VERSION_DRAFT,
        "sundowned": QueueReason.VERSION_SUNDOWNED,
        "deleted": QueueReason.VERSION_DELETED,
    }
    if version.state in TAKES:
        return None
    return No(reasons[version.state], f"version {version.ref.version} of {version.ref.name} is {version.state}")


def _holds(source: Source | None, place: Place) -> Source | No:
    if source is None:
        return No(QueueReason.CONTRACT_MISSING, f"no contract of this partner is for {place.campaign} {place.number}")
    if source.spec.campaign != place.campaign or source.spec.version not in (None, place.number):
        detail = f"the contract {source.ref.name} is not for {place.campaign} {place.number}"
        return No(QueueReason.CONTRACT_MISSING, detail)
    if source.state != PRESENT:
        return No(QueueReason.CONTRACT_ENDED, f"the contract {source.ref.name} has ended")
    return source


def _vertical(version: Version, source: Source, asked: str) -> str | No:
    offered, contracted = version.spec.verticals, source.spec.vertical
    wanted = asked or contracted or (offered[0] if len(offered) == 1 else "")
    if contracted and wanted != contracted:
        return No(QueueReason.VERTICAL_MISSING, f"the contract is for the vertical {contracted} alone")
    if wanted in offered or not (wanted or offered):
        return wanted
    detail = f"the campaign has no vertical {wanted!r}" if wanted else "say which vertical it is for"
    return No(QueueReason.VERTICAL_MISSING, f"{detail}; it has {', '.join(offered) or 'none'}")


def _workflow(version: Version, source: Source, asked: str, vertical: str) -> LeadWorkflow | No:
    """The one that is named, by the sender or the contract, or else the only one that serves the vertical."""
    wanted, contracted = asked or source.spec.workflow or "", source.spec.workflow
    if contracted and wanted != contracted:
        return No(QueueReason.WORKFLOW_MISSING, f"the contract is for the workflow {contracted} alone")
    serving = [one for one in version.spec.workflows if not one.verticals or vertical in one.verticals]
    found = [one for one in serving if not wanted or one.name == wanted]
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.name for one in serving) or "none"
    detail = f"no workflow {wanted!r} serves {vertical or 'it'}" if wanted else "say which workflow it is for"
    return No(QueueReason.WORKFLOW_MISSING, f"{detail}; there is {names}")
