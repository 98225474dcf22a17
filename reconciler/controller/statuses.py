"""The conditions of every resource, kept up to date by a daemon: written where they have changed, nowhere else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.controller.passing import Pass
from reconciler.model.condition import Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.hold import Hold
from reconciler.model.instant import to_text
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.plan.conditions import Evidence, lasting
from reconciler.plan.holding import short

_MANY: Final = 500
"""Resources from which all heads are read rather than each."""

Turn = tuple[Status | None, Status]
"""A status as it was, and as it is."""


@dataclass(slots=True)
class Statuses:
    """Implements `daemon.Watching`. `turned` is told what has changed, before it is stored."""

    turned: Callable[[Sequence[Turn], Pass, Store], None] = lambda _turns, _pass, _store: None
    observed: frozenset[str] = frozenset()
    known: dict[Ref, Status] = field(default_factory=dict)
    """As they are stored."""
    _unsettled: set[Ref] = field(default_factory=set)
    _is_read: bool = False

    def passed(self, one: Pass, store: Store, _seconds: float) -> None:
        """See `daemon.Watching`."""
        if one.dry:
            return
        if not self._is_read:
            self.known, self._is_read = dict(store.bulletin.statuses()), True
            self._unsettled = {ref for ref, status in self.known.items() if not status.is_settled}
        evidence = self._evidence(one)
        refs = self._to_look_at(one, evidence)
        stands = _stands(store, refs)
        gone = [ref for ref in refs if ref not in stands and ref not in evidence.named and ref in self.known]
        turns = [
            turn for ref in sorted(refs) if ref in stands or ref in evidence.named
            if (turn := self._turn(ref, stands.get(ref, ("", 0)), one, evidence))
        ]  # fmt: skip
        self.turned(turns, one, store)
        store.bulletin.put_statuses([after for _, after in turns], gone)
        self._learn([after for _, after in turns], gone)

    def failed(self, _reason: str, _message: str, _seconds: float) -> None:
        """See `daemon.Watching`: nothing was found out about any resource."""

    def _evidence(self, one: Pass) -> Evidence:
        withheld = {ref: _told(found) for ref, found in one.withheld.items()}
        held: dict[Ref, str] = {}
        for each in one.plan.holds:
            if not each.hold.paths:
                held[each.ref] = "; ".join(filter(None, (held.get(each.ref), _held(each.hold))))
        return Evidence(one.plan, one.outcome, withheld, one.resting, held, self.observed)

    def _to_look_at(self, one: Pass, evidence: Evidence) -> set[Ref]:
        found = {*evidence.named, *self._unsettled}
        if one.seen.whole:
            heads = one.seen.heads
            found |= {ref for ref in heads if ref not in self.known or self.known[ref].revision != heads[ref].revision}
            found |= self.known.keys() - heads.keys()
        return found

    def _turn(self, ref: Ref, stand: tuple[str, int], one: Pass, evidence: Evidence) -> Turn | None:
        state, revision = stand
        before = self.known.get(ref)
        fresh = Status(ref, evidence.conditions(ref, state), revision, one.commit)
        after = lasting(fresh, before, to_text(one.began))
        return None if after is before else (before, after)

    def _learn(self, statuses: Iterable[Status], gone: Iterable[Ref]) -> None:
        for status in statuses:
            self.known[status.ref] = status
            (self._unsettled.discard if status.is_settled else self._unsettled.add)(status.ref)
        for ref in gone:
            self.known.pop(ref, None)
            self._unsettled.discard(ref)


def _stands(store: Store, refs: set[Ref]) -> Mapping[Ref, tuple[str, int]]:
    """State and revision of each, as they are after the pass."""
    if len(refs) > _MANY:
        heads = store.heads()
        return {ref: (heads[ref].state, heads[ref].revision) for ref in refs if ref in heads}
    return {ref: (one.state, one.revision) for ref, one in store.load(refs).items()}


def _held(hold: Hold) -> str:
    """Without its age: a condition changes when something does."""
    return f"by {hold.owner} until {short(hold.until)}: {hold.reason}"


def _told(found: Diagnostic) -> str:
    return f"{found.place}: {found.detail or found.summary}"
