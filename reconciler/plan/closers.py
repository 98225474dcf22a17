"""Who can close what is open: the manifest's author, another resource, the runtime, or the clock. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.rule import Rule
from reconciler.model.calendar import midnights
from reconciler.model.diagnostic import Place
from reconciler.model.instant import to_text
from reconciler.model.plan import Verdict
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.plan.guards import Asker, Interpreter

_A_YEAR: Final = timedelta(days=366)
"""How far the clock is asked whether it will close a guard."""


class Who(StrEnum):
    """Who can close an item."""

    AUTHOR = "author"
    """Whoever writes the manifest."""
    RESOURCE = "resource"
    """Whoever looks after another resource."""
    RUNTIME = "runtime"
    """What runs the campaign: it observes the facts."""
    CLOCK = "clock"
    """Nobody: time does."""


class Closer(Record, frozen=True):
    """One who can close an item, and by what: a fact, another resource with its place, or the instant."""

    who: Who
    what: str = ""
    ref: Ref | None = None
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Closers:
    """Knows who can close the guards of one resource."""

    interpreter: Interpreter
    asker: Asker
    kind: Kind

    def of(self, guard: str, verdict: Verdict, state: str, applied: bool) -> tuple[Closer, ...]:
        """Who can make this guard true, from what its rule looks at; nobody need where it is true."""
        rule = self.interpreter.rule(self.kind, guard)
        match verdict:
            case Verdict.TRUE:
                return ()
            case Verdict.UNKNOWN:
                return tuple(self._facts(rule.facts - self._observed()))
            case Verdict.FALSE:
                return tuple(dict.fromkeys(self._any(guard, rule, state, applied))) or (Closer(Who.AUTHOR),)

    def other(self, ref: Ref) -> Closer:
        """Another resource, with what it is now and where its manifest asks for more."""
        question = self.interpreter.question
        manifest = question.manifests.get(ref)
        state = self.interpreter.state_of(ref) or "not there yet"
        return Closer(Who.RESOURCE, state, ref, manifest.place if manifest else Place())

    def _any(self, guard: str, rule: Rule, state: str, applied: bool) -> Iterator[Closer]:
        variables = rule.variables
        if "self" in variables or "oldSelf" in variables:
            yield Closer(Who.AUTHOR)
        if "refs" in variables:
            yield from (self.other(ref) for ref in self.asker.looked_at(guard))
        if "settings" in variables:
            yield from (self.other(ref) for ref in self._settings())
        yield from self._facts(rule.facts & self._observed())
        if "now" in variables or "today" in variables:
            at = self._turns(guard, state, applied)
            if at is not None:
                yield Closer(Who.CLOCK, to_text(at))

    def _facts(self, names: frozenset[str]) -> Iterator[Closer]:
        facts = self.kind.lifecycle.facts
        for name in sorted(names):
            summary = facts[name].summary if name in facts else ""
            yield Closer(Who.RUNTIME, f"{name}: {summary}" if summary else name)

    def _observed(self) -> frozenset[str]:
        return frozenset(self.interpreter.question.facts.get(self.asker.ref, {}))

    def _settings(self) -> list[Ref]:
        return [ref for ref in self.interpreter.question.manifests if ref.kind == self.kind.lifecycle.settings]

    def _turns(self, guard: str, state: str, applied: bool) -> datetime | None:
        """The first local midnight within a year from which on the guard is true."""
        now, one = self.interpreter.question.now, self.asker
        for at in midnights(now, now + _A_YEAR, self.interpreter.today_zone(self.kind)):
            then = Asker(self.interpreter, one.ref, self.kind, one.old, one.new, at)
            if then.verdicts((guard,), state, applied)[0].verdict is Verdict.TRUE:
                return at
        return None
