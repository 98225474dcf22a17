"""One account: how it stands, what happened, what comes next, and why it is not contacted now. (C-20, C-31, AMB-C8)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.dashboard.debtors import columns, remark
from reconciler.dashboard.page import Missing
from reconciler.dashboard.personal import Curtain, curtain
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.foreseen import Way
from reconciler.kinds.collections.organisation import organisation
from reconciler.kinds.collections.sheet import Story
from reconciler.kinds.collections.telling import story_of
from reconciler.model.accounts import Account
from reconciler.model.collection_books import Interaction
from reconciler.model.contact_queue import Item, ItemStage
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from reconciler.views.collection_text import UNKNOWN, score, what
from reconciler.web.door import Answer

SOURCE: Final = "AccountSource"
_KNOWN: Final = frozenset(
    {"number", "status", "paused", "optedOut", "balance", "currency", "score", "timezone", "contact"}
)
"""Columns that stand on the page by themselves."""
_TONES: Final = {ItemStage.COMPLETED: "good", ItemStage.FAILED: "bad", ItemStage.UNKNOWN: "warn"}
_MOST_COMING: Final = 50


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened, as a row. `note` is what somebody wrote about it."""

    at: datetime
    what: str
    medium: str
    note: str


@dataclass(frozen=True, slots=True)
class Made:
    """A contact, as a row."""

    step: str
    stage: str
    tone: str
    at: datetime
    channel: str
    action: str
    why: str


@dataclass(frozen=True, slots=True)
class Coming:
    """A contact that is foreseen, or one that is put off, as a row."""

    at: datetime
    what: str
    is_put_off: bool


def make(visit: Visit) -> Answer:
    """The page. Missing where the source has no such account."""
    store, source = visit.store, visit.ask.params["source"]
    with store.snapshot():
        one = _account(visit, source, visit.ask.params["number"])
        story, settings = story_of(store, one, store.time(visit.now)), organisation(store)
    seen = curtain(visit)
    return visit.show(
        "account.html",
        source=Ref(SOURCE, source),
        one=one,
        story=story,
        score=score(one.row.score),
        flags=tuple(_flags(one)),
        zone=one.row.zone or UNKNOWN,
        organisation=settings.spec.timezone,
        happened=[_happened(each, seen) for each in story.happened],
        made=[_made(each, seen) for each in story.items],
        coming=tuple(_coming(story))[:_MOST_COMING],
        end=_end(story),
        contact=tuple(columns(_contact(one), seen)),
        columns=tuple(columns({k: v for k, v in one.row.data.items() if k not in _KNOWN}, seen)),
        seen=seen,
    )


def _account(visit: Visit, source: str, number: str) -> Account:
    try:
        found = visit.store.accounts.get(visit.store.ledger.uid(Ref(SOURCE, source)), number)
    except Permanent:
        raise Missing(f"There is no AccountSource {source[:100]!r}.") from None
    if found is None:
        raise Missing(f"AccountSource/{source} has no account {number[:100]!r}.")
    return found


def _flags(one: Account) -> Iterator[str]:
    told = (
        ("paused", one.row.paused),
        ("opted out", one.row.opted_out or one.declined),
        ("no longer in its source", not one.listed),
    )
    yield from (word for word, is_so in told if is_so)


def _contact(one: Account) -> Mapping[str, Any]:
    found: Mapping[str, Any] = one.row.data.get("contact", {})
    return found


def _happened(one: Interaction, seen: Curtain) -> Happened:
    return Happened(one.at, what(one), one.medium, remark(one.detail, seen))


def _made(one: Item, seen: Curtain) -> Made:
    step, at = f"{one.step + 1}.{one.tries + 1}", one.begun_at or one.due_at
    tone = _TONES.get(one.stage, "")
    return Made(step, one.stage.value, tone, at, one.channel, one.action, remark(one.reason, seen))


def _coming(story: Story) -> Iterator[Coming]:
    """What is foreseen, in the order of time."""
    way = story.ahead.way or Way((), (), "")
    made = [Coming(one.at, f"step {one.step + 1}, try {one.tries + 1}: {one.channel}", False) for one in way.contacts]
    late = [Coming(one.at, f"step {one.step + 1} is put off by {one.rule}", True) for one in way.put_off]
    yield from sorted([*made, *late], key=lambda one: (one.at, not one.is_put_off))


def _end(story: Story) -> str:
    return (story.ahead.way.end or "the campaign is over") if story.ahead.way else ""
