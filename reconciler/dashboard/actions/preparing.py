"""A change of a manifest as a page shows it: the patch, the plan that it makes, and the ways to take it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from reconciler.controller.authoring import Desk
from reconciler.controller.gather import Wishes
from reconciler.controller.proposing import Proposal
from reconciler.controller.reconcile import Reconciler
from reconciler.controller.survey import Survey, survey
from reconciler.dashboard.visit import Visit
from reconciler.model.collector import resting_collector
from reconciler.model.errors import Invalid, MusterError
from reconciler.model.hold import keeping
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.plan.holding import holders_words, short
from reconciler.source.git_branch import prefix_of
from reconciler.source.imagined import imagined
from reconciler.source.resident import Edits
from reconciler.views.plan_text import render_plan
from reconciler.web.door import Answer

Propose = Callable[[Desk], Proposal]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change that is ready, or why there is none. `slug` names it: in a file's name, and in a branch's."""

    slug: str
    proposal: Proposal | None = None
    patch: bytes = b""
    plan: Plan | None = None
    held: str = ""
    """Who holds what it changes, if somebody does: until the last of these holds is over nothing comes of the change."""
    held_until: str = ""
    refused: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the form sends to have the very same change."""

    @property
    def text(self) -> str:
        """The patch, to be read."""
        return self.patch.decode("utf-8", "replace")

    @property
    def plan_text(self) -> str:
        """What `muster plan` would say of it."""
        return render_plan(self.plan, False) if self.plan else ""

    @property
    def query(self) -> str:
        """The fields as an address has them."""
        return urlencode(self.fields)

    @property
    def branch(self) -> str:
        """The branch that it would stand on."""
        return f"muster/{self.slug}"

    @property
    def is_blocked(self) -> bool:
        """Whether the plan refuses it, now or later, for more than a hold."""
        return self.plan is not None and bool(self.plan.conflicts or any(not one.held for one in self.plan.blocked))


def slug(what: str, ref: Ref) -> str:
    """The name of a change: `pause-spring`, `delete-solar-v2`."""
    return f"{what.replace(' ', '-')}-{ref.name}" + (f"-v{ref.version}" if ref.version > 1 else "")


def prepared(visit: Visit, name: str, propose: Propose, fields: Mapping[str, str] | None = None) -> Prepared:
    """The change, its patch and its plan. What cannot be prepared says so."""
    app = visit.premises.app
    try:
        proposal, reconciler, seen = _proposed(visit, propose)
        with resting_collector():
            # Handed over, so that of what is in groups only this one's is read.
            seen = seen or survey(reconciler.gatherer.sources(), visit.now)
        plan, _ = reconciler.plan(Wishes(frozenset({proposal.ref})), visit.now, seen)
    except Invalid as error:
        found = [f"{one.place}: {one.summary}: {one.detail}" for one in error.diagnostics[:5]]
        return Prepared(name, refused="; ".join(found))
    except MusterError as error:
        return Prepared(name, refused=str(error))
    patch = proposal.as_patch(prefix_of(app.project.root))
    stored = visit.store.load([proposal.ref]).get(proposal.ref)
    holds = keeping(stored.holds, visit.now) if stored else ()
    return Prepared(
        name,
        proposal,
        patch,
        _about(plan, proposal.ref),
        held=holders_words(holds),
        held_until=short(holds[-1].until) if holds else "",
        fields=fields or {},
    )


def _proposed(visit: Visit, propose: Propose) -> tuple[Proposal, Reconciler, Survey | None]:
    """The change, what plans over the files with it, and what is known of them then; None where all is to be looked at.

    That takes seconds where there is very much, and is left to the caller: the catalog in memory is free for others by then.
    """
    app, store, repository = visit.premises.app, visit.store, visit.premises.repository
    with repository.reconciler(store) as here:
        gatherer = here.gatherer
        known = repository.survey(here, visit.now)
        proposal = propose(
            Desk(app.project, gatherer.kinds, gatherer.library, frozenset(known.heads) | known.forgotten)
        )
        there = imagined(gatherer.library, proposal.file, proposal.after)
        reconciler = app.reconciler_over(store, gatherer.kinds, there)
        edits = _edits(gatherer.library.catalog.manifests, there.catalog.manifests)
        return proposal, reconciler, repository.supposed(reconciler, edits, visit.now)


def _edits(before: Mapping[Ref, Manifest], after: Mapping[Ref, Manifest]) -> Edits:
    """The manifests that are not the same in both."""
    changed = (ref for ref in before.keys() | after.keys() if before.get(ref) is not after.get(ref))
    return {ref: (before.get(ref), after.get(ref)) for ref in sorted(changed)}


def _about(plan: Plan, ref: Ref) -> Plan:
    """The part of a plan that is about one resource."""
    return replace(
        plan,
        due=tuple(one for one in plan.due if one.ref == ref),
        resources=tuple(one for one in plan.resources if one.ref == ref),
        blocked=tuple(one for one in plan.blocked if one.ref == ref),
        waiting=tuple(one for one in plan.waiting if one.ref == ref),
        timeline=tuple(one for one in plan.timeline if one.ref == ref),
        holds=tuple(one for one in plan.holds if one.ref == ref),
        drift=tuple(one for one in plan.drift if one.ref == ref),
        unmanaged=(),
    )


def download(change: Prepared) -> Answer:
    """The patch as a file. What cannot be prepared is said instead."""
    if change.proposal is None:
        return Answer(409, f"{change.refused}\n".encode(), what="patch")
    headers = {"Content-Disposition": f'attachment; filename="{change.slug}.patch"'}
    return Answer(200, change.patch, "text/x-diff; charset=utf-8", headers, "patch")
