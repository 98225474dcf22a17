"""Rewards of a program: the list, the story of each, and what people decide about them. (R-13, R-14, R-25)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from reconciler.dashboard.onward import onward
from reconciler.dashboard.page import Missing, Page, Refused
from reconciler.dashboard.programs.figures import offering_named
from reconciler.dashboard.programs.sums import MEANINGS, TONES, listed
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role as Visitors
from reconciler.kinds.referral.deciding import Desk, Good, why_not
from reconciler.kinds.referral.programs import Offering
from reconciler.kinds.referral.states import MAKEGOOD, allows
from reconciler.kinds.referral.telling import named, story_of
from reconciler.model.errors import Usage
from reconciler.model.instant import from_text, to_text
from reconciler.model.referral import Role
from reconciler.model.referral_portrait import Named
from reconciler.model.reward import UNPAID, Fate, Reward, Wanted
from reconciler.views.rewards import sentence
from reconciler.web.door import Answer

_MOST: Final = 50
_FORM: Final = 8 << 10
"""Bytes of a form at most."""
_REASON: Final = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class RewardRow:
    """A reward in the list."""

    one: Reward
    href: str
    campaign: str
    campaign_href: str
    tone: str


@dataclass(frozen=True, slots=True)
class Around:
    """The page of a list that is known by the rewards at its ends: which rows it has, and where the others are."""

    rows: tuple[RewardRow, ...]
    newer: str
    older: str


def _list(visit: Visit) -> Answer:
    offering = offering_named(visit, visit.ask.params["name"])
    uids = {ref.name: uid for ref, uid in offering.uids.items()}
    fates = [Fate(one) for one in visit.all_asked("state") if one in tuple(Fate)]
    campaign, person = visit.asked("campaign"), visit.asked("of")
    if campaign and campaign not in uids:
        raise Missing(f"{offering.ref} has no campaign {campaign[:100]}.")
    wanted = Wanted(offering.uid, uids.get(campaign, 0), fates, person)
    return visit.show(
        "program_rewards.html",
        name=offering.ref.name,
        around=_around(visit, offering, wanted),
        fates=[(fate.value, MEANINGS[fate]) for fate in Fate],
        states=[fate.value for fate in fates],
        campaigns=sorted(uids),
        campaign=campaign,
        person=person,
        filtered=bool(fates or campaign or person),
        whole=listed(offering.ref.name),
    )


def _around(visit: Visit, offering: Offering, wanted: Wanted) -> Around:
    """The newest first: those before a place in the list, or those behind one."""
    before, behind = _place(visit.asked("newer")), _place(visit.asked("older"))
    is_back = before is not None
    asked = Wanted(wanted.uid, wanted.campaign, wanted.fates, wanted.beneficiary, newest=not is_back)
    found = list(visit.store.rewards.find(asked, before or behind, _MOST + 1))
    more, found = len(found) > _MOST, found[:_MOST]
    if is_back:
        found.reverse()
    has_newer, has_older = (more, True) if is_back else (behind is not None, more)
    rows = tuple(_row(offering, one) for one in named(offering, found))
    return Around(
        rows,
        onward(visit, newer=_mark(found[0]), older="") if has_newer and found else "",
        onward(visit, older=_mark(found[-1]), newer="") if has_older and found else "",
    )


def _mark(one: Reward) -> str:
    return f"{to_text(one.earned_at)} {one.id}"


def _place(text: str) -> tuple[datetime, str] | None:
    at, _, id_ = text.partition(" ")
    try:
        return (from_text(at), id_) if id_ else None
    except ValueError:
        return None


def _row(offering: Offering, one: Named) -> RewardRow:
    where = f"/programs/{quote(offering.ref.name)}/rewards/{quote(one.reward.id)}"
    campaign = one.campaign.name if one.campaign else ""
    return RewardRow(one.reward, where, campaign, href(one.campaign) if one.campaign else "", TONES[one.reward.fate])


def _story(visit: Visit) -> Answer:
    """The story of a reward, or of an event that was reported."""
    offering, what = offering_named(visit, visit.ask.params["name"]), visit.ask.params["id"]
    return _told(visit, offering, what)


def _explain(visit: Visit) -> Answer:
    """Leads from what somebody has typed to its story."""
    offering, what = offering_named(visit, visit.ask.params["name"]), visit.asked("what")
    if not what:
        raise Missing("Say which reward or event is meant.")
    return _told(visit, offering, what)


def _told(visit: Visit, offering: Offering, what: str) -> Answer:
    try:
        story = story_of(visit.store, offering, what)
    except Usage as error:
        raise Missing(f"{error}.") from None
    return visit.show(
        "program_reward.html",
        name=offering.ref.name,
        what=what,
        rows=[(_row(offering, one), MEANINGS[one.reward.fate], _open(one.reward)) for one in story.rewards],
        taken=story.taken,
        verdicts=_verdicts(story.taken.event.verdicts, story.rewards) if story.taken else (),
        by=story.taken.event.verdicts[0] if story.taken and story.taken.event.verdicts else {},
        campaigns=[(ref, href(ref), state, why) for ref, (state, why) in sorted(story.campaigns.items())],
        may=visit.visitor.role.may(Visitors.OPERATOR),
        reason_length=_REASON,
    )


def _verdicts(found: Sequence[Any], rewards: Sequence[Named]) -> list[tuple[str, str, str]]:
    """What each rule said; one whose reward was denied by its limit says so."""
    fates = {one.reward.id: one.reward.fate for one in rewards}
    return [
        (
            str(one["rule"]),
            "denied"
            if one["verdict"] == "earned" and fates.get(str(one["reward"])) is Fate.DENIED
            else str(one["verdict"]),
            str(one["reason"]),
        )
        for one in found[1:]
    ]


def _open(one: Reward) -> tuple[str, ...]:
    """What may be decided about a reward as it is."""
    if one.fate is Fate.REVIEW:
        return ("approve", "deny")
    if one.fate is Fate.FAILED:
        return ("retry", "deny")
    return ("deny",) if one.fate in UNPAID else ()


def _decide(visit: Visit) -> Answer:
    """Approve, deny or retry one reward; what cannot be done says why."""
    offering, id_ = offering_named(visit, visit.ask.params["name"]), visit.ask.params["id"]
    found = visit.store.rewards.get(id_)
    if found is None or found.uid != offering.uid:
        raise Missing(f"{offering.ref} has no reward {id_[:100]}.")
    desk = Desk(visit.store, visit.visitor.actor, visit.now)
    back = f"/programs/{quote(offering.ref.name)}/rewards/{quote(id_)}"
    match visit.ask.params["verb"]:
        case "approve":
            return _decided(visit, desk.decide(id_, Fate.APPROVED), (id_, "it cannot be approved"), back)
        case "deny":
            return _decided(visit, desk.decide(id_, Fate.DENIED, _reason(visit)), (id_, "it cannot be denied"), back)
        case "retry":
            done = visit.store.rewards.get(id_) if desk.again(id_) else None
            return _decided(visit, done, (id_, "it cannot be tried again"), back)
    raise Missing("There is nothing else to decide about a reward.")


def _decided(visit: Visit, found: Reward | None, otherwise: tuple[str, str], back: str) -> Answer:
    if found is None:
        why = why_not(visit.store, *otherwise)
        visit.note(why)
        raise Refused(why)
    return visit.done(back, sentence(Named(found, "", None)))


def _reason(visit: Visit) -> str:
    reason = visit.sent("reason")
    if not reason:
        raise Usage("Say why; it is shown with the reward.")
    if len(reason) > _REASON:
        raise Usage(f"A reason has at most {_REASON} characters.")
    return reason


def _makegood(visit: Visit) -> Answer:
    """The form for a reward that no rule has earned, and what becomes of it."""
    offering = offering_named(visit, visit.ask.params["name"])
    open_ones = [one.ref.name for one in offering.program.running if allows(one.state, MAKEGOOD)]
    campaign = visit.asked("campaign")
    return visit.show(
        "program_makegood.html",
        name=offering.ref.name,
        campaigns=open_ones,
        campaign=campaign,
        shut=[(one.ref.name, one.state) for one in offering.program.running if not allows(one.state, MAKEGOOD)],
        reason_length=_REASON,
    )


def _make_good(visit: Visit) -> Answer:
    offering = offering_named(visit, visit.ask.params["name"])
    ref = next((ref for ref in offering.uids if ref.name == visit.sent("campaign")), None)
    if ref is None:
        raise Usage("Choose a campaign of this program.")
    role = Role.FRIEND if visit.sent("role") == Role.FRIEND else Role.ADVOCATE
    good = Good(
        visit.sent("person"),
        role,
        visit.sent("value"),
        visit.sent("currency").upper(),
        _reason(visit),
        visit.sent("key"),
    )
    made = Desk(visit.store, visit.visitor.actor, visit.now).make_good(offering, ref, good)
    if made.reward is None:
        raise Refused(made.why)
    said = sentence(Named(made.reward, offering.ref.name, ref))
    more = "; it was made before, and is not made twice" if made.is_known else ""
    return visit.done(f"/programs/{quote(offering.ref.name)}/rewards/{quote(made.reward.id)}", said + more)


PAGES: Final = (
    Page("program-rewards", "/programs/{name}/rewards", _list),
    Page("program-explain", "/programs/{name}/explain", _explain),
    Page("program-makegood", "/programs/{name}/makegood", _makegood, Visitors.OPERATOR),
    Page("program-make-good", "/programs/{name}/makegood/give", _make_good, Visitors.OPERATOR, ("POST",), _FORM),
    Page("program-reward", "/programs/{name}/rewards/{id}", _story),
    Page("program-decide", "/programs/{name}/rewards/{id}/{verb}", _decide, Visitors.OPERATOR, ("POST",), _FORM),
)
