"""Resources that share values: who steps back for whom, and what must hold among them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

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


class Standing(Protocol):
    """How resources stand at the moment that is looked at."""

    def state_of(self, ref: Ref) -> str:
        """The state that a resource is in; empty where it does not exist."""
        ...

    def is_renewed(self, ref: Ref) -> bool:
        """Whether what its manifest says is in force, and not what was stored before."""
        ...


@dataclass(frozen=True, slots=True)
class Preempted:
    """Who makes a resource step back, and by which line."""

    by: Ref
    line: Preemption


@dataclass(frozen=True, slots=True)
class _Seat:
    """The place of a resource in a group, by the document of its manifest or by the stored one that this would replace."""

    ref: Ref
    key: Key
    line: Constraint | Preemption
    stored: bool
    leads: bool
    """Whether others step back for it."""


@dataclass(slots=True)
class Groups:
    """The groups of a catalog. A resource whose manifest was changed sits in those of both its documents until the change is
    carried out: a refused edit leaves it where it was.
    """

    kinds: Mapping[str, Kind]
    documents: Mapping[Ref, Document]
    """Those of the groupable manifests, and of what is stored without one."""
    stored: Mapping[Ref, Document] = field(default_factory=dict)
    """Of the groupable manifests, what is stored and differs."""
    _members: dict[Key, list[_Seat]] = field(default_factory=dict)
    _of: dict[Ref, list[_Seat]] = field(default_factory=dict)
    _views: dict[tuple[str, str], tuple[Reads, Shape]] = field(default_factory=dict)
    """What a rule looks at in a resource, and the shape of that."""
    _answers: dict[tuple[str, str, bytes], bool] = field(default_factory=dict)
    _kept: dict[tuple[Ref, str, bool], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for stored, documents in ((False, self.documents), (True, self.stored)):
            for ref in sorted(documents):
                law = self.kinds[ref.kind].lifecycle
                lines: tuple[Constraint | Preemption, ...] = (*law.preempts, *law.constraints)
                for number, one in enumerate(lines):
                    self._join(ref, number, one, stored)

    def _join(self, ref: Ref, number: int, one: Constraint | Preemption, stored: bool) -> None:
        document = self._document(ref, stored)
        fits = all(self._answer(ref.kind, name, document, ref) for name in one.where)
        if not fits and isinstance(one, Constraint):
            return
        values = [values_at(document, tokens(path)) for path in one.per]
        key = (ref.kind, str(number), canonical.encode(values))
        seat = _Seat(ref, key, one, stored, fits and isinstance(one, Preemption))
        self._members.setdefault(key, []).append(seat)
        self._of.setdefault(ref, []).append(seat)

    def _document(self, ref: Ref, stored: bool) -> Document:
        return (self.stored if stored else self.documents)[ref]

    def _is_taken(self, seat: _Seat, standing: Standing) -> bool:
        """Whether the document that gives this seat is the one in force."""
        return seat.stored == (seat.ref in self.stored and not standing.is_renewed(seat.ref))

    def with_documents(self, changed: Mapping[Ref, Document]) -> "Groups":
        """The groups if manifests said this, of those that are in groups at all."""
        inside = {ref: document for ref, document in changed.items() if ref in self.documents}
        return Groups(self.kinds, {**self.documents, **inside}, self.stored) if inside else self

    @property
    def is_empty(self) -> bool:
        """Whether nobody has anything to do with anybody."""
        return not self._of

    def preempted(self, ref: Ref, wanted: str, standing: Standing) -> Preempted | None:
        """Whom `ref`, which is to be in `wanted`, leaves that to: another of its group that is in it."""
        for seat in self._of.get(ref, ()):
            one = seat.line
            if isinstance(one, Constraint) or seat.stored or seat.leads or one.state != wanted:
                continue
            for other in self._members[seat.key]:
                if other.leads and standing.state_of(other.ref) == wanted and self._is_taken(other, standing):
                    return Preempted(other.ref, one)
        return None

    def may_step_back(self, ref: Ref, wanted: str) -> bool:
        """Whether there is anybody at all for whom `ref` may have to leave `wanted`."""
        return any(
            isinstance(seat.line, Preemption)
            and seat.line.state == wanted
            and any(other.leads and other.ref != ref for other in self._members[seat.key])
            for seat in self._of.get(ref, ())
        )

    def leads(self, ref: Ref) -> bool:
        """Whether others step back for `ref`, by either of its documents."""
        return any(seat.leads for seat in self._of.get(ref, ()))

    def keys(self, ref: Ref) -> list[Key]:
        """The groups that `ref` is in, by either of its documents."""
        return [seat.key for seat in self._of.get(ref, ())]

    def entered(self, ref: Ref, states: tuple[str, str], brings: bool) -> list[str]:
        """The names of the groups into which `ref` comes, or in which it becomes another member, going from one state to
        another, perhaps with what its manifest says. One name for all rules over the same resources: who is let in by one
        may be in the way of another. Equal names in every catalog.
        """
        seats = self._of.get(ref)
        if seats is None:
            return []
        origin, target = states
        reseated = brings and self.is_reseated(ref)
        found = dict.fromkeys(
            (ref.kind, seat.line.per, seat.key[2])
            for seat in seats
            if target in _states(seat.line) and (reseated or origin not in _states(seat.line))
        )
        return [canonical.digest([kind, *per, values.decode()]) for kind, per, values in found]

    def mates(self, ref: Ref) -> list[Ref]:
        """Everybody who is in a group with `ref`."""
        found = dict.fromkeys(mate.ref for seat in self._of.get(ref, ()) for mate in self._members[seat.key])
        return [mate for mate in found if mate != ref]

    def followers(self, refs: Iterable[Ref]) -> list[Ref]:
        """Who steps back for one of these, when its time comes."""
        keys = dict.fromkeys(seat.key for ref in refs for seat in self._of.get(ref, ()) if seat.leads)
        return list(dict.fromkeys(mate.ref for key in keys for mate in self._members[key] if not mate.leads))

    def circle(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those of `refs` that are in groups, with whoever is bound to them by one group or several."""
        found: dict[Ref, None] = {}
        queue = [ref for ref in refs if ref in self._of]
        keys: set[Key] = set()
        while queue:
            ref = queue.pop()
            found[ref] = None
            for seat in self._of[ref]:
                if seat.key not in keys:
                    keys.add(seat.key)
                    queue += [mate.ref for mate in self._members[seat.key] if mate.ref not in found]
        return list(found)

    def broken(self, refs: Iterable[Ref], standing: Standing, now: datetime) -> Iterator[tuple[Constraint, list[Ref]]]:
        """The constraints that do not hold among the groups of `refs`, as these stand, each with its members."""
        seen: set[Key] = set()
        for ref in refs:
            for seat in self._of.get(ref, ()):
                one = seat.line
                if not isinstance(one, Constraint) or seat.key in seen:
                    continue
                seen.add(seat.key)
                members = [
                    mate
                    for mate in self._members[seat.key]
                    if standing.state_of(mate.ref) in one.states and self._is_taken(mate, standing)
                ]
                if len(members) > 1 and not self._holds(one, members, standing, now):
                    yield one, [mate.ref for mate in members]

    def is_reseated(self, ref: Ref, only: Constraint | None = None) -> bool:
        """Whether `ref` sits elsewhere, or is another member, once its manifest is carried out; in the eyes of one constraint."""
        if ref not in self.stored:
            return False
        before, after = (
            [
                (seat.key, seat.leads, self._seen(seat))
                for seat in self._of.get(ref, ())
                if self._has(seat, stored, only)
            ]
            for stored in (True, False)
        )
        return before != after

    def _has(self, seat: _Seat, stored: bool, only: Constraint | None) -> bool:
        return seat.stored is stored and (only is None or seat.line is only)

    def _holds(self, one: Constraint, members: list[_Seat], standing: Standing, now: datetime) -> bool:
        rule = compiled(one.rule, CONSTRAINT_VARIABLES)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = [{**self._seen(seat), "state": standing.state_of(seat.ref)} for seat in members]
        values = {"members": seen, "now": now, "today": midnight}
        return rule.ask({name: values[name] for name in rule.variables}) is Verdict.TRUE

    def _seen(self, seat: _Seat) -> dict[str, Any]:
        """What the rule of a constraint may look at in a member; documents do not change here, so it is kept."""
        one = seat.line
        if not isinstance(one, Constraint):
            return {}
        key = (seat.ref, one.name, seat.stored)
        if key not in self._kept:
            reads, shape = self._view(seat.ref.kind, compiled(one.rule, CONSTRAINT_VARIABLES), "members")
            self._kept[key] = filled(as_object(seat.ref, "", self._document(seat.ref, seat.stored), reads), shape)
        return self._kept[key]

    def _answer(self, kind: str, guard: str, document: Document, ref: Ref) -> bool:
        """What a guard says of a resource by itself; equal inputs are asked once."""
        rule = compiled(self.kinds[kind].lifecycle.guards[guard].rule)
        reads, shape = self._view(kind, rule, "self")
        value = as_object(ref, "", document, reads)
        key = (kind, guard, canonical.encode(value))
        if key not in self._answers:
            self._answers[key] = rule.ask({"self": filled(value, shape)}) is Verdict.TRUE
        return self._answers[key]

    def _view(self, kind: str, rule: Rule, variable: str) -> tuple[Reads, Shape]:
        key = (kind, rule.text)
        if key not in self._views:
            reads = rule.reads[variable]
            self._views[key] = reads, narrow(self.kinds[kind].shape.members["spec"], reads.spec)
        return self._views[key]


def _states(line: Constraint | Preemption) -> tuple[str, ...]:
    """The states in which a resource counts for a line."""
    return line.states if isinstance(line, Constraint) else (line.state,)
