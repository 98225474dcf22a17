"""Reaching one person through one Channel: a mail, or a call of the agent behind a webhook.

message = Message(key, channel, text, contact, values, action)
outcome = outreach.reach(message, now)        open, write, send: what became of it, and never an exception for what they do
outreach.close()

What cannot be said to this person, or not to this contact, is `unfit` before anybody is called. A Template that can be used for
nobody is Permanent. Lanes of messages, with rates, rests and further attempts, are worked on by crossing.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from reconciler.hooks.call import Call, Reply
from reconciler.hooks.call import Fate as Heard
from reconciler.hooks.caller import Caller
from reconciler.kinds.messaging.channels import Channel, unreachable
from reconciler.kinds.messaging.relay import Relay, stored_relay
from reconciler.kinds.messaging.texts import Text
from reconciler.mail.answer import Answer, Kind, cleaned
from reconciler.mail.compose import Composer, Mail, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Letter, Mailbox, Recipient
from reconciler.mail.reading import Said
from reconciler.mail.server import Envelope
from reconciler.mail.smtp import Transport
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.secret import Reveal

MOST: Final = 256 << 10
"""Bytes of what an agent is sent: a message is for a person."""
_OPEN: Final = 32
"""Letters that are kept open: most messages say one of a few."""
_NOBODY: Final = Mailbox("muster@muster.invalid")
"""Stands for the sender of what is no mail."""


class Fate(StrEnum):
    """What became of a message."""

    REACHED = "reached"
    """Somebody was reached, as far as the channel can tell: the mail server or the agent has taken it."""
    NOT_REACHED = "not_reached"
    """The agent has tried, and nobody was there."""
    LATER = "later"
    """Not now. Nobody was reached, unless the outcome is `unheard`."""
    REFUSED = "refused"
    """Trying again would end alike, or was tried often enough."""
    UNKNOWN = "unknown"
    """It was given away whole, and nobody knows what became of it."""
    UNFIT = "unfit"
    """Nobody was called: there is no way to reach this contact, or the text cannot be written for it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. `text` is for people, one line; `code` the server's, 0 where it said nothing.

    One that is `later` may be tried again after `wait`; where it is `unheard`, somebody may have been reached all the same.
    """

    fate: Fate
    text: str = ""
    code: int = 0
    wait: timedelta | None = None
    is_unheard: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to one person, through one channel.

    `key` is the same whenever this very message is meant, and no other's, in whatever store: mailboxes and agents know it by
    that (see `key_of`). Templates see `contact` and each of `values` by its name; agents receive the same. Amounts in them are
    exact as text or Decimal.
    """

    key: str
    channel: Channel
    text: Text
    contact: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    action: str = ""
    """What the contact is, for the agent: reminder, urgent …"""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail that is ready to go, and the address that bounces come back to; empty: the connection's."""

    mail: Mail
    sender: str


def key_of(*parts: object) -> str:
    """A key of a message from what it is: with the names of its campaign and its debtor, and the instant when that entered,
    no two stores make the same.
    """
    return sha256(canonical.encode([str(part) for part in parts])).hexdigest()[:40]


@dataclass(slots=True)
class Outreach:
    """Reaches people over the connections of one store, which it keeps open until `close`. Use from one thread."""

    store: Store
    reveal: Reveal
    caller: Caller = field(default_factory=Caller)
    _letters: dict[tuple[Channel, Text], Composer] = field(default_factory=dict)
    _posts: dict[str, tuple[Relay, Transport]] = field(default_factory=dict)

    def reach(self, message: Message, now: datetime) -> Outcome:
        """Say it, once; `later` where the connection's rates allow no mail now. For work in lanes see crossing.py."""
        if not message.channel.via:
            return self.call(message)
        written = self.write(message, now)
        if isinstance(written, Outcome):
            return written
        relay, transport = self._post(message.channel.via)
        down = None if transport.ready else transport.open()
        if down is not None:
            return outcome_of(down)
        token, ledger = f"{message.key} {now.timestamp()}", self.store.ledger
        ready_at = ledger.spend(relay.rates, token, now, now + relay.server.limit)
        if ready_at is not None:
            return Outcome(Fate.LATER, f"SmtpConnection/{relay.name} has sent as many as it may", wait=ready_at - now)
        try:
            sender = relay.return_path or written.sender
            return outcome_of(transport.send(Envelope(sender, written.mail.to), written.mail.outgoing(relay.signer)))
        finally:
            ledger.have_spent(token, now)

    def unfit(self, message: Message, now: datetime) -> str:
        """Why this cannot be said to this person, before anything is begun; empty where it can. Permanent as for `reach`."""
        found = self.write(message, now) if message.channel.via else self.body(message)
        return found.text if isinstance(found, Outcome) else ""

    def write(self, message: Message, now: datetime) -> Written | Outcome:
        """The mail, dated `now`, or why there is none for this person. Permanent where there is none for anybody."""
        why = unreachable(message.channel, message.contact)
        if why:
            return _unfit(why)
        mail = self._letter(message).compose(_recipient(message), now)
        if isinstance(mail, Unfit):
            return _unfit(str(mail))
        return Written(mail, message.channel.spec.from_.email if message.channel.spec.from_ else "")

    def said(self, message: Message) -> Said | Outcome:
        """What the message says to this person. Permanent where the text can be used for nobody."""
        found = self._letter(message).said(_recipient(message))
        return _unfit(str(found)) if isinstance(found, Unfit) else found

    def body(self, message: Message) -> bytes | Outcome:
        """What an agent receives, or why there is nothing to send."""
        why = unreachable(message.channel, message.contact)
        said = _unfit(why) if why else self.said(message)
        if isinstance(said, Outcome):
            return said
        try:
            data = canonical.encode(_told(message, said))
        except UnicodeEncodeError:
            return _unfit("a value holds half of a surrogate pair, which is not text")
        return data if len(data) <= MOST else _unfit(f"message and values are more than {MOST >> 10} KiB")

    def call(self, message: Message) -> Outcome:
        """Hand it to the agent behind the channel, once. Permanent where the channel's secret is not there."""
        body = self.body(message)
        if isinstance(body, Outcome):
            return body
        spec = message.channel.spec
        secret = self.reveal(spec.secret.model_dump(exclude_none=True)) if spec.secret else ""
        return heard(
            self.caller.call(
                Call(
                    spec.url or "",
                    body,
                    message.key,
                    secret,
                    timeout=parse_duration(spec.timeout),
                    allow_private=spec.allow_private,
                    taken=frozenset(spec.success),
                )
            )
        )

    def close(self) -> None:
        """Let go of all connections; the next message opens them anew."""
        self.caller.close()
        while self._posts:
            self._posts.popitem()[1][1].close()

    def _post(self, via: str) -> tuple[Relay, Transport]:
        if via not in self._posts:
            relay = stored_relay(self.store, via, self.reveal)
            self._posts[via] = relay, Transport(relay.server)
        return self._posts[via]

    def _letter(self, message: Message) -> Composer:
        key = message.channel, message.text
        if key not in self._letters:
            if len(self._letters) >= _OPEN:
                self._letters.clear()
            self._letters[key] = _opened(*key)
        return self._letters[key]


