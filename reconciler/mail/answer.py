"""What became of a message, or of an attempt to open a connection: the one word by which the rest of us goes on.

A server's reply is judged by the stage at which it came: the same 550 means another thing after MAIL than after RCPT.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.mail.reply import Reply

LONGEST: Final = 300
"""Characters of a text that are kept."""


class Kind(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    """The server has taken the message."""
    LATER = "later"
    """Not now, for this recipient."""
    GREYLISTED = "greylisted"
    """Not at the first attempt: the server wants to see another one."""
    REFUSED = "refused"
    """Never, for this recipient or this message."""
    THROTTLED = "throttled"
    """Too much at once: slow down."""
    DOWN = "down"
    """The connection is out, for the time being; the message was not taken."""
    UNUSABLE = "unusable"
    """The connection is of no use until somebody changes something."""
    UNKNOWN = "unknown"
    """The message was given away whole, and no answer to it understood: it may have been taken."""


class Stage(StrEnum):
    """How far the conversation had come."""

    CONNECT = "connect"
    HELLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    IDLE = "idle"
    RESET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    END = "end"
    """The final dot has been written."""


_PERSONAL: Final = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY, Stage.END})
_OF_THE_SENDER: Final = frozenset({Kind.LATER, Kind.GREYLISTED})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server made of it. `code` is 0 where it said nothing, and the text then is ours, without addresses."""

    kind: Kind
    stage: Stage
    code: int = 0
    enhanced: str = ""
    text: str = ""

    @property
    def personal(self) -> bool:
        """Whether it may be about this recipient or message: what came before either was named is not.

        A sender who is put off is: he may be another one for each recipient.
        """
        return self.stage in _PERSONAL or (self.stage is Stage.MAIL and self.kind in _OF_THE_SENDER)


class Failed(Exception):
    """The conversation ends with this answer. Never leaves this room."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


_NO: Final[Mapping[Stage, tuple[Kind, Kind]]] = {
    # What a 4xx and a 5xx mean. Where a server will not even talk, that may pass: blocks of addresses are lifted.
    Stage.CONNECT: (Kind.DOWN, Kind.DOWN),
    Stage.HELLO: (Kind.DOWN, Kind.DOWN),
    Stage.STARTTLS: (Kind.DOWN, Kind.UNUSABLE),
    Stage.AUTH: (Kind.DOWN, Kind.UNUSABLE),
    Stage.IDLE: (Kind.DOWN, Kind.DOWN),
    Stage.RESET: (Kind.DOWN, Kind.DOWN),
    Stage.MAIL: (Kind.LATER, Kind.UNUSABLE),
    Stage.RCPT: (Kind.LATER, Kind.REFUSED),
    Stage.DATA: (Kind.LATER, Kind.REFUSED),
    Stage.BODY: (Kind.LATER, Kind.REFUSED),
    Stage.END: (Kind.LATER, Kind.REFUSED),
}
_OUT_OF_STEP: Final = (503,)
_LOG_IN_FIRST: Final = (530, 538)
_MESSAGE: Final = ("5.3.4", "5.2.3", "5.6.3", "5.6.7")
"""A refusal of the sender's command that is about the message: too large, or more than the server can write."""
_GREYLIST: Final = re.compile(r"gr[ae]y[\s_-]*list", re.IGNORECASE)
_TOO_MUCH: Final = re.compile(
    r"rate[\s_-]*limit|throttl|slow(ing)? down|too (many|much|fast|quick|frequent)"
    r"|(sending|sender|hourly|daily|outbound|outgoing|submission)\s+(\w+\s+)?(rate|limit|quota)",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"rate[\s_-]*limit|(sending|sender|hourly|daily|outbound|outgoing|submission)\s+(\w+\s+)?(rate|limit|quota)",
    re.IGNORECASE,
)
"""What a permanent refusal says that is no refusal of the recipient, but of the hour. Narrower than for a 4xx."""
_MAILBOX: Final = re.compile(r"mailbox|inbox|\buser\b|recipient|quota", re.IGNORECASE)


def answered(stage: Stage, reply: Reply, hide: Iterable[str] = ()) -> Answer:
    """What a reply means at a stage; `hide` names the texts that may not be shown."""
    return Answer(_kind(stage, reply), stage, reply.code, reply.enhanced, cleaned(reply.text, hide))


def _kind(stage: Stage, reply: Reply) -> Kind:
    if reply.code == 421:
        return Kind.THROTTLED
    if reply.good and stage is Stage.END:
        return Kind.SENT
    if not 400 <= reply.code < 600:  # a yes to another question than ours: who knows what this server does
        return Kind.UNKNOWN if stage is Stage.END else Kind.DOWN
    temporary, permanent = _NO[stage]
    if Kind.LATER is not temporary:
        return temporary if reply.code < 500 else permanent
    return _temporary(reply) if reply.code < 500 else _permanent(stage, reply)


def _temporary(reply: Reply) -> Kind:
    if _GREYLIST.search(reply.text):
        return Kind.GREYLISTED
    if reply.enhanced.startswith(("4.2.", "4.1.")):  # of the mailbox or the address: nobody else need go slower
        return Kind.LATER
    if reply.enhanced == "4.7.28" or _TOO_MUCH.search(reply.text):
        return Kind.THROTTLED
    if reply.code == 452 and not _MAILBOX.search(reply.text):  # the server's disk, or its count
        return Kind.THROTTLED
    return Kind.LATER


def _permanent(stage: Stage, reply: Reply) -> Kind:
    if reply.code in _LOG_IN_FIRST:
        return Kind.UNUSABLE
    if reply.code in _OUT_OF_STEP and stage is not Stage.END:
        return Kind.DOWN
    if not reply.enhanced.startswith(("5.1.", "5.2.")) and _LIMIT.search(reply.text):
        return Kind.THROTTLED
    if stage is Stage.MAIL and (reply.code in (552, 555) or reply.enhanced in _MESSAGE):
        return Kind.REFUSED
    return _NO[stage][1]


def cleaned(text: str, hide: Iterable[str] = ()) -> str:
    """A text of somebody else's, safe to keep: one line, nothing that steers a terminal, no secret, not too long."""
    hide = tuple(hide)
    if text.isascii() and text.isprintable() and not hide and len(text) <= LONGEST:
        return text
    plain = " ".join("".join(one if _plain(one) else " " for one in _without(text, hide)).split())
    plain = _without(plain, hide)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def _without(text: str, hide: Iterable[str]) -> str:
    for secret in hide:
        text = text.replace(secret, "***")
    return text


def _plain(one: str) -> bool:
    return unicodedata.category(one)[0] not in "CZ" or one == " "
