"""What all recipients of a mailing share, and what is known of each. Everything is text and bytes: nothing is read here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that readers see."""

    address: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with every mail; with a `content_id` it is an image of the html (`<img src="cid:…">`)."""

    name: str
    media_type: str
    data: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """How a recipient leaves: by one click (RFC 8058), by a mail to `mailto`, on a page of the sender's own."""

    one_click: bool = True
    mailto: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message before it is anybody's. Subject, preheader, html and text are templates.

    `uid` names the mailing for ever: with a recipient's key it makes the Message-ID. `variables` are values for the
    templates; a recipient's own win. `feedback_id` is what the mailing is called in the Feedback-ID header.
    """

    uid: str
    sender: Mailbox
    subject: str
    html: str | None = None
    text: str | None = None
    preheader: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    list_id: str | None = None
    feedback_id: str | None = None
    unsubscribe: Unsubscribe | None = None
    track_opens: bool = False
    track_clicks: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who is written to. `key` is the same whenever this recipient is meant; `values` fill in the templates.

    `code` is what the mail is called in links and in its Message-ID, by which it is found again; without one, links are
    asked for by the key.
    """

    key: str
    address: str
    values: Mapping[str, object] = field(default_factory=dict)
    name: str | None = None
    code: str = ""

    @property
    def handle(self) -> str:
        """What links are asked for by."""
        return self.code or self.key
