"""The world that a simulation goes through: what the store will hold, and what is known of how it came about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.manifest import Manifest
from reconciler.model.plan import Blocked
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.model.timeline import Against, Foresight
from reconciler.plan.advance import after_plan, head_of
from reconciler.plan.decide import Decision
from reconciler.plan.drift import as_left
from reconciler.plan.guards import Interpreter
from reconciler.plan.lasting import lasting
from reconciler.plan.question import Question, Triage


@dataclass(slots=True)
class World:
    """What the store will hold. `question` has the very tables that change here, so whoever asks it sees the present."""

    question: Question
    heads: dict[Ref, Head]
    resources: dict[Ref, Resource]
    interpreter: Interpreter
    stuck: dict[Ref, Blocked] = field(default_factory=dict)
    """What is refused; those that are so from the start in `always`."""
    always: frozenset[Ref] = frozenset()
    doubtful: set[Ref] = field(default_factory=set)
    """The resources whose present hangs on a guard that is unknown."""
    freed: dict[Ref, None] = field(default_factory=dict)
    """The resources on which a hold has ended at this very instant."""
    last: dict[Ref, int] = field(default_factory=dict)
    """By which schedule entry each resource has come where it is; -1 for a timer."""

    @classmethod
    def after(cls, question: Question, decision: Decision, moves: Mapping[Ref, Resource]) -> "World":
        """The world once the open plans of `decision` are carried out."""
        heads, resources = dict(question.heads), dict(question.resources)
        nothing = Triage((), 0, question.triage.unmanaged)
        facts = lasting(question.facts, question.kinds)
        here = replace(question, heads=heads, resources=resources, triage=nothing, facts=facts)
        stuck = dict(decision.blocked)
        always = frozenset(ref for ref, one in stuck.items() if not one.held)
        world = cls(here, heads, resources, Interpreter(here), stuck, always)
        for ref, one in decision.open.items():
            before = moves.get(ref) or resources.get(ref)
            if ref in moves:
                heads.pop(moves[ref].ref, None)
            world.put(after_plan(before, one, question.documents[ref], question.now))
            if one.conditional:
                world.doubtful.add(ref)
        return world

    def put(self, resource: Resource) -> None:
        """Store a resource as it is now."""
        self.heads[resource.ref], self.resources[resource.ref] = head_of(resource), resource

    def ask_anew(self, ref: Ref) -> None:
        """Take what the files say of a resource for what is asked, as far as its drift is no longer left."""
        question = self.question
        if ref not in question.drift.asked:
            return
        now, resource, kind = question.now, self.resources[ref], question.kinds[ref.kind]
        manifest, document = question.drift.asked[ref]
        left = [one for one in question.drift.fields[ref] if question.drift.leaves(resource, one.path, now)]
        manifest, document = as_left(manifest, document, left, kind.shape)
        manifests, documents = {**question.manifests, ref: manifest}, {**question.documents, ref: document}
        groups = question.groups.with_documents({ref: document})
        self.question = replace(question, manifests=manifests, documents=documents, groups=groups)
        self.interpreter.question = self.question

    def state_of(self, ref: Ref) -> str:
        """The stored state; empty where there is none."""
        return self.heads[ref].state if ref in self.heads else ""

    def manifest(self, ref: Ref) -> Manifest | None:
        """What the files say of it; None of an unmanaged resource."""
        return self.question.manifests.get(ref)

    def ticking(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those in whose states timers run."""
        kinds = self.question.kinds
        return [
            ref
            for ref in refs
            if ref in self.heads and ref.kind in kinds and self.heads[ref].state in kinds[ref.kind].ticking
        ]

    def against(self, ref: Ref) -> Against:
        """A resource as the other side of a conflict."""
        return Against(ref, self.last.get(ref, -1))

    def likely(self, ref: Ref) -> Foresight:
        """Legal, if what it builds on is certain to come about."""
        links = self.question.links.of.get(ref, ())
        doubtful = ref in self.doubtful or any(link.target in self.doubtful for link in links)
        return Foresight.CONDITIONAL if doubtful else Foresight.LEGAL
