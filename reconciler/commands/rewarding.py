"""What people ask and decide about rewards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import click

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.referring import chosen
from reconciler.controller.inspect import find
from reconciler.controller.verdict import DONE, ILLEGAL
from reconciler.kinds.referral.judging import reward_id
from reconciler.kinds.referral.programs import CAMPAIGN, Offering, offerings
from reconciler.kinds.referral.states import MAKEGOOD, allows, payable
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral import Role
from reconciler.model.reward import Fate, Origin, Reward, Wanted
from reconciler.views.reward_story import Story, story_json, story_text
from reconciler.views.rewards import Named, rewards_csv, rewards_json, rewards_text, sentence

_PAGE: Final = 1000
_MOST: Final = 10_000
"""Rewards of one export."""
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_BATCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rewards are asked for, in words."""

    program: str | None
    campaign: str
    states: tuple[str, ...]
    person: str


@dataclass(frozen=True, slots=True)
class Good:
    """What is to be made good, in words."""

    person: str
    role: str
    value: str
    currency: str
    reason: str
    key: str


def rewards_listed(common: Common, asked: Asked, form: str) -> Iterator[str]:
    """Rewards, line by line."""
    store = common.app().store()
    offering = chosen(store, asked.program)
    uid = store.ledger.uid(_campaign(store, asked.campaign)) if asked.campaign else 0
    wanted = Wanted(offering.uid, uid, tuple(Fate(one) for one in asked.states), asked.person)
    found = (Named(one, offering.ref.name, offering.campaign(one.campaign)) for one in _pages(store, wanted))
    return _in_form(found, form, common.color)


def _in_form(found: Iterator[Named], form: str, color: bool) -> Iterator[str]:
    match form:
        case "json":
            return rewards_json(found)
        case "csv":
            return rewards_csv(found)
    return rewards_text(found, color)


def _pages(store: Store, wanted: Wanted) -> Iterator[Reward]:
    after = None
    while page := store.rewards.find(wanted, after, _PAGE):
        yield from page
        after = page[-1].earned_at, page[-1].id


def decided(common: Common, ids: tuple[str, ...], word: str, reason: str) -> int:
    """Approve or deny each; the exit code."""
    app, fate = common.app(), Fate(word)
    store = app.store()
    _all_known(store, ids)
    code = DONE
    for id_ in ids:
        said = f"{word} by {actor().partition(':')[2]}" + (f": {reason}" if reason else "")
        found = store.rewards.review(id_, fate, said, app.clock.now())
        code = code if found else _refused(store, id_, f"it cannot be {word}")
        if found:
            write(_told(store, found))
    return code


def retried(common: Common, ids: tuple[str, ...]) -> int:
    """Let each be paid after all; the exit code."""
    app = common.app()
    store = app.store()
    _all_known(store, ids)
    code = DONE
    for id_ in ids:
        if store.rewards.retry(id_, app.clock.now()):
            write(f"{id_} is to be paid again")
        else:
            code = _refused(store, id_, "it cannot be tried again")
    return code


def _all_known(store: Store, ids: tuple[str, ...]) -> None:
    for id_ in ids:
        if store.rewards.get(id_) is None:
            raise Usage(f"there is no reward {id_[:100]!r}; `muster referral rewards` lists them")


def _refused(store: Store, id_: str, what: str) -> int:
    found = store.rewards.get(id_)
    why = f"{found.fate.value}{f' ({found.reason})' if found.reason else ''}" if found else "gone"
    click.echo(f"error: {id_} is {why}: {what}", err=True)
    return ILLEGAL


def _told(store: Store, one: Reward) -> str:
    offering = next((found for found in offerings(store) if found.uid == one.uid), None)
    return sentence(
        Named(one, offering.ref.name if offering else "", offering.campaign(one.campaign) if offering else None)
    )


