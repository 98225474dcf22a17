"""The report of a campaign: what became of its mails, when, through what, and why not. (E-25, E-30, E-35, E-41, AMB-E15)

It is made from the store alone, so that it is there after the manifest is gone, and adds up in itself: the mails over hours,
connections and domains are those of the whole.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconciler.model.ports import Store
from reconciler.model.progress import delivered
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.returns import Return, Sign
from reconciler.model.sums import Outcome, SignSum, StageSum, Sums
from reconciler.model.work import Phase, Stage

DOMAINS: Final = 20
"""Domains that are told of one by one."""
REST: Final = ""
"""The name of what is left: the other domains, or mails of no connection."""
UNKNOWN_SHOWN: Final = 100
"""Mails in doubt that a report lists; `muster email failures` lists them all."""
_PAGE: Final = 5_000
_REASONS: Final = 200
"""Reasons that are told apart: a server can make up as many as it wants."""
_TEXT: Final = 200
"""Characters of an example."""
_WHYS: Final = ("class", "reason", "why", "rule")
"""Where an answer or a sign says in one word what it is about; the first that does."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Mails by what became of them, and of how many of them each sign was heard."""

    stages: Mapping[Stage, int] = field(default_factory=dict)
    signs: Mapping[Sign, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All mails."""
        return sum(self.stages.values())

    @property
    def sent(self) -> int:
        """Mails that a server accepted."""
        return self.stages.get(Stage.SENT, 0)

    @property
    def left(self) -> int:
        """Mails with which something is still to happen."""
        return sum(mails for stage, mails in self.stages.items() if not stage.is_final)

    @property
    def delivered(self) -> int:
        """Accepted, and not bounced since (AMB-E17)."""
        return delivered(self.sent, self.heard(Sign.DELIVERED), self.heard(Sign.BOUNCED))

    def heard(self, sign: Sign) -> int:
        """Of how many mails a sign was heard."""
        return self.signs.get(sign, 0)

    def less(self, others: Iterable["Counts"]) -> "Counts":
        """What is left without these."""
        stages, signs = Counter(self.stages), Counter(self.signs)
        for one in others:
            stages.subtract(one.stages)
            signs.subtract(one.signs)
        return Counts(+stages, +signs)


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares between 0 and 1, unique by mail; None where nothing was sent, or nothing opened (AMB-E15)."""

    open: float | None
    click: float | None
    click_to_open: float | None
    bounce: float | None
    complaint: float | None
    unsubscribe: float | None
    delivery: float | None

    @classmethod
    def of(cls, one: Counts) -> "Rates":
        """Opened, clicked, bounced, complained and unsubscribed of what was sent; clicked of what was opened."""
        of_sent = partial(_share, whole=one.sent)
        return cls(
            of_sent(one.heard(Sign.OPENED)),
            of_sent(one.heard(Sign.CLICKED)),
            _share(one.heard(Sign.CLICKED), one.heard(Sign.OPENED)),
            of_sent(one.heard(Sign.BOUNCED)),
            of_sent(one.heard(Sign.COMPLAINED)),
            of_sent(one.heard(Sign.UNSUBSCRIBED)),
            of_sent(one.delivered),
        )


@dataclass(frozen=True, slots=True)
class Why:
    """So many mails came to `what`, such as failed or bounced, for one reason; `example` is what was said of the first."""

    what: str
    kind: str
    code: str
    mails: int
    example: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """Whom a report is about, and when it was made. `opened_at` is when its sending began."""

    ref: Ref
    state: str
    flags: tuple[str, ...]
    zone: str
    at: datetime
    opened_at: datetime | None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, largest first, hours in order. Each hour is that instant in the campaign's zone."""

    campaign: Campaign
    counts: Counts
    hours: Sequence[tuple[datetime, Counts]]
    connections: Sequence[tuple[str, Counts]]
    domains: Sequence[tuple[str, Counts]]
    """The largest, and then the rest under the name REST, where there is one."""
    reasons: Sequence[Why]
    unknown: Sequence[Outcome]

    @property
    def rates(self) -> Rates:
        """Those of the whole campaign."""
        return Rates.of(self.counts)

    @property
    def is_partial(self) -> bool:
        """Whether some mails were never sent, or may still be: the campaign failed, was cancelled or goes on."""
        return bool(self.counts.left or self.counts.stages.get(Stage.CANCELLED))


def report_of(store: Store, one: Resource, zone: str, now: datetime, is_over: bool) -> Report | None:
    """The report of a stored campaign; None where it was never launched. `is_over`: it sends nothing more.

    Ask within one snapshot of the store, so that its parts are of one moment.
    """
    uid = store.ledger.uid(one.ref)
    job = store.ledger.view(uid, now)
    if job is None or job.phase is Phase.STAGED:
        return None
    return report(store.sums, uid, Campaign(one.ref, one.state, one.flags, zone, now, job.opened_at, is_over))


def report(sums: Sums, uid: int, campaign: Campaign) -> Report:
    """The report of a job. Ask within one snapshot of the store, so that its parts are of one moment."""
    stages, signs = sums.stages(uid), sums.signs(uid)
    counts = _counts(stages, signs)
    return Report(
        campaign,
        counts,
        _hours(stages, signs, ZoneInfo(campaign.zone)),
        _connections(stages, signs),
        _domains(sums, uid, counts),
        _reasons(sums, uid),
        sums.outcomes(uid, Stage.UNKNOWN, 0, UNKNOWN_SHOWN),
    )


def said_of(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    """What an answer or a sign says in a word, by which code, and in full; each is empty where it does not."""
    kind = next((str(answer[key]) for key in _WHYS if answer.get(key)), "")
    code = answer.get("enhanced") or answer.get("status") or ""
    codes = " ".join(str(part) for part in (answer.get("code") or "", code) if part)
    return kind, codes, str(answer.get("text") or answer.get("error") or "")


def _counts(stages: Iterable[StageSum], signs: Iterable[SignSum]) -> Counts:
    by_stage, by_sign = Counter[Stage](), Counter[Sign]()
    for one in stages:
        by_stage[one.stage] += one.units
    for each in signs:
        by_sign[each.sign] += each.units
    return Counts(by_stage, by_sign)


def _hours(stages: Iterable[StageSum], signs: Iterable[SignSum], zone: ZoneInfo) -> Sequence[tuple[datetime, Counts]]:
    """What happened in each hour of the zone in which anything did, by the instant with which that begins."""
    first: dict[datetime, list[StageSum]] = {}
    then: dict[datetime, list[SignSum]] = {}
    for one in stages:
        if one.at is not None and one.stage.is_final:
            first.setdefault(_hour(one.at, zone), []).append(one)
    for each in signs:
        then.setdefault(_hour(each.at, zone), []).append(each)
    begins = sorted(first.keys() | then.keys())
    return [(at.astimezone(zone), _counts(first.get(at, ()), then.get(at, ()))) for at in begins]


def _hour(quarter: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the local hour begins that a quarter lies in: the second of two such hours is another."""
    return quarter.astimezone(UTC) - timedelta(minutes=quarter.astimezone(zone).minute)


def _connections(stages: Iterable[StageSum], signs: Iterable[SignSum]) -> Sequence[tuple[str, Counts]]:
    of_stage: dict[str, list[StageSum]] = {}
    of_sign: dict[str, list[SignSum]] = {}
    for one in stages:
        of_stage.setdefault(one.via, []).append(one)
    for each in signs:
        of_sign.setdefault(each.via, []).append(each)
    names = of_stage.keys() | of_sign.keys()
    return _largest((via, _counts(of_stage.get(via, ()), of_sign.get(via, ()))) for via in names)


def _domains(sums: Sums, uid: int, whole: Counts) -> Sequence[tuple[str, Counts]]:
    stages = sums.domains(uid, DOMAINS)
    signs = sums.domain_signs(uid, list(stages))
    found = _largest((domain, Counts(stages[domain], signs[domain])) for domain in stages)
    rest = whole.less(one for _, one in found)
    return [*found, (REST, rest)] if rest.total or rest.signs else found


def _largest(rows: Iterable[tuple[str, Counts]]) -> list[tuple[str, Counts]]:
    return sorted(rows, key=lambda row: (-row[1].total, row[0]))


def _reasons(sums: Sums, uid: int) -> Sequence[Why]:
    """Why mails failed, were left out or came back, the most frequent first."""
    mails, examples = Counter[tuple[str, str, str]](), dict[tuple[str, str, str], str]()
    for what, answer in _unhappy(sums, uid):
        kind, code, text = said_of(answer)
        key = what, kind[:_TEXT], code[:_TEXT]
        if key not in mails and len(mails) >= _REASONS:
            key, text = (what, "other", ""), ""
        mails[key] += 1
        examples.setdefault(key, text[:_TEXT])
    rows = (Why(*key, count, examples[key]) for key, count in mails.items())
    return sorted(rows, key=lambda one: (-one.mails, one.what, one.kind, one.code))


def _unhappy(sums: Sums, uid: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for stage in (Stage.FAILED, Stage.SUPPRESSED):
        yield from ((stage.value, one.answer) for one in outcomes(sums, uid, stage))
    for sign in (Sign.BOUNCED, Sign.BLOCKED):
        yield from ((sign.value, one.data) for one in first_signs(sums, uid, sign))


def outcomes(sums: Sums, uid: int, stage: Stage) -> Iterator[Outcome]:
    """Every unit in this stage, page by page."""
    after = 0
    while page := sums.outcomes(uid, stage, after, _PAGE):
        yield from page
        after = page[-1].id


def first_signs(sums: Sums, uid: int, sign: Sign) -> Iterator[Return]:
    """One of these signs for each unit that it was heard of, by key, page by page."""
    place, last = ("", ""), ""
    while page := sums.heard(uid, sign, place, _PAGE):
        yield from (
            one for before, one in zip((last, *(each.key for each in page)), page, strict=False) if one.key != before
        )
        last = page[-1].key
        place = last, page[-1].id


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
