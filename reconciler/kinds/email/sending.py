"""Sending: one lane's mails through one connection, each answered once (E-17, E-45; AMB-E6, AMB-E7, AMB-E13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from reconciler.kinds.email.mailing import Mailing, Terms, unpacked
from reconciler.kinds.email.outage import ended
from reconciler.kinds.email.pace import campaign_rate
from reconciler.kinds.email.returning import take_refusal
from reconciler.kinds.email.sealing import seal_of
from reconciler.kinds.messaging.relay import Relay, stored_lanes, stored_relay
from reconciler.kinds.messaging.resting import SHORTEST, rest_of
from reconciler.mail.answer import Answer, Kind
from reconciler.mail.body import Outgoing
from reconciler.mail.compose import Composer, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.identity import bounce_address
from reconciler.mail.letter import Recipient
from reconciler.mail.retry import next_attempt
from reconciler.mail.server import Envelope
from reconciler.mail.smtp import Transport
from reconciler.mail.token import Meant, Seal, SignedLinks, plain_code
from reconciler.model.ports import Clock, Report, Store
from reconciler.model.returns import Suppression
from reconciler.model.secret import Reveal
from reconciler.model.work import Lane, Result, Stage, Unit


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mailing that is being sent. `seal` is None where this installation has no server of its own."""

    mailing: Mailing
    composer: Composer
    seal: Seal | None

    def code(self, uid: int, unit: int) -> str:
        """What a unit's mail is called outside."""
        meant = Meant(uid, unit)
        return self.seal.code(meant) if self.seal else plain_code(meant)


class _Ready(NamedTuple):
    """A mail as it is handed to the server."""

    envelope: Envelope
    message: Outgoing
    message_id: str
    at: datetime


