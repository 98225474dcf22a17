"""What a referral program's own systems ask and tell, with its key, as JSON. Whatever is told twice is done once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.referral.answer import Answer as Shown
from reconciler.kinds.referral.asked import (
    AccessSaid,
    AdvocateSaid,
    AnswerSaid,
    EventSaid,
    LinkSaid,
)
from reconciler.kinds.referral.code import Chance
from reconciler.kinds.referral.judging import report
from reconciler.kinds.referral.programs import Offering, Programs
from reconciler.kinds.referral.reception import Reception, Refused, Why, landing_of
from reconciler.kinds.said import MOST, Unreadable, read, read_row
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.instant import to_text
from reconciler.model.ports import Clock, Store
from reconciler.model.referral import Link, Taken
from reconciler.model.secret import Reveal
from reconciler.web.door import Answer, Ask, Door, Handler
from reconciler.web.patience import Patience
from reconciler.web.problem import problem
from reconciler.web.webhooks import has_key

_STATUS: Final = {
    Why.UNREADABLE: 400,
    Why.UNKNOWN_ADVOCATE: 404,
    Why.UNKNOWN_CODE: 404,
    Why.CONFLICT: 409,
    Why.BUSY: 503,
}
_Told = Mapping[str, Any] | Refused
_Case = Callable[[Reception, Ask], _Told]


@dataclass(frozen=True, slots=True)
class Referring:
    """The doors below /v1/referral. `url` is how this server is called from outside; empty where that is not known."""

    programs: Programs
    reveal: Reveal
    chance: Chance
    clock: Clock
    patience: Patience
    url: str = ""

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (
            self._door("advocates", "POST", self._enrol),
            self._door("links", "POST", self._share),
            self._door("answer", "GET", self._answer),
            self._door("accesses", "POST", self._open),
            self._door("events", "POST", self._report),
        )

    def _door(self, name: str, method: str, case: _Case) -> Door:
        path = f"/v1/referral/{{program}}/{name}"
        return Door(f"referral-{name}", path, (method,), self._answered(name, case), MOST, says=problem)

    def _answered(self, name: str, case: _Case) -> Handler:
        def handle(ask: Ask, store: Store) -> Answer:
            offering = self._known(ask, store)
            if isinstance(offering, Answer):
                return offering
            try:
                told = case(Reception(store, offering, self.clock.now()), ask)
            except Unreadable as error:
                told = Refused(Why.UNREADABLE, str(error))
            if isinstance(told, Refused):
                return problem(_STATUS[told.why], told.detail, told.why.value)
            return Answer(200, canonical.encode(told), "application/json", what=name)

        return handle

    def _known(self, ask: Ask, store: Store) -> Offering | Answer:
        """The program, if the request has its key. One without a key takes nothing, and cannot be told from none at all."""
        offering = self.programs.named(store, ask.params["program"])
        written = offering.spec.api_key if offering else None
        try:
            key = self.reveal(written.model_dump(exclude_none=True)) if written else ""
        except Permanent:
            return problem(503, "this server does not have the program's key; see its environment", "no-key")
        # Without a program, too, so that it takes as long.
        if has_key(key.encode("utf-8", "surrogateescape"), ask) and offering:
            return offering
        # After the key: a proxy, or an office, has one address, and who tries keys from there must not shut the program out.
        if self.patience.is_over(ask.client):
            return problem(429, "too many requests without the program's key", "too-many", Retry_After="60")
        self.patience.failed(ask.client)
        return problem(
            401, "send the program's key: Authorization: Bearer KEY", "unauthorized", WWW_Authenticate="Bearer"
        )

    def _enrol(self, reception: Reception, ask: Ask) -> _Told:
        found = reception.enrol(read(ask.body, AdvocateSaid))
        return found if isinstance(found, Refused) else {"id": found.id, "since": to_text(found.at)}

    def _share(self, reception: Reception, ask: Ask) -> _Told:
        found = reception.share(read(ask.body, LinkSaid), self.chance)
        return found if isinstance(found, Refused) else self._link(reception.offering, found)

    def _link(self, offering: Offering, link: Link) -> dict[str, Any]:
        campaign = offering.campaign(link.campaign)
        told: dict[str, Any] = {
            "code": link.code,
            "advocate": link.advocate,
            "campaign": str(campaign) if campaign else None,
            "since": to_text(link.at),
        }
        return told | ({"url": f"{self.url}/r/{link.code}"} if self.url else {})

    def _answer(self, reception: Reception, ask: Ask) -> _Told:
        said = read_row(dict(ask.query), AnswerSaid)
        if said.advocate and not said.friend:
            return _shown(reception.offering, reception.shown_to_advocate(said.advocate), "")
        if not said.friend:
            raise Unreadable("say advocate=ID, or friend=ID with or without code=CODE")
        found = reception.shown_to_friend(said.friend, said.code)
        return found if isinstance(found, Refused) else _shown(reception.offering, found, said.code)

    def _open(self, reception: Reception, ask: Ask) -> _Told:
        found = reception.open(read(ask.body, AccessSaid))
        return found if isinstance(found, Refused) else _shown(reception.offering, found.answer, found.link.code)

    def _report(self, reception: Reception, ask: Ask) -> _Told:
        said, name = read(ask.body, EventSaid), reception.offering.ref.name
        found = report(reception.store, self.programs, name, said, reception.now)
        return found if isinstance(found, Refused) else event_told(found)


def _shown(offering: Offering, shown: Shown, code: str) -> dict[str, Any]:
    """What somebody sees, and whether it earns anything."""
    one = offering.running(shown.creative)
    told: dict[str, Any] = {
        "campaign": str(shown.creative) if shown.creative else None,
        "eligible": shown.eligible,
        "reason": shown.reason,
    }
    if one is not None and one.spec.offer is not None:
        told["offer"] = one.spec.offer.model_dump(mode="json", by_alias=True, exclude_none=True)
    if one is not None and one.spec.creative is not None and one.spec.creative.cta:
        told["cta"] = one.spec.creative.cta
    landing = landing_of(offering, shown.creative, code) if code else ""
    return told | ({"landing": landing} if landing else {})


def event_told(taken: Taken) -> dict[str, Any]:
    """An event as it is kept, and its rewards as they are now."""
    event = taken.event
    by: Mapping[str, Any] = event.verdicts[0] if event.verdicts else {}
    return {
        "id": event.id,
        "friend": event.friend,
        "event": event.event,
        "at": to_text(event.at),
        "campaign": by.get("campaign") or None,
        "reason": by.get("reason", "") if taken.is_first else "this friend has taken this step before",
        "rewards": [
            {
                "id": one.id,
                "to": one.role,
                "beneficiary": one.beneficiary,
                "value": str(one.value),
                "currency": one.currency,
                "payableAt": to_text(one.payable_at),
                "state": one.fate.value,
                "reason": one.reason,
            }
            for one in taken.rewards
        ],
    }
