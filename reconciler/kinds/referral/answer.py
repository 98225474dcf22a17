"""Which campaign of a program a visitor sees, and by whose rules what friends do earns. Pure: no clock, no store, no chance.

    answer = Program.of(running).answer(visitor, now)

The first that serves the visitor is the answer (R-02 to R-12, AMB-R1 to AMB-R7):

    an advocate   the live campaign
    a friend      a campaign that is paused and that the friend came to before, if the friend keeps its offer
                  else the live campaign whose link it is
                  else a live campaign whose offer the friend has opened
                  else the live campaign
    otherwise     none

"The live campaign" is the burst where one is live, else the one that the advocate's share of the traffic falls to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from reconciler.kinds.referral.referral_campaign.spec import InProgress, ReferralCampaignSpec
from reconciler.kinds.referral.share import Share, pick
from reconciler.kinds.referral.states import CREATIVE, EARN, KNOWN_FRIENDS, LIVE, NEW_FRIENDS, PAUSED, allows
from reconciler.model.instant import first_instant
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement

_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign of a program: its state and since when, what it says, and its program's zone.

    `before` are the states that it was in earlier and since when, oldest first; without them its present state is taken to
    have lasted all along.
    """

    ref: Ref
    state: str
    entered_at: datetime
    spec: ReferralCampaignSpec
    zone: str = "UTC"
    before: tuple[tuple[str, datetime], ...] = ()

    def as_of(self, at: datetime) -> "Running":
        """The campaign with the state that it was in then (AMB-R10); what it says is what it says now."""
        if at >= self.entered_at or not self.before:
            return self
        then = next(((state, since) for state, since in reversed(self.before) if since <= at), None)
        return replace(self, state=then[0], entered_at=then[1]) if then else replace(self, state="", entered_at=NEVER)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes. `key` is the advocate's id, also for that advocate's friends: it decides their share of a test.

    `campaign` is the link's, `accessed_at` when this friend first opened that campaign's offer, `elsewhere` the same of
    other campaigns of the program, and `reached` when the friend first reached each step.
    """

    role: Literal["advocate", "friend"]
    key: str
    campaign: Ref | None = None
    accessed_at: datetime | None = None
    reached: Mapping[str, datetime] = field(default_factory=dict)
    elsewhere: Mapping[Ref, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The campaign whose creative is shown, and the one by whose rules the visitor's referral earns; None: none."""

    creative: Ref | None
    eligible: bool
    rewarding: Ref | None
    reason: str
    requirement: Requirement = ()


NOBODY: Final = Answer(None, False, None, "no campaign of the program is live", ("AMB-R3", "R-12"))


