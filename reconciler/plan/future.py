"""The future as it will be if nobody does anything more: schedule entries and timers, one instant after another (X-12).

A discrete-event simulation. At each instant it decides just as a plan made then would, by the same rules, against what
the instants before have led to. What hangs on an unknown guard is taken to happen, and what follows from it is
conditional. What is refused stays as it is and is looked at again when something that it has to do with changes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Final

from reconciler.model.instant import from_text, to_text
from reconciler.model.manifest import Entry
from reconciler.model.plan import Blocked, Code
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import Foresight, Occurrence
from reconciler.plan.advance import after_plan
from reconciler.plan.decide import Decision, decide
from reconciler.plan.due import timer_plan
from reconciler.plan.holding import next_end, releases
from reconciler.plan.order import by_reference
from reconciler.plan.policy_clock import turns
from reconciler.plan.present import renamed
from reconciler.plan.question import Question, settled
from reconciler.plan.references import at, floating
from reconciler.plan.telling import Teller
from reconciler.plan.timers import Timers
from reconciler.plan.world import World

ROUNDS: Final = 8
"""How often an instant is looked at again because what happened at it has brought about more."""

WATCHED: Final = 100
"""Refused resources that are looked at again at every instant, as a plan made then would; of more, only those that
what happens has to do with."""


FIRINGS: Final = 1_000
"""Timers of one resource that are looked ahead to: a kind whose timers chase each other has no end."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will happen, in order, and the first instant at which time alone may change this answer."""

    occurrences: tuple[Occurrence, ...] = ()
    stands_until: datetime | None = None


def foresee(question: Question, decision: Decision, moves: Mapping[Ref, Resource]) -> Foreseen:
    """What the clock will do until the question's horizon, once the open plans of `decision` are carried out."""
    if not question.horizon:
        return Foreseen()
    ahead = _Walk.after(question, decision, moves)
    found = tuple(one for one in ahead.run() if not question.only or not question.only.isdisjoint(one.parties))
    return Foreseen(found, ahead.stands_until)


@dataclass(frozen=True, slots=True)
class Scene:
    """The world at one instant, once what happens at it has happened. Look before the walk goes on: it changes there."""

    question: Question
    """As a plan made then would be asked, its triage aside; `now` is that instant."""
    occurrences: tuple[Occurrence, ...]
    stuck: Mapping[Ref, Blocked]
    doubtful: Collection[Ref]
    """The resources whose present hangs on a guard that is unknown."""


def walk(
    question: Question, decision: Decision, moves: Mapping[Ref, Resource], stops: Iterable[datetime] = ()
) -> Iterator[Scene]:
    """The world after `decision`, then at every instant that `foresee` sees, and at `stops`, though nothing happens."""
    ahead = _Walk.after(question, decision, moves)
    world = ahead.world
    yield Scene(world.question, (), world.stuck, world.doubtful)
    for occurrences in ahead.instants(stops):
        yield Scene(world.question, occurrences, world.stuck, world.doubtful)


def _is_policed(one: Blocked | None) -> bool:
    """Whether nothing but policies block this."""
    return one is not None and all(refusal.code is Code.POLICY for refusal in one.refusals)