@dataclass(slots=True)
class EmailWorker:
    """Implements `ports.Worker` for EmailCampaigns, over one store. Use from one thread."""

    store: Store
    reveal: Reveal
    clock: Clock
    _mailings: dict[int, _Opened] = field(default_factory=dict)
    """The latest few: slices of one campaign follow one another."""

    def cap(self, via: str) -> int:
        """See `ports.Worker`."""
        return stored_lanes(self.store, via)

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        opened = self._opened(lane)
        relay = stored_relay(self.store, lane.via, self.reveal)
        if opened.mailing.terms.resends_unknown:
            self.store.ledger.retry_unknown(lane.uid, lane.number, opened.mailing.terms.max_attempts)
        transport = Transport(relay.server)
        try:
            _Slice(lane, opened, relay, transport, self.store).run()
        finally:
            transport.close()

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`."""
        return ended(self.store, self.clock.now, self._terms)

    def _terms(self, uid: int) -> Terms:
        return unpacked(self.store.ledger.package(uid)).terms

    def _opened(self, lane: Lane) -> _Opened:
        found = self._mailings.get(lane.uid)
        if found is None:
            mailing = unpacked(lane.package)
            server = mailing.server
            seal = seal_of(self.reveal, server.secret) if server else None
            links = SignedLinks(server.url, seal) if server and seal else None
            found = _Opened(mailing, open_letter(mailing.letter, links), seal)
            if len(self._mailings) >= 8:
                self._mailings.clear()
            self._mailings[lane.uid] = found
        return found


@dataclass(slots=True)
class _Slice:
    """One slice of one lane."""

    lane: Lane
    opened: _Opened
    relay: Relay
    transport: Transport
    store: Store
    _asked: frozenset[str] = frozenset()
    """Of whom it was asked whether they are suppressed, when that was last asked."""
    _asked_at: int = 0
    _out: Mapping[str, Suppression] = field(default_factory=dict)
    _prepared: tuple[int, _Ready | Unfit] | None = None
    """The next mail, by its unit."""

    @property
    def mailing(self) -> Mailing:
        """What is sent."""
        return self.opened.mailing

    def run(self) -> None:
        """Mail after mail, until the lane gives no more or has to rest."""
        rates = (*self.relay.rates, *campaign_rate(self.lane.uid, self.mailing.terms.rate))
        for unit in self.lane.units(rates):
            result = self._suppressed(unit) or self._sent(unit)
            if isinstance(result, Answer):
                self._rest(result)
            else:
                self.lane.record(unit, result)
                if result.answer.get("class") == Kind.THROTTLED:
                    self.lane.rest(SHORTEST, f"slower: {result.answer['code']} {result.answer['text']}")

    def _suppressed(self, unit: Unit) -> Result | None:
        """Asked again before each mail, unless nobody was suppressed since: it may only take away (AMB-E5)."""
        if self._asked_at != self.lane.suppressions or unit.key not in self._asked:
            keys = [unit.key, *(one.key for one in self.lane.ahead)]
            self._out = self.store.returns.suppressed(keys, self.mailing.suppressions)
            self._asked, self._asked_at = frozenset(keys), self.lane.suppressions
        found = self._out.get(unit.key)
        return Result(Stage.SUPPRESSED, {"reason": found.reason}) if found else None

    def _sent(self, unit: Unit) -> Result | Answer:
        """What became of a mail; an Answer where it was not begun, because the connection cannot be used now."""
        if not self.transport.ready:
            down = self.transport.open()
            if down is not None:
                return down
        prepared, self._prepared = self._prepared, None
        ready = prepared[1] if prepared and prepared[0] == unit.id else self._ready(unit)
        if isinstance(ready, Unfit):
            return Result(Stage.FAILED, {"class": "unfit", "why": ready.why.value, "text": str(ready)})
        answer = self.transport.send(ready.envelope, ready.message, self._prepare)
        result = self._judged(unit, answer, ready.message_id, ready.at)
        if isinstance(result, Result) and result.stage is Stage.FAILED and answer.personal:
            # Before the unit is recorded: killed in between, this is found done, and the unit in doubt.
            take_refusal(self.store, self.lane.uid, unit, answer, ready.at)
        return result

    def _ready(self, unit: Unit) -> _Ready | Unfit:
        code = self.opened.code(self.lane.uid, unit.id)
        recipient = Recipient(unit.key, unit.payload["to"], unit.payload["contact"], code=code)
        mail = self.opened.composer.compose(recipient, self.lane.now())
        if isinstance(mail, Unfit):
            return mail
        return _Ready(Envelope(self._sender(code), mail.to), mail.outgoing(self.relay.signer), mail.message_id, mail.at)

    def _prepare(self) -> None:
        """Make the next mail ready while the server thinks about this one."""
        if self.lane.ahead:
            unit = self.lane.ahead[0]
            self._prepared = unit.id, self._ready(unit)

    def _sender(self, code: str) -> str:
        """The envelope's sender, by which a bounce is known (VERP); the mail's own where there is no return path."""
        if not self.relay.return_path:
            return self.mailing.letter.sender.address
        found = bounce_address(self.relay.return_path, code)
        return self.relay.return_path if isinstance(found, Unfit) else found

    def _judged(self, unit: Unit, answer: Answer, message_id: str, at: datetime) -> Result | Answer:
        said = {"class": answer.kind.value, "code": answer.code, "text": answer.text, "messageId": message_id}
        if answer.enhanced:
            said["enhanced"] = answer.enhanced
        match answer.kind:
            case Kind.SENT:
                return Result(Stage.SENT, said)
            case Kind.REFUSED:
                return Result(Stage.FAILED, said)
            case Kind.UNKNOWN:
                again = self.mailing.terms.resends_unknown and unit.attempts + 1 < self.mailing.terms.max_attempts
                return Result(Stage.PENDING, said, at + self._backoff[0]) if again else Result(Stage.UNKNOWN, said)
        if not answer.personal:
            return answer
        wait = next_attempt(answer, unit.attempts + 1, self._backoff, self.mailing.terms.max_attempts)
        return Result(Stage.FAILED, said) if wait is None else Result(Stage.PENDING, said, at + wait)

    @property
    def _backoff(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(seconds=span) for span in self.mailing.terms.backoff)

    def _rest(self, answer: Answer) -> None:
        """The connection is out: the lane rests as long as that has lasted, and nobody's attempt is counted."""
        self.lane.rest(
            rest_of(self.lane.trouble, self.lane.now()),
            f"{answer.stage}: {answer.code or ''} {answer.text}".replace("  ", " "),
            is_permanent=answer.kind is Kind.UNUSABLE,
        )
