"""When a state may be asked for: the first instant at which that is legal, and what stands in the way until then. Pure.

The question is put now, at every instant at which something happens that the resource has to do with, and, where a rule
of its kind reads the clock, at every local midnight. Between two of these a rule over `now` turns once at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.lifecycle.kind import among
from reconciler.model.actor import Actor
from reconciler.model.calendar import midnights
from reconciler.model.plan import Code, GuardVerdict, Refusal, Step
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import Occurrence
from reconciler.plan.future import Scene, walk
from reconciler.plan.planner import refusal_of
from reconciler.plan.policy_clock import edges
from reconciler.plan.present import present
from reconciler.plan.question import Question
from reconciler.plan.suppose import Reply, Supposition

_SECOND: Final = timedelta(seconds=1)


class Answer(StrEnum):
    """When asking for a state is legal."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"
    """Not within the horizon."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One refusal, since when it has stood in the way, and the instant at which it fell; None: it stands to the end."""

    refusal: Refusal
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class When:
    """The earliest instant at which asking for `state` is legal, and what leads to it."""

    ref: Ref
    state: str
    asked_at: datetime
    horizon: timedelta
    answer: Answer
    at: datetime | None = None
    origin: str = ""
    """The state that it is in then; empty where it does not exist."""
    steps: tuple[Step, ...] = ()
    """The way from there; none where it is there already."""
    because: tuple[Occurrence, ...] = ()
    """What happens at that instant that makes it legal; nothing where that is the present plan, or the date."""
    unknown: tuple[GuardVerdict, ...] = ()
    """The guards that it hangs on, and that nobody can answer now."""
    doubtful: tuple[Ref, ...] = ()
    """The resources that it hangs on, and that are themselves not certain to come about."""
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether it is legal only if something turns out well that is unknown now."""
        return self.answer is not Answer.NEVER and bool(self.unknown or self.doubtful)

    @property
    def denied(self) -> bool:
        """Whether only guards stand in the way to the end, not the law."""
        return self.answer is Answer.NEVER and all(
            one.refusal.code.denied for one in self.obstacles if one.until is None
        )


def when(question: Question, ref: Ref, state: str) -> When:
    """The first instant, to the question's horizon, at which the manifest of `ref` might ask for `state`.

    `question.documents` holds that of `ref`.
    """
    return _Asking.of(question, ref, state).answer()


@dataclass(slots=True)
class _Asking:
    """One question asked at one instant after the other."""

    supposed: Supposition
    start: Question
    until: datetime
    obstacles: dict[tuple[Code, str, str], Obstacle] = field(default_factory=dict)
    last: datetime | None = None
    """When it was asked last."""
    seen: object = None
    """How everything near it stood then."""
    later: tuple[Occurrence, ...] | None = None
    """What would come of it later, as found when everything near it stood as it does."""

    @classmethod
    def of(cls, question: Question, ref: Ref, state: str) -> "_Asking":
        return cls(Supposition.of(question, ref, state), question, question.now + question.horizon)

    def answer(self) -> When:
        here = present(self.start)
        judged = dict.fromkeys(here.question.triage.judged)
        first = self._ask(here.question, judged, here.moves)
        if not self._hinders(first, here.question, here.moves):
            return self._found(first, here.question)
        stops = self._midnights(here.question)
        for scene in walk(here.question, here.decision, here.moves, stops):
            found = self._look(scene, scene.question.now in stops)
            if found is not None:
                return found
        return self._result(Answer.NEVER)

    # One instant.

    def _look(self, scene: Scene, by_date: bool) -> When | None:
        """The answer, if at this instant it is legal."""
        question, near = scene.question, self._near(scene.question)
        standing = self._standing(question, near)
        is_over = any(one.at <= question.now for one in self.later or ())
        same, before = standing == self.seen and not is_over, self.last
        if same and not by_date:
            return None
        if not same:
            self.seen, self.later = standing, None
        stuck = self._stuck(scene, near)
        reply = self._ask(question, stuck)
        if self._hinders(reply, question):
            return None
        if same and before is not None and self._reads({"now"}):
            question, reply = self._between(question, before, stuck)
        because = tuple(one for one in scene.occurrences if one.event and one.ref in near)
        found = self._found(reply, question)
        doubtful = [one for one in (self.supposed.ref, *self._targets(question)) if one in scene.doubtful]
        doubtful = list(dict.fromkeys([*found.doubtful, *doubtful]))
        return replace(found, answer=Answer.LATER, because=because, doubtful=tuple(doubtful))

    def _ask(
        self, question: Question, judged: Mapping[Ref, None], moves: Mapping[Ref, Resource] | None = None
    ) -> Reply:
        self.last = question.now
        return self.supposed.reply(question, judged, moves)

    def _hinders(self, reply: Reply, question: Question, moves: Mapping[Ref, Resource] | None = None) -> bool:
        """Whether anything stands in the way, now or because of what would come of it; noted with the time."""
        refusals = reply.refusals
        if not refusals:
            if self.later is None:
                rest = replace(question, horizon=self.until - question.now)
                self.later = self.supposed.conflicts(rest, reply, moves or {})
            refusals = tuple(dict.fromkeys(refusal_of(one, self.supposed.ref) for one in self.later))
        self._note(refusals, question.now)
        return bool(refusals)

    def _note(self, refusals: tuple[Refusal, ...], now: datetime) -> None:
        keys = {(one.code, one.message, one.path): one for one in refusals}
        for key, obstacle in self.obstacles.items():
            if key not in keys and obstacle.until is None:
                self.obstacles[key] = replace(obstacle, until=now)
        for key, refusal in keys.items():
            before = self.obstacles.get(key)
            self.obstacles[key] = Obstacle(refusal, before.since if before else now)

    def _between(self, question: Question, before: datetime, stuck: Mapping[Ref, None]) -> tuple[Question, Reply]:
        """The first second after `before` at which a rule over `now` lets it pass; nothing else has changed since."""
        low, high = before.replace(microsecond=0), question.now
        while high - low > _SECOND:
            middle = low + (high - low) // 2 // _SECOND * _SECOND
            there = replace(question, now=middle)
            if self.supposed.reply(there, stuck).refusals:
                low = middle
            else:
                high = middle
        there = replace(question, now=high)
        return there, self.supposed.reply(there, stuck)

    # Who has to do with it.

    def _targets(self, question: Question) -> list[Ref]:
        return list(dict.fromkeys(link.target for link in question.links.of.get(self.supposed.ref, ())))

    def _near(self, question: Question) -> set[Ref]:
        """Whatever the answer may hang on: what it refers to, who refers to it, and those it shares something with."""
        ref, links = self.supposed.ref, question.links
        return {
            ref,
            *self._targets(question),
            *(user for user, _ in links.users(ref)),
            *self.supposed.groups.mates(ref),
        }

    def _standing(self, question: Question, near: set[Ref]) -> object:
        heads = ((ref, question.heads.get(ref)) for ref in sorted(near))
        states = [(ref, head and (head.state, head.satisfied, head.digest, head.holds)) for ref, head in heads]
        # What is refused stays where it is, and what it asks for may still be what stands in the way.
        others = ((ref, question.manifests.get(ref)) for ref in sorted(near - {self.supposed.ref}))
        asked = [manifest.state_at(question.now) for _, manifest in others if manifest]
        return states, asked

    def _stuck(self, scene: Scene, near: set[Ref]) -> dict[Ref, None]:
        """Of what it has to do with, that which is refused: whether it goes on is for the same plan to say."""
        links, found = scene.question.links, dict[Ref, None]()
        queue = sorted(near - {self.supposed.ref}, reverse=True)
        while queue:
            one = queue.pop()
            if one in scene.stuck and one not in found:
                found[one] = None
                queue += (link.target for link in links.of.get(one, ()))
        return found

    # The clock.

    def _reads(self, names: set[str]) -> bool:
        """Whether a rule that may stand in the way reads one of these variables."""
        kind = self.start.kinds[self.supposed.ref.kind]
        law = kind.lifecycle
        guards = [name for edge in law.transitions if edge.by is Actor.USER for name in edge.guards]
        guards += [name for state in law.states.values() for name in (*state.rules, *state.on_create)]
        guards += [among(one) for one in law.constraints]
        rules = (self.supposed.interpreter.rule(kind, name) for name in dict.fromkeys(guards))
        return any(not names.isdisjoint(rule.variables) for rule in rules)

    def _midnights(self, question: Question) -> frozenset[datetime]:
        """The local midnights to the horizon, where a rule reads the clock; and the horizon's end. Also where policies turn."""
        turning = frozenset(edges(question, self.until))
        if not self._reads({"now", "today"}):
            return turning
        zone = self.supposed.interpreter.today_zone(question.kinds[self.supposed.ref.kind])
        return turning | {*midnights(question.now, self.until, zone), self.until}

    # The answer.

    def _found(self, reply: Reply, question: Question) -> When:
        head, planned = question.heads.get(self.supposed.ref), reply.decision.planned
        one = planned.get(self.supposed.ref)
        return replace(
            self._result(Answer.NOW),
            at=question.now,
            origin=one.origin if one else head.state if head else "",
            steps=reply.steps,
            unknown=reply.unknown,
            doubtful=tuple(ref for ref in self._targets(question) if ref in planned and planned[ref].conditional),
        )

    def _result(self, answer: Answer) -> When:
        supposed, start = self.supposed, self.start
        found = sorted(self.obstacles.values(), key=lambda one: (one.since, one.refusal.code, one.refusal.message))
        return When(supposed.ref, supposed.state, start.now, start.horizon, answer, obstacles=tuple(found))