@dataclass(slots=True)
class _Walk:
    """One way through the time ahead: the world as it is, and the instants at which something may happen to it."""

    world: World
    queue: list[tuple[datetime, Ref]] = field(default_factory=list)
    armed: dict[tuple[datetime, Ref], datetime] = field(default_factory=dict)
    """Of the instants in the queue that are timers': since when the resource is in the state that the timer belongs to."""
    fired: Counter[Ref] = field(default_factory=Counter)
    """How many timers of each resource have run."""
    floating: list[Ref] = field(default_factory=list)
    """The resources whose references may mean another version later."""
    stands_until: datetime | None = None

    @classmethod
    def after(cls, question: Question, decision: Decision, moves: Mapping[Ref, Resource]) -> "_Walk":
        walk = cls(World.after(question, decision, moves))
        walk.queue = list(walk._ahead())
        heapify(walk.queue)
        return walk

    def run(self) -> Iterator[Occurrence]:
        """What happens, instant by instant, to the horizon."""
        start, first = self.world.question.now, self.queue[0][0] if self.queue else None
        for occurrences in self.instants():
            yield from occurrences
        beyond = self.queue[0][0] - self.world.question.horizon if self.queue else None
        # Until the first of it happens; or until more comes into sight than was seen.
        self.stands_until = min((one for one in (first, beyond) if one is not None and one > start), default=None)

    def instants(self, stops: Iterable[datetime] = ()) -> Iterator[tuple[Occurrence, ...]]:
        """What happens at each instant to the horizon, once it has; nothing at a stop where nothing is due."""
        start, until = self.world.question.now, self.world.question.now + self.world.question.horizon
        still = sorted((stop for stop in stops if start < stop <= until), reverse=True)
        if still or (self.queue and self.queue[0][0] <= until):
            self.floating = floating(self.world.question.manifests, self.world.question.kinds)
        while (now := min((*still[-1:], *(at for at, _ in self.queue[:1])), default=None)) is not None and now <= until:
            touched: dict[Ref, None] = {}
            while self.queue and self.queue[0][0] == now:
                ref = heappop(self.queue)[1]
                if not self._is_over(ref, now):
                    touched[ref] = None
            if still and still[-1] == now:
                still.pop()
            if now > start:
                self._tell_time(now)
                yield tuple(self._instant(now, touched)) if touched else ()

    def _is_over(self, ref: Ref, now: datetime) -> bool:
        """Whether the instant was that of a timer alone, whose state the resource has left since: nobody looks then."""
        since = self.armed.get((now, ref))
        resource = self.world.resources.get(ref)
        if since is None or (resource is not None and resource.entered_at == since) or self._due_at(ref, now):
            return False
        return resource is None or not any(releases(resource, now))

    def _tell_time(self, now: datetime) -> None:
        links = self.world.question.links
        if self.floating:
            links = at(links, self.floating, self.world.question.manifests, self.world.question.kinds, now)
        self.world.question = replace(self.world.question, now=now, links=links)
        self.world.interpreter.question = self.world.question

    def _ahead(self) -> Iterator[tuple[datetime, Ref]]:
        """Every entry to come, and the next instant of every timer; of what lies beyond the horizon, the first alone."""
        # Entries name whole seconds. Compared as text with a fraction of one, what has just come due would seem to be
        # ahead, and hide what really is.
        start = self.world.question.now.replace(microsecond=0)
        now, until = to_text(start), to_text(start + self.world.question.horizon)
        beyond: tuple[str, Ref] | None = None
        for ref, manifest in self.world.question.manifests.items():
            for entry in manifest.entries:
                if entry.at <= now:
                    continue
                if entry.at > until:
                    beyond = min(beyond, (entry.at, ref)) if beyond else (entry.at, ref)
                    break
                yield entry.instant, ref
        if beyond:
            yield from_text(beyond[0]), beyond[1]
        yield from self._next_timers(self.world.resources)
        yield from self._next_ends(self.world.resources)
        yield from self._next_turns(self.world.stuck)

    def _next_ends(self, refs: Iterable[Ref]) -> Iterator[tuple[datetime, Ref]]:
        """When the holds on these end."""
        resources, now = self.world.resources, self.world.question.now
        for ref in refs:
            one = resources.get(ref)
            if one is not None and one.holds:
                yield from ((end, ref) for end in next_end(one, now))

    def _next_timers(self, refs: Iterable[Ref]) -> Iterator[tuple[datetime, Ref]]:
        timers = Timers(self.world.interpreter)
        for ref in self.world.ticking(refs):
            instant = timers.next(self.world.resources[ref], self.world.manifest(ref))
            if instant is not None:
                self.armed[instant, ref] = self.world.resources[ref].entered_at
                yield instant, ref

    def _next_turns(self, stuck: Mapping[Ref, Blocked]) -> Iterator[tuple[datetime, Ref]]:
        """When policies may let pass what they block now."""
        if not self.world.question.policies.is_empty:
            for ref, one in stuck.items():
                instant = turns(self.world.question, one)
                if instant is not None:
                    yield instant, ref

    # One instant.

    def _instant(self, now: datetime, touched: dict[Ref, None]) -> Iterator[Occurrence]:
        entries = {ref: due for ref in touched if (due := self._due_at(ref, now))}
        changed = {ref: None for ref in touched if ref in self.world.stuck}
        told: set[tuple[Ref, int]] = set()
        for round_ in range(ROUNDS):
            moved: dict[Ref, None] = {}
            for one in self._releases(touched):
                moved[one.ref] = None
                yield one
            for one in self._timers([*touched, *changed]):
                told.add((one.ref, one.entry))
                moved[one.ref] = None
                yield one
            asked = {} if round_ else entries
            decision = self._decide({**dict.fromkeys(asked), **moved, **changed})
            for ref in decision.open.keys() & entries.keys():
                self.world.last[ref] = entries[ref][-1].index
            yield from Teller(self.world).of_decision(decision, asked, told)
            moved |= self._carry_out(decision, entries)
            if not moved:
                break
            changed |= moved
        self.world.freed.clear()
        for timer in self._next_timers(ref for ref in {**touched, **changed} if self.fired[ref] < FIRINGS):
            heappush(self.queue, timer)
        for end in self._next_ends(changed):
            heappush(self.queue, end)
        stuck = self.world.stuck
        for turn in self._next_turns({ref: stuck[ref] for ref in {**touched, **changed} if ref in stuck}):
            heappush(self.queue, turn)

    def _due_at(self, ref: Ref, now: datetime) -> list[Entry]:
        manifest, text = self.world.manifest(ref), to_text(now)
        return [entry for entry in manifest.entries if entry.at == text] if manifest else []

    def _releases(self, refs: Iterable[Ref]) -> Iterator[Occurrence]:
        """Let the holds end whose time is over."""
        now = self.world.question.now
        for ref in sorted(ref for ref in refs if ref in self.world.resources):
            for one in releases(self.world.resources[ref], now):
                self.world.put(after_plan(self.world.resources[ref], one, self.world.resources[ref].document, now))
                self.world.freed[ref] = None
                yield Teller(self.world).of_release(one)
            if ref in self.world.freed:
                self.world.ask_anew(ref)

    def _timers(self, refs: Iterable[Ref]) -> Iterator[Occurrence]:
        """Let the timers that are due run, references first."""
        self.world.interpreter.outcome.clear()
        timers = Timers(self.world.interpreter)
        for ref in by_reference(set(self.world.ticking(refs)), self.world.question):
            resource = self.world.resources[ref]
            firing = timers.firing(resource, self.world.manifest(ref))
            if firing is None:
                continue
            one = timer_plan(firing, resource, self.world.manifest(ref))
            told = Teller(self.world).of_timer(firing, one)
            self.world.put(after_plan(resource, one, resource.document, self.world.question.now))
            self.world.last[ref] = firing.entry
            self.fired[ref] += 1
            if not firing.conditional and _is_policed(self.world.stuck.get(ref)):
                del self.world.stuck[ref]  # a freeze held it up
            if firing.conditional:
                self.world.doubtful.add(ref)
                told = replace(told, verdict=Foresight.CONDITIONAL)
            yield told

    def _decide(self, refs: Iterable[Ref]) -> Decision:
        """What a plan made now would decide about these, those who step back for them, and who waits for them."""
        affected = dict.fromkeys(refs)
        affected |= dict.fromkeys(self.world.question.groups.followers(affected))
        affected |= dict.fromkeys(self._concerned(affected))
        self.world.interpreter.outcome.clear()
        manifests, groups, now = self.world.question.manifests, self.world.question.groups, self.world.question.now
        judged = [
            ref
            for ref in affected
            if ref in manifests and not settled(manifests[ref], self.world.heads.get(ref), now, groups)
        ]
        return decide(self.world.interpreter, judged, renamed(self.world.question, judged), self.world.stuck)

    def _concerned(self, changing: Iterable[Ref]) -> list[Ref]:
        """The refused resources that may go on now: all, or, where they are many, those that this has to do with."""
        stuck, links = self.world.stuck, self.world.question.links
        if len(stuck) <= WATCHED:
            return list(stuck)
        near: dict[Ref, None] = {}
        for ref in changing:
            near |= dict.fromkeys(link.target for link in links.of.get(ref, ()))
            near |= dict.fromkeys(user for user, _ in links.users(ref))
            near |= dict.fromkeys(self.world.question.groups.mates(ref))
        return [ref for ref in near if ref in stuck]

    def _carry_out(self, decision: Decision, entries: Mapping[Ref, list[Entry]]) -> dict[Ref, None]:
        world, now = self.world, self.world.question.now
        world.stuck |= decision.blocked
        moves = renamed(world.question, decision.open)
        for ref, one in decision.open.items():
            world.stuck.pop(ref, None)
            if one.conditional:
                world.doubtful.add(ref)
            if ref not in entries:
                world.last[ref] = -1
            if ref in moves:
                world.heads.pop(moves[ref].ref, None)
            world.put(after_plan(moves.get(ref) or world.resources.get(ref), one, world.question.documents[ref], now))
        return dict.fromkeys(decision.open)
