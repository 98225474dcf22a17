"""What comes back of a mail, into the store: a sign of its unit, and no more mail for whom that is the end (AMB-E16).

Who is killed between the two finds the suppression made and makes the sign, when the same is told again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from reconciler.feed.address import NotAnAddress, canonical_address
from reconciler.kinds.email.launched import Mailings
from reconciler.kinds.email.suppressing import Reason, suppression
from reconciler.mail.answer import Answer
from reconciler.mail.bounce import read_mail
from reconciler.mail.bounce_events import Event
from reconciler.mail.bounce_reason import reason
from reconciler.mail.identity import address_code, message_code
from reconciler.mail.inbox import Letter
from reconciler.mail.token import Meant, Seal, read_code
from reconciler.mail.verdict import Fate, Verdict
from reconciler.model.ports import Store
from reconciler.model.returns import Return, Sign, Suppression
from reconciler.model.work import Unit

NO_JOB: Final = 0
"""The uid of signs whose mailing is not known."""
FORGIVEN: Final = "forgiven"
"""The rule of the sign that a person's forgiving leaves: what was before it counts no more."""
_LOOKED_AT: Final = 200
"""Signs of an address that are looked at."""
_SIGNS: Final = {
    Fate.HARD: Sign.BOUNCED,
    Fate.SOFT: Sign.DEFERRED,
    Fate.UNKNOWN: Sign.DEFERRED,
    Fate.DELAYED: Sign.DEFERRED,
    Fate.POLICY: Sign.BLOCKED,
    Fate.COMPLAINT: Sign.COMPLAINED,
    Fate.UNSUBSCRIBE: Sign.UNSUBSCRIBED,
    Fate.DELIVERED: Sign.DELIVERED,
}
_COUNTED: Final = (Fate.SOFT, Fate.UNKNOWN)
_AT_ONCE: Final = (Fate.HARD, Fate.COMPLAINT, Fate.UNSUBSCRIBE)
_ANYBODYS: Final = (Fate.COMPLAINT, Fate.UNSUBSCRIBE)
"""What is believed of an address though nobody vouches for it: to write no more costs less than to write on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something heard of one address. `id` makes it one; `lists` are those that a leaving is noted in, too."""

    id: str
    uid: int
    key: str
    fate: Fate
    data: Mapping[str, Any] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    believed: bool = True


def take(store: Store, heard: Iterable[Heard], now: datetime) -> int:
    """Take these up, each once; how many were new."""
    return sum(_take(store, one, now) for one in heard)


def take_refusal(store: Store, uid: int, unit: Unit, answer: Answer, now: datetime) -> None:
    """A server's final no to a unit, while it was sent: told like a bounce, and by the same words."""
    said = f"{answer.code} {answer.enhanced} {answer.text}"
    fate = reason(said, answer.enhanced or None)
    data = {"rule": "smtp", "status": answer.enhanced, "text": answer.text[:300], "code": answer.code}
    take(store, [Heard(f"refused:{uid}:{unit.id}", uid, unit.key, fate, data)], now)


def forgiven(address: str, by: str, now: datetime) -> Return:
    """The sign that a person lets an address have mail again."""
    data = {"rule": FORGIVEN, "fate": Fate.DELIVERED.value, "by": by}
    return Return(f"{FORGIVEN}:{address}:{now.timestamp()}", NO_JOB, address, Sign.DELIVERED, now, data)


