"""What may be done with a resource as it is: the menu from which a person picks (R-15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from reconciler.controller.details import details_of
from reconciler.controller.operate import Surroundings
from reconciler.dashboard.actions.foretold import is_grave
from reconciler.dashboard.actions.way import WHY, Way, way_of
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.lifecycle.kind import Kind
from reconciler.model.hold import keeping, own
from reconciler.model.lifecycle import DELETED, Transition
from reconciler.model.lifecycle import Role as Part
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Code, GuardVerdict
from reconciler.model.resource import Resource
from reconciler.plan.editing import fixed_by
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.operate import legal
from reconciler.plan.refusing import false_guards

_ENQUEUES: Final = "CollectionCampaign"
_TESTED: Final = ("EmailCampaign", "ReceivablesCampaign")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be done: `href` is the page that says what will happen, and asks.

    `note` is what it means in the words of the kind. One that is not open says in `blocked_by` what stands in the way.
    """

    name: str
    title: str
    href: str
    way: Way
    why: str
    is_open: bool = True
    blocked_by: str = ""
    note: str = ""
    is_dangerous: bool = False


def offered(visit: Visit, resource: Resource) -> tuple[Offer, ...]:
    """Everything that there is to do with this resource, for this visitor, in the order of the kind's definition."""
    kind = visit.premises.repository.kinds.table.get(resource.ref.kind)
    if kind is None:
        return ()
    menu = _Menu(visit, resource, kind, visit.premises.repository.manifests().get(resource.ref))
    if visit.visitor.role.may(Role.OPERATOR):
        return tuple(menu.offers())
    return tuple(_shut(one) for one in menu.offers())


def _shut(one: Offer) -> Offer:
    return Offer(one.name, one.title, one.href, one.way, one.why, False, "this takes the role operator", one.note)


def titled(word: str) -> str:
    """A word of a definition as it stands on a button: `expire-pending` is Expire pending."""
    return word.replace("-", " ").replace("_", " ").capitalize()


def flag_title(flag: str, is_on: bool) -> str:
    """What switching a flag is called: `archived` goes on by Archive, and off by Unarchive."""
    verb = flag.removesuffix("d") if flag.endswith("ed") else f"mark {flag}"
    return titled(verb if is_on else f"un{verb}")


@dataclass(frozen=True)
class _Menu:
    visit: Visit
    resource: Resource
    kind: Kind
    manifest: Manifest | None

    def offers(self) -> Iterator[Offer]:
        for edge in legal(self.kind.lifecycle, self.resource.state):
            yield self._transition(edge)
        yield from self._asides()
        if self.manifest:
            yield from self._of_manifest()
        yield from self._holds()

    def _offer(self, name: str, title: str, way: Way, note: str = "", blocked_by: str = "") -> Offer:
        where = href(self.resource.ref, "do", *name.split("/"))
        return Offer(name, title, where, way, WHY[way], not blocked_by, blocked_by, note)

    def _transition(self, edge: Transition) -> Offer:
        way = way_of(self.kind.lifecycle, edge) if self.manifest else Way.BRAKE
        where = href(self.resource.ref, "do", "take", edge.event)
        refusals = false_guards(self._asker, self._verdicts(edge), Code.GUARD) if edge.guards else []
        blocked = "; ".join(refusal.message for refusal in refusals)
        # What is prepared as a change may be thought over until it is merged.
        grave = is_grave(self.kind.lifecycle, edge) if way is Way.BRAKE else bool(edge.danger) or edge.target == DELETED
        return Offer(
            edge.event, titled(edge.event), where, way, WHY[way], not blocked, blocked, edge.summary, is_dangerous=grave
        )

    def _verdicts(self, edge: Transition) -> tuple[GuardVerdict, ...]:
        return self._asker.verdicts(edge.guards, self.resource.state, True)

    @cached_property
    def _asker(self) -> Asker:
        app, store = self.visit.premises.app, self.visit.store
        kinds = self.visit.premises.repository.kinds
        zone = app.project.timezone or "UTC"
        around = Surroundings(store, kinds.table, app.runtimes(store), zone, app.policies(kinds))
        question = around.glance(self.resource.ref, self.visit.now)
        return Asker(Interpreter(question), self.resource.ref, self.kind, None, self.resource.document)

    def _asides(self) -> Iterator[Offer]:
        name, state = self.kind.name, self.resource.state
        if name == _ENQUEUES and state != DELETED:
            barred = self.kind.lifecycle.forbidden(state, "enqueue")
            yield self._offer(
                "enqueue",
                "Enqueue",
                Way.ACT,
                "queue every account whose next step is due",
                barred.message if barred else "",
            )
        if name in _TESTED and self.manifest and state != DELETED:
            yield self._offer("send-test", "Test", Way.ACT, "send it to colleagues, and to nobody else")

    def _of_manifest(self) -> Iterator[Offer]:
        law, state = self.kind.lifecycle, self.resource.state
        for flag in law.flags.values():
            is_on = flag.name in self.resource.flags
            if is_on or state in flag.states:
                yield self._offer(f"flag/{flag.name}", flag_title(flag.name, not is_on), Way.PATCH, flag.message)
        if law.role is Part.CAMPAIGN and state != DELETED and (details := details_of(self.kind)):
            fixed = [fixed_by(law, state, one.pointer) for one in details]
            blocked = fixed[0].message if fixed[0] and all(fixed) else ""
            yield self._offer("edit-details", "Edit details", Way.PATCH, "its name, what it is for, its days", blocked)
        if law.role is Part.CAMPAIGN and law.leaving(state):
            yield self._offer("edit-schedule", "Edit schedule", Way.PATCH, "which state it is to be in from when on")
        if law.role is Part.CAMPAIGN or "duplicate" in law.alternatives:
            yield self._offer("duplicate", "Duplicate", Way.PATCH, "a draft under another name, with the same content")
        if law.versioned:
            yield self._offer("new-version", "New version", Way.PATCH, "a draft of the next version, based on this one")

    def _holds(self) -> Iterator[Offer]:
        holds, now = self.resource.holds, self.visit.now
        if keeping(holds, now):
            yield self._offer("release", "Release", Way.ACT, "let the manifest be followed again")
        if self.resource.state != DELETED and own(holds, now, self.visit.visitor.name) is None:
            yield self._offer("hold", "Hold", Way.ACT, "keep it as it is for a while, whatever its manifest says")