def outcome_of(answer: Answer) -> Outcome:
    """What a mail server's answer means."""
    text = f"{answer.code or ''} {answer.text}".strip() or answer.kind.value
    match answer.kind:
        case Kind.SENT:
            return Outcome(Fate.REACHED, text, answer.code)
        case Kind.REFUSED:
            return Outcome(Fate.REFUSED, text, answer.code)
        case Kind.UNKNOWN:
            return Outcome(Fate.UNKNOWN, text, answer.code, is_unheard=True)
    return Outcome(Fate.LATER, text, answer.code)


def heard(reply: Reply) -> Outcome:
    """What an agent's answer means: taken is reached, unless it says that nobody was."""
    match reply.fate:
        case Heard.TAKEN:
            why = _nobody(reply)
            fate = Fate.REACHED if why is None else Fate.NOT_REACHED
            return Outcome(fate, why or reply.text, reply.status)
        case Heard.REFUSED:
            return Outcome(Fate.REFUSED, reply.text, reply.status)
        case Heard.UNKNOWN:
            return Outcome(Fate.UNKNOWN, reply.text, reply.status, is_unheard=True)
    return Outcome(Fate.LATER, reply.text, reply.status, reply.wait)


def _nobody(reply: Reply) -> str | None:
    """Why nobody was reached, in the agent's words; None where it does not say that nobody was."""
    try:
        found = canonical.decode(reply.body) if reply.is_whole and reply.body else None
    except ValueError:  # no JSON, and no UTF-8
        return None
    if not isinstance(found, dict) or found.get("reached") is not False:
        return None
    reason = found.get("reason")
    return (cleaned(reason) if isinstance(reason, str) else "") or "the agent has reached nobody"


def _told(message: Message, said: Said) -> dict[str, Any]:
    """What an agent is told. What we say ourselves wins over values of the same name."""
    parts = {"subject": said.subject if message.text.subject else None, "text": "".join(said.text)}
    html = None if said.html is None else "".join(said.html)
    return {
        **message.values,
        "key": message.key,
        "channel": message.channel.name,
        "medium": message.channel.medium,
        "action": message.action,
        "contact": message.contact,
        "message": {
            "template": message.text.name,
            **{part: one for part, one in (parts | {"html": html}).items() if one is not None},
        },
    }


def _recipient(message: Message) -> Recipient:
    name = message.contact.get("name")
    return Recipient(
        message.key,
        str(message.contact.get("email") or "").strip(),
        {**message.values, "contact": message.contact},
        str(name) if name else None,
    )


def _opened(channel: Channel, text: Text) -> Composer:
    """The letter, read. Permanent where it can be written to nobody."""
    spec = channel.spec
    if channel.via and not text.subject:
        raise Permanent(f"Template/{text.name} names no subject, which a mail needs")
    letter = Letter(
        uid="outreach",
        sender=Mailbox(spec.from_.email, spec.from_.name) if spec.from_ else _NOBODY,
        subject=text.subject or "-",
        html=text.html,
        text=text.text,
        preheader=text.preheader,
        reply_to=spec.reply_to,
        attachments=text.attachments if channel.via else (),
    )
    try:
        return open_letter(letter)
    except Permanent as error:
        raise Permanent(f"Template/{text.name} cannot be used through Channel/{channel.name}: {error}") from None


def _unfit(why: str) -> Outcome:
    return Outcome(Fate.UNFIT, why)