def made_good(common: Common, campaign: str, good: Good) -> int:
    """Make something good; the exit code. (R-14, AMB-R9)"""
    app = common.app()
    store = app.store()
    ref = _campaign(store, campaign)
    offering = next((one for one in offerings(store) if ref in one.uids), None)
    if offering is None:
        raise Usage(f"the program of {ref} is not in use")
    law, state = app.kinds().table[CAMPAIGN].lifecycle, store.heads()[ref].state
    made = _good(store, offering, ref, good, app.clock.now())
    known = store.rewards.get(made.id)
    states = tuple(one for one in law.states if allows(one, MAKEGOOD))
    found = store.rewards.make_good(made, states, app.clock.now())
    if found is None:
        state = store.heads()[ref].state
        why = law.forbidden(state, MAKEGOOD)
        click.echo(f"error: {ref} is {state}: {why.message if why else 'it makes nothing good'}", err=True)
        return ILLEGAL
    write(_told(store, found) + (" (made before; another --key makes another)" if known else ""))
    return DONE


def _good(store: Store, offering: Offering, ref: Ref, good: Good, now: datetime) -> Reward:
    """The reward. Usage where something about it is not right."""
    if not _AMOUNT.fullmatch(good.value) or not Decimal(good.value):
        raise Usage(f"{good.value[:100]!r} is no amount; write 25.00")
    if not _CURRENCY.fullmatch(good.currency):
        raise Usage(f"{good.currency[:100]!r} is no currency; write USD")
    if store.referral.person(offering.uid, Role(good.role), good.person) is None:
        raise Usage(f"{offering.ref} knows no {good.role} {good.person[:100]!r}")
    key = f"makegood:{good.key or f'{good.value} {good.currency} {good.reason}'}"
    campaign = offering.uids[ref]
    return Reward(
        id=reward_id(campaign, key, good.role, good.person),
        uid=offering.uid,
        campaign=campaign,
        key=key,
        rule={"reason": good.reason, "by": actor()},
        friend=good.person if good.role == Role.FRIEND else "",
        event="",
        event_id="",
        role=good.role,
        beneficiary=good.person,
        value=Decimal(good.value),
        currency=good.currency,
        earned_at=now,
        payable_at=now,
        fate=Fate.APPROVED,
        reason=good.reason,
        origin=Origin.MAKEGOOD,
    )


def exported(common: Common, name: str | None, batch: str, form: str) -> Iterator[str]:
    """Hand over a batch. Usage where a webhook pays."""
    if not _BATCH.fullmatch(batch):
        raise Usage("a batch is named by letters, digits, dots, - and _, at most 100")
    app = common.app()
    store = app.store()
    offering = chosen(store, name)
    if offering.spec.fulfilment is not None:
        raise Usage(f"{offering.ref} names a webhook that pays its rewards; `muster worker` calls it")
    found = store.rewards.hand_over(offering.uid, batch, store.time(app.clock.now()), _MOST)
    named = (Named(one, offering.ref.name, offering.campaign(one.campaign)) for one in found)
    click.echo(f"{len(found):,} reward{'s' if len(found) != 1 else ''} in batch {batch}", err=True)
    return _in_form(named, form, False)


def explained(common: Common, what: str, name: str | None, form: str) -> str:
    """The story of a reward, or of an event."""
    store = common.app().store()
    with store.snapshot():
        story = _story(store, what, name)
    return story_json(story) if form == "json" else story_text(story, common.color)


def _story(store: Store, what: str, name: str | None) -> Story:
    reward = store.rewards.get(what)
    if reward is not None:
        offering = next((one for one in offerings(store) if one.uid == reward.uid), None)
    else:
        offering = chosen(store, name)
    if offering is None:
        raise Usage(f"the program of {what[:100]} is not in use")
    taken = store.referral.event(offering.uid, reward.event_id if reward else what)
    if reward is None and taken is None:
        raise Usage(f"{offering.ref} has no reward and no event {what[:100]!r}")
    rewards = [reward] if reward else list(taken.rewards) if taken else []
    named = [Named(one, offering.ref.name, offering.campaign(one.campaign)) for one in rewards]
    states = {one.ref: one.state for one in offering.program.running}
    refs = {one.campaign for one in named if one.campaign}
    return Story(named, taken, {ref: (states[ref], payable(states[ref])) for ref in refs})


def _campaign(store: Store, text: str) -> Ref:
    """The campaign that is meant. Usage where there is none."""
    named = text if "/" in text else f"{CAMPAIGN}/{text}"
    return find(named, (one for one in store.heads() if one.kind == CAMPAIGN))
