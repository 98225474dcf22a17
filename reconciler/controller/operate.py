"""The operator's hand: holds, releases, and the emergency brake. It looks at the store alone.

What stands in the files does not matter to it: a campaign must be stopped though a manifest elsewhere is broken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.controller.observe import Observed, with_settings
from reconciler.controller.steps import Cursor, Origin, write_of
from reconciler.lifecycle.kind import Kind
from reconciler.model.authorship import Authorship
from reconciler.model.canonical import Document
from reconciler.model.errors import Conflict, Usage
from reconciler.model.hold import Hold, Holds, own, without
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.plan import Op, ResourcePlan, Step
from reconciler.model.policy import NO_POLICIES, Policies
from reconciler.model.ports import Clock, Runtime, Store
from reconciler.model.ref import Ref, first_few
from reconciler.model.resource import Head, Resource
from reconciler.plan.groups import Groups
from reconciler.plan.holding import ends_words, held_step, held_words
from reconciler.plan.operate import by_operator
from reconciler.plan.question import Question, Triage
from reconciler.plan.references import Links, stored_links

TRIES: Final = 5
"""How often a hold is tried anew on a resource that somebody else has just changed."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, on which store and when."""

    store: Store
    clock: Clock
    actor: str

    def hold(self, refs: Sequence[Ref], hold: Hold, extend: bool) -> None:
        """Hold these resources, all or none, beside whoever else holds them.

        Usage where the same owner holds one already, unless that is to be replaced.
        """

        def step(resource: Resource) -> Step:
            before = own(resource.holds, self.clock.now(), hold.owner)
            if before is not None and not hold.paths and not extend:
                words = held_words(before)
                raise Usage(f"{resource.ref} is {words}; --extend puts this in its place")
            return held_step(resource, hold)

        self._write(refs, step)

    def release(self, refs: Sequence[Ref], reason: str, whose: "Whose") -> None:
        """Take these holds off these resources, all or none. Usage where there is none, or it is not said whose is meant."""

        def step(resource: Resource) -> Step:
            holds = resource.holds
            for one in whose.of(resource, self.clock.now()):
                holds = without(holds, one)
            here = resource.state
            return Step(Op.RELEASE, event="release", origin=here, target=here, reason=reason, holds=holds)

        self._write(refs, step)

    def _write(self, refs: Sequence[Ref], step: Callable[[Resource], Step]) -> None:
        """One step on each resource, together. Who lost to a step of somebody else's is tried anew as it is then."""
        left = list(refs)
        for _ in range(TRIES):
            found = self.store.load(left)
            plans = [by_operator(found[ref], step(found[ref])) for ref in left if ref in found]
            origin = Origin(self.actor, "", self.clock.now(), lambda _ref: Authorship())
            writes = [write_of(one, one.steps[0], _cursor(found[one.ref]), {}, origin) for one in plans]
            left = list(self.store.commit(writes))
            if not left:
                return
        raise Conflict(f"{first_few(left)}: somebody else is at work on it; try again, or see `muster doctor`")


@dataclass(frozen=True, slots=True)
class Whose:
    """Which holds of a resource are meant: those of `owner`, or `every` one; without either those of the only owner there is.

    With a `path` only the acknowledgement of drift at it. With a `revision` only while the resource is at it still: who was
    shown its holds means these, and none that has come since.
    """

    owner: str = ""
    every: bool = False
    path: str = ""
    revision: int | None = None

    def of(self, resource: Resource, now: datetime) -> Holds:
        """These. Usage where there is none, where several owners have some and none is named, or somebody was faster."""
        if self.revision not in (None, resource.revision):
            raise Usage(f"somebody was faster: the holds of {resource.ref} may be others now, and nothing was done")
        there = tuple(one for one in resource.holds if not self.path or self.path in one.paths)
        found = tuple(one for one in there if self.owner in ("", one.owner))
        at, by = f" at {self.path}" if self.path else "", f" by {self.owner}" if self.owner else ""
        if not found:
            others = f"; it is {ends_words(there)}" if there else ""
            raise Usage(f"{resource.ref} is not held{at}{by}{others}")
        standing = tuple(one for one in found if one.in_force(now))
        if not self.every and len({one.owner for one in standing}) > 1:
            raise Usage(f"{resource.ref} is {ends_words(standing)}; say whose hold is over, --owner NAME, or --all")
        return found