def answer(running: Sequence[Running], who: Visitor, now: datetime) -> Answer:
    """What this visitor sees and earns by. Whoever asks more than once prepares a `Program`."""
    return Program.of(running).answer(who, now)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A campaign that is paused: whose offer it keeps, and until when."""

    said: Answer
    since: datetime
    """When it was paused: who had come by then came before."""
    until: datetime
    """The first instant at which nobody keeps it any more."""
    steps: tuple[str, ...]
    """Having reached one of these by then makes a friend eligible; none: having opened the offer."""

    def keeps(self, opened_at: datetime, who: Visitor, now: datetime) -> bool:
        """Whether this friend still has its offer (R-06, R-07, R-20, AMB-R3)."""
        if opened_at > self.since or now >= self.until:
            return False
        reached, since = who.reached, self.since
        return not self.steps or any(step in reached and reached[step] <= since for step in self.steps)


@dataclass(frozen=True, slots=True)
class Program:
    """The campaigns of a program, prepared: an answer costs a look or two, and where a test splits the traffic a draw each."""

    running: tuple[Running, ...]
    live: Mapping[Ref, tuple[Answer, Answer]]
    """By live campaign: the answers to whom it is the link's or an opened one, and to whom it is the live one."""
    kept: Mapping[Ref, _Kept]
    shares: tuple[Share, ...]
    """Of the live campaigns, those that share the traffic."""

    @classmethod
    def of(cls, running: Iterable[Running]) -> "Program":
        """Prepare these, of one program, in any order."""
        ordered = tuple(sorted(running, key=lambda one: one.ref))
        present = tuple(_after_bursts(ordered))
        live = [one for one in present if allows(one.state, NEW_FRIENDS) and allows(one.state, CREATIVE)]
        known = [one for one in present if one not in live and allows(one.state, KNOWN_FRIENDS)]
        return cls(
            ordered,
            {one.ref: (_linked(one), _chosen(one, len(live))) for one in live},
            {one.ref: _kept(one) for one in known if one.spec.in_progress.keep_offer and allows(one.state, EARN)},
            tuple(Share.of(one.ref, one.spec.weight or 1) for one in live),
        )

    def as_of(self, at: datetime) -> "Program":
        """The program with the states that its campaigns were in then; itself where they are in these still."""
        if all(at >= one.entered_at or not one.before for one in self.running):
            return self
        return Program.of(one.as_of(at) for one in self.running)

    def answer(self, who: Visitor, now: datetime) -> Answer:
        """What this visitor sees and earns by; `now` is not before any state of the program was entered."""
        if who.role == "friend":
            if self.kept and (who.accessed_at is not None or who.elsewhere):
                for ref, opened_at in _opened(who):
                    kept = self.kept.get(ref)
                    if kept is not None and kept.keeps(opened_at, who, now):
                        return kept.said
            if who.campaign is not None and who.campaign in self.live:
                return self.live[who.campaign][0]
            for ref, _ in _opened(who) if who.elsewhere else ():
                if ref in self.live:
                    return self.live[ref][0]
        chosen = pick(self.shares, who.key)
        return NOBODY if chosen is None else self.live[chosen][1]


def _opened(who: Visitor) -> Iterator[tuple[Ref, datetime]]:
    """The offers that this friend has opened and when, the last first."""
    if not who.elsewhere:
        if who.campaign is not None and who.accessed_at is not None:
            yield who.campaign, who.accessed_at
        return
    found = dict(who.elsewhere)
    if who.campaign is not None and who.accessed_at is not None:
        found[who.campaign] = who.accessed_at
    yield from sorted(found.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)


def _after_bursts(running: Sequence[Running]) -> Iterator[Running]:
    """The campaigns as they are while a burst is live: the other live ones count as paused since it is (AMB-R7).

    The plan pauses them too, before the burst goes live; where that failed, or is under way, visitors do not see both.
    """
    since = [one.entered_at for one in running if one.state == LIVE and one.spec.go_live_as == "burst"]
    for one in running:
        rests = since and one.state == LIVE and one.spec.go_live_as != "burst"
        yield replace(one, state=PAUSED, entered_at=max(one.entered_at, min(since))) if rests else one


def _kept(one: Running) -> _Kept:
    terms = one.spec.in_progress
    words = "it is paused, and this friend came before"
    said = Answer(one.ref, True, one.ref, words, ("R-06", "R-07"))
    return _Kept(said, one.entered_at, _end_of(terms.cutoff, one.zone), _steps_from(terms, one.spec.journey))


def _linked(one: Running) -> Answer:
    return Answer(one.ref, True, one.ref, "it is live", ("R-03",))


def _chosen(one: Running, among: int) -> Answer:
    words = "it is the live campaign"
    if among > 1:
        words = "of the live campaigns, this advocate's share of the traffic falls to it"
    return Answer(one.ref, True, one.ref, words, ("AMB-R7",) if among > 1 else ("R-02", "R-05", "R-08", "R-09", "R-12"))


def _steps_from(terms: InProgress, journey: tuple[str, ...]) -> tuple[str, ...]:
    """The step that makes a friend eligible, and those after it: who is farther has come past it."""
    if terms.from_ is None:
        return ()
    return journey[journey.index(terms.from_) :] if terms.from_ in journey else (terms.from_,)


def _end_of(day: str | None, zone: str) -> datetime:
    """The first instant after a local date; where there is no date, never."""
    if day is None:
        return _ALWAYS
    try:
        following = date.fromisoformat(day) + timedelta(days=1)
        return first_instant(datetime.combine(following, time()), ZoneInfo(zone))
    except OverflowError:  # the calendar's first day, east of Greenwich, or its last
        return _ALWAYS if day >= "9" else NEVER
