"""Resources that share values: who steps back for whom, and what must hold among them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.normal import narrow
from reconciler.lifecycle.rule import CONSTRAINT_VARIABLES, Reads, Rule, compiled
from reconciler.lifecycle.shape import Shape, values_at
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.change import tokens
from reconciler.model.lifecycle import Constraint, Preemption
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.plan.seen import as_object, filled

Key = tuple[str, str, bytes]
"""Kind, the rule's name, and the shared values in canonical form."""


def groupable(kind: Kind, manifest: Manifest, state: str) -> bool:
    """Whether a resource, stored in `state`, may ever be in a group: only then is its document needed for that."""
    return bool(kind.grouping) and not kind.grouping.isdisjoint(
        (manifest.state, state, *(entry.state for entry in manifest.entries))
    )


@dataclass(frozen=True, slots=True)
class Preempted:
    """Who makes a resource step back, and by which line."""

    by: Ref
    line: Preemption


@dataclass(slots=True)
class Groups:
    """The groups of a catalog. `documents` holds those of the groupable manifests, and of what is stored without one."""

    kinds: Mapping[str, Kind]
    manifests: Mapping[Ref, Manifest]
    documents: Mapping[Ref, Document]
    _members: dict[Key, list[Ref]] = field(default_factory=dict)
    _of: dict[Ref, list[tuple[Key, Constraint | Preemption]]] = field(default_factory=dict)
    _leading: dict[Key, list[Ref]] = field(default_factory=dict)
    """For preemptions: the members before whom others step back."""
    _views: dict[tuple[str, str], tuple[Reads, Shape]] = field(default_factory=dict)
    """What a rule looks at in a resource, and the shape of that."""
    _answers: dict[tuple[str, str, bytes], bool] = field(default_factory=dict)
    _kept: dict[tuple[Ref, str], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ref in sorted(self.documents):
            law = self.kinds[ref.kind].lifecycle
            lines: tuple[Constraint | Preemption, ...] = (*law.preempts, *law.constraints)
            for number, one in enumerate(lines):
                self._join(ref, number, one)

    def _join(self, ref: Ref, number: int, one: Constraint | Preemption) -> None:
        document = self.documents[ref]
        values = [values_at(document, tokens(path)) for path in one.per]
        fits = self._fits(ref, one.where)
        if not fits and isinstance(one, Constraint):
            return
        key = (ref.kind, str(number), canonical.encode(values))
        self._members.setdefault(key, []).append(ref)
        self._of.setdefault(ref, []).append((key, one))
        if fits and isinstance(one, Preemption):
            self._leading.setdefault(key, []).append(ref)

    def preempted(self, ref: Ref, now: datetime) -> Preempted | None:
        """Whether `ref` must step back now: another of its group is to be in the state that it would be in."""
        for key, one in self._of.get(ref, ()):
            leaders = self._leading.get(key, ())
            if isinstance(one, Preemption) and leaders and ref not in leaders:
                for leader in leaders:
                    if leader in self.manifests and self.manifests[leader].state_at(now) == one.state:
                        return Preempted(leader, one)
        return None

    def steps_back(self, ref: Ref, wanted: str, now: datetime) -> Preempted | None:
        """`preempted`, where what is wanted is what the group leaves to another now."""
        found = self.preempted(ref, now) if ref in self._of else None
        return found if found and found.line.state == wanted else None

    @property
    def is_empty(self) -> bool:
        """Whether nobody has anything to do with anybody."""
        return not self._of

    def mates(self, ref: Ref) -> list[Ref]:
        """Everybody who is in a group with `ref`."""
        found = dict.fromkeys(mate for key, _ in self._of.get(ref, ()) for mate in self._members[key])
        return [mate for mate in found if mate != ref]

    def circle(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those of `refs` that are in groups, with whoever is bound to them by one group or several."""
        found: dict[Ref, None] = {}
        queue = [ref for ref in refs if ref in self._of]
        keys: set[Key] = set()
        while queue:
            ref = queue.pop()
            found[ref] = None
            for key, _ in self._of[ref]:
                if key not in keys:
                    keys.add(key)
                    queue += [mate for mate in self._members[key] if mate not in found]
        return list(found)

    def followers(self, ref: Ref) -> list[Ref]:
        """Who steps back for `ref`, when its time comes."""
        keys = [key for key, one in self._of.get(ref, ()) if ref in self._leading.get(key, ())]
        return [mate for mate in dict.fromkeys(m for key in keys for m in self._members[key]) if mate != ref]

    def broken(
        self, refs: Iterable[Ref], state_of: Callable[[Ref], str], now: datetime
    ) -> Iterator[tuple[Constraint, list[Ref]]]:
        """The constraints that do not hold among the groups of `refs`, in these states, each with its members."""
        seen: set[Key] = set()
        for ref in refs:
            for key, one in self._of.get(ref, ()):
                if not isinstance(one, Constraint) or key in seen:
                    continue
                seen.add(key)
                members = [mate for mate in self._members[key] if state_of(mate) in one.states]
                if len(members) > 1 and not self._holds(one, members, state_of, now):
                    yield one, members

    def _holds(self, one: Constraint, members: list[Ref], state_of: Callable[[Ref], str], now: datetime) -> bool:
        rule = compiled(one.rule, CONSTRAINT_VARIABLES)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = [{**self._seen(ref, one), "state": state_of(ref)} for ref in members]
        values = {"members": seen, "now": now, "today": midnight}
        return rule.ask({name: values[name] for name in rule.variables}) is Verdict.TRUE

    def _seen(self, ref: Ref, one: Constraint) -> dict[str, Any]:
        """What the rule of a constraint may look at in a member; documents do not change here, so it is kept."""
        key = (ref, one.name)
        if key not in self._kept:
            reads, shape = self._view(ref.kind, compiled(one.rule, CONSTRAINT_VARIABLES), "members")
            self._kept[key] = filled(as_object(ref, "", self.documents[ref], reads), shape)
        return self._kept[key]

    def _fits(self, ref: Ref, where: tuple[str, ...]) -> bool:
        return all(self._answer(ref, name) for name in where)

    def _answer(self, ref: Ref, guard: str) -> bool:
        """What a guard says of a resource by itself; equal inputs are asked once."""
        rule = compiled(self.kinds[ref.kind].lifecycle.guards[guard].rule)
        reads, shape = self._view(ref.kind, rule, "self")
        value = as_object(ref, "", self.documents[ref], reads)
        key = (ref.kind, guard, canonical.encode(value))
        if key not in self._answers:
            self._answers[key] = rule.ask({"self": filled(value, shape)}) is Verdict.TRUE
        return self._answers[key]

    def _view(self, kind: str, rule: Rule, variable: str) -> tuple[Reads, Shape]:
        key = (kind, rule.text)
        if key not in self._views:
            reads = rule.reads[variable]
            self._views[key] = reads, narrow(self.kinds[kind].shape.members["spec"], reads.spec)
        return self._views[key]