@dataclass(frozen=True, slots=True)
class Returning:
    """Finds whom a letter or an event is about, and takes it up.

    A code in the envelope's address or the Message-ID vouches for what is said, if it is signed by us, or if the mailing was
    sent unsigned. Where mailings are signed and none vouches, a bounce is noted and suppresses nobody: anyone can write one.
    """

    seal: Seal | None
    mailings: Mailings
    unsubscribe: tuple[str, ...] = ()

    def letter(self, store: Store, letter: Letter, now: datetime) -> Verdict | None:
        """Take up a mail that came back; what it says, None where that is nothing."""
        verdict = read_mail(letter.data, letter.came_to, self.unsubscribe)
        if verdict is not None:
            take(store, self._heard(store, f"mail:{letter.identity}", verdict, believed=self.seal is None), now)
        return verdict

    def event(self, store: Store, source: str, event: Event, now: datetime) -> int:
        """Take up what a provider has signed; how many signs were new."""
        return take(store, self._heard(store, f"hook:{source}:{event.identity}", event.verdict, believed=True), now)

    def _heard(self, store: Store, id_: str, verdict: Verdict, *, believed: bool) -> Iterator[Heard]:
        meant = self._vouched(store, verdict)
        key = store.ledger.key_of(meant.uid, meant.unit) if meant else ""
        if meant and key:
            mailing = self.mailings.of(store, meant.uid)
            lists = mailing.lists if mailing else ()
            yield Heard(id_, meant.uid, key, verdict.fate, _data(verdict, 0), lists)
            return
        for number, finding in enumerate(verdict.findings):
            try:
                address = canonical_address(finding.address)
            except NotAnAddress:
                continue
            good = believed or finding.fate in _ANYBODYS
            yield Heard(f"{id_}:{number}", NO_JOB, address, finding.fate, _data(verdict, number), believed=good)

    def _vouched(self, store: Store, verdict: Verdict) -> Meant | None:
        """The unit that a code names which can be believed."""
        for text in (address_code(verdict.came_to or ""), message_code(verdict.message_id or "")):
            code = read_code(text)
            if code is None:
                continue
            mailing = self.mailings.of(store, code.meant.uid)
            signed = bool(self.seal and self.seal.knows(text))
            if mailing is not None and (signed or not (mailing.is_signed or code.is_signed)):
                return code.meant
        return None


def _data(verdict: Verdict, number: int) -> dict[str, Any]:
    data: dict[str, Any] = {"rule": verdict.rule}
    if verdict.reporting_mta:
        data["mta"] = verdict.reporting_mta[:200]
    if number < len(verdict.findings):
        finding = verdict.findings[number]
        data |= {"status": finding.status or "", "text": finding.diagnostic[:300]}
    return data


def _take(store: Store, one: Heard, now: datetime) -> int:
    sign = _SIGNS.get(one.fate)
    if sign is None:
        return 0
    known = store.returns.history(one.key, _LOOKED_AT)
    if any(found.id == one.id for found in known):
        return 0
    why = _reason(store, one, known, now) if one.believed else None
    if why is not None:
        lists = ("", *one.lists) if why is Reason.UNSUBSCRIBED else ("",)
        source = str(one.data.get("rule", ""))
        store.returns.suppress([Suppression(one.key, why.value, now, list_, source) for list_ in lists])
    data = {**one.data, "fate": one.fate.value}
    if not one.believed:
        data["hearsay"] = True
    return store.returns.record([Return(one.id, one.uid, one.key, sign, now, data)])


def _reason(store: Store, one: Heard, known: Iterable[Return], now: datetime) -> Reason | None:
    """Why the address gets no more mail after this; a suppression that a person has lifted is not made again by old news."""
    if one.fate in _AT_ONCE:
        return suppression([one.fate])
    if one.fate not in _COUNTED:
        return None
    told = _told(known)
    if one.uid == NO_JOB or all(uid != one.uid for _, uid, fate in told if fate in _COUNTED):
        told.append((now, one.uid, one.fate))
    if suppression(fate for _, _, fate in told) is None:
        return None
    # Only here, for it asks every mailing: a mail that was sent since and did not return has arrived.
    lost = {uid for _, uid, fate in told if fate in _COUNTED}
    since = min(at for at, _, _ in told)
    sent = store.ledger.sent_to(one.key).items()
    arrived = [(at, uid, Fate.DELIVERED) for uid, at in sent if uid not in lost and at >= since]
    ordered = sorted([*told, *arrived], key=lambda each: each[0])
    return suppression(fate for _, _, fate in ordered)


def _told(known: Iterable[Return]) -> list[tuple[datetime, int, Fate]]:
    """What counts of an address's signs, the oldest first: since a person has forgiven, and once for each mailing."""
    found: list[tuple[datetime, int, Fate]] = []
    met: set[int] = set()
    for one in known:
        if one.data.get("rule") == FORGIVEN:
            break
        fate = _fate(one)
        if fate is None or (fate in _COUNTED and one.uid in met):
            continue
        if one.uid != NO_JOB:
            met.add(one.uid)
        found.append((one.at, one.uid, fate))
    return found[::-1]


def _fate(one: Return) -> Fate | None:
    """What a sign says for or against its address."""
    if one.sign in (Sign.OPENED, Sign.CLICKED, Sign.DELIVERED):
        return Fate.DELIVERED
    if one.sign is Sign.DEFERRED and not one.data.get("hearsay"):
        fate = Fate(one.data.get("fate", Fate.SOFT))
        return fate if fate in _COUNTED else None
    return None
