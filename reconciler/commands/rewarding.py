"""What people ask and decide about rewards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import click

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.controller.inspect import find
from reconciler.controller.verdict import DONE, ILLEGAL
from reconciler.kinds.referral.deciding import Desk, Good, why_not
from reconciler.kinds.referral.programs import CAMPAIGN, offerings
from reconciler.kinds.referral.telling import chosen, named, named_alone, rewards, story
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral_portrait import Named
from reconciler.model.reward import Fate, Wanted
from reconciler.views.reward_story import story_json, story_text
from reconciler.views.rewards import rewards_csv, rewards_json, rewards_text, sentence

_MOST: Final = 10_000
"""Rewards of one export."""
_BATCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rewards are asked for, in words."""

    program: str | None
    campaign: str
    states: tuple[str, ...]
    person: str


def rewards_listed(common: Common, asked: Asked, form: str) -> Iterator[str]:
    """Rewards, line by line."""
    store = common.app().store()
    offering = chosen(store, asked.program)
    uid = store.ledger.uid(_campaign(store, asked.campaign)) if asked.campaign else 0
    wanted = Wanted(offering.uid, uid, tuple(Fate(one) for one in asked.states), asked.person)
    return _in_form(named(offering, rewards(store, wanted)), form, common.color)


def _in_form(found: Iterator[Named], form: str, color: bool) -> Iterator[str]:
    match form:
        case "json":
            return rewards_json(found)
        case "csv":
            return rewards_csv(found)
    return rewards_text(found, color)


def decided(common: Common, ids: tuple[str, ...], word: str, reason: str) -> int:
    """Approve or deny each; the exit code."""
    app, fate = common.app(), Fate(word)
    store = app.store()
    _all_known(store, ids)
    code = DONE
    for id_ in ids:
        found = Desk(store, actor(), app.clock.now()).decide(id_, fate, reason)
        code = code if found else _refused(store, id_, f"it cannot be {word}")
        if found:
            write(sentence(named_alone(store, found)))
    return code


def retried(common: Common, ids: tuple[str, ...]) -> int:
    """Let each be paid after all; the exit code."""
    app = common.app()
    store = app.store()
    _all_known(store, ids)
    code = DONE
    for id_ in ids:
        if Desk(store, actor(), app.clock.now()).again(id_):
            write(f"{id_} is to be paid again")
        else:
            code = _refused(store, id_, "it cannot be tried again")
    return code


def _all_known(store: Store, ids: tuple[str, ...]) -> None:
    for id_ in ids:
        if store.rewards.get(id_) is None:
            raise Usage(f"there is no reward {id_[:100]!r}; `muster referral rewards` lists them")


def _refused(store: Store, id_: str, what: str) -> int:
    click.echo(f"error: {why_not(store, id_, what)}", err=True)
    return ILLEGAL


def made_good(common: Common, campaign: str, good: Good) -> int:
    """Make something good; the exit code. (R-14, AMB-R9)"""
    app = common.app()
    store = app.store()
    ref = _campaign(store, campaign)
    offering = next((one for one in offerings(store) if ref in one.uids), None)
    if offering is None:
        raise Usage(f"the program of {ref} is not in use")
    made = Desk(store, actor(), app.clock.now()).make_good(offering, ref, good)
    if made.reward is None:
        click.echo(f"error: {made.why}", err=True)
        return ILLEGAL
    said = sentence(named_alone(store, made.reward))
    write(said + (" (made before; another --key makes another)" if made.is_known else ""))
    return DONE


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
    click.echo(f"{len(found):,} reward{'s' if len(found) != 1 else ''} in batch {batch}", err=True)
    return _in_form(named(offering, found), form, False)


def explained(common: Common, what: str, name: str | None, form: str) -> str:
    """The story of a reward, or of an event."""
    store = common.app().store()
    with store.snapshot():
        found = story(store, what, name)
    return story_json(found) if form == "json" else story_text(found, common.color)


def _campaign(store: Store, text: str) -> Ref:
    """The campaign that is meant. Usage where there is none."""
    wanted = text if "/" in text else f"{CAMPAIGN}/{text}"
    return find(wanted, (one for one in store.heads() if one.kind == CAMPAIGN))