def _cursor(one: Resource) -> Cursor:
    return Cursor(one.ref, one.revision, one.state, one.satisfied, one.flags, one.file, one.commit)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an operator's transition is judged by: the store, the kinds, and what runtimes observe."""

    store: Store
    kinds: Mapping[str, Kind]
    runtimes: Mapping[str, Runtime]
    timezone: str = "UTC"
    policies: Policies = NO_POLICIES

    def glance(self, ref: Ref, now: datetime) -> Question:
        """Enough of the question to ask guards: only resources of the kinds that have to do with this one are read."""
        return self._question(
            ref, now, {one: head for kind in self._near(ref) for one, head in self.store.heads(kind).items()}
        )

    def _near(self, ref: Ref) -> set[str]:
        law, kinds = self.kinds[ref.kind].lifecycle, self.kinds.values()
        found = {one.kind for one in law.references} | {
            one.name for one in kinds if one.lifecycle.role is Role.SETTINGS
        }
        if law.role is not Role.CAMPAIGN:
            found |= {one.name for one in kinds if any(each.kind == ref.kind for each in one.lifecycle.references)}
        return found | ({ref.kind} if self.kinds[ref.kind].grouping else set())

    def question(self, ref: Ref, now: datetime) -> Question:
        """The question of a plan about this one resource, as everything is stored."""
        return self._question(ref, now, self.store.heads())

    def _question(self, ref: Ref, now: datetime, heads: Mapping[Ref, Head]) -> Question:
        serial = self.store.serial()
        one = self.store.load([ref])[ref]
        kind = self.kinds[ref.kind]
        targets = [link.target for link in stored_links(kind, one.document)]
        mates = [other for other in heads if other.kind == ref.kind and heads[other].state in kind.grouping]
        singles = [other for other in heads if self._is_settings(other)]
        users = [other for other in heads if self._may_use(other, ref)]
        resources = self.store.load([ref, *targets, *mates, *singles, *users])
        documents = {other: resources[other].document for other in mates if other in resources}
        runtime = self.runtimes.get(ref.kind)
        settings = self._settings(singles, heads, resources)
        beside = with_settings(self._beside, settings)
        return Question(
            kinds=self.kinds,
            manifests={},
            links=Links({ref: tuple(stored_links(kind, one.document))}),
            heads=heads,
            triage=Triage((), 0, tuple(users)),  # by what is stored, as if nobody had a manifest
            documents={ref: one.document},
            resources=resources,
            now=now,
            serial=serial,
            facts=Observed({ref.kind: runtime}, {ref: one.document}, beside) if runtime else {},
            settings=settings,
            timezone=self.timezone,
            policies=self.policies,
            groups=Groups(self.kinds, documents | {ref: one.document}) if kind.grouping else Groups({}, {}),
        )

    def _beside(self, ref: Ref) -> Document | None:
        """What is stored."""
        stored = self.store.load([ref]).get(ref)
        return stored.document if stored else None

    def _may_use(self, other: Ref, ref: Ref) -> bool:
        """Whether a resource may refer to `ref` so that this cannot be deleted."""
        kind = self.kinds.get(other.kind)
        supports = self.kinds[ref.kind].lifecycle.role is not Role.CAMPAIGN
        return supports and kind is not None and any(one.kind == ref.kind for one in kind.lifecycle.references)

    def _is_settings(self, ref: Ref) -> bool:
        kind = self.kinds.get(ref.kind)
        return kind is not None and kind.lifecycle.role is Role.SETTINGS

    @staticmethod
    def _settings(
        singles: Iterable[Ref], heads: Mapping[Ref, Head], resources: Mapping[Ref, Resource]
    ) -> dict[str, Mapping[str, object]]:
        there = (ref for ref in singles if ref in resources and heads[ref].state != DELETED)
        return {ref.kind: resources[ref].document.get("spec", {}) for ref in there}


def asked_of(one: ResourcePlan) -> str:
    """What a person is asked to confirm: the way, and all that comes of it."""
    step = one.steps[0]
    lines = [f"{step.event} {one.ref}: {one.origin} → {one.target}"]
    lines += [f"  makes the runtime {', '.join(step.effects)}"] if step.effects else []
    lines += [f"  dangerous: {step.danger}"] if step.danger else []
    lines += [f"  at risk: {risk.message}" for risk in step.risks]
    return "\n".join(lines)
