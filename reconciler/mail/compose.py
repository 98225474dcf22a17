"""From a letter to each recipient's mail: what is shared is made once, what differs is put in.

composer = open_letter(letter, links)              reads the templates; Permanent where nobody can be written to
mail = composer.compose(recipient, at)             a Mail, or Unfit: this recipient's failure
data = mail.outgoing(signer)                       the bytes for DATA
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from reconciler.mail.address import on_the_wire
from reconciler.mail.body import END, Outgoing, stuffed
from reconciler.mail.check import check
from reconciler.mail.dkim import Signer
from reconciler.mail.fault import Unfit, Why
from reconciler.mail.headers import date_header, mailbox_header, text_header, token_header
from reconciler.mail.identity import message_id
from reconciler.mail.letter import Letter, Recipient
from reconciler.mail.links import Links
from reconciler.mail.mime import Coder, Piece, Skeleton, Slot, coder, skeleton
from reconciler.mail.reading import Reading, Said, reading
from reconciler.model.errors import Permanent


@dataclass(frozen=True, slots=True)
class Mail:
    """One recipient's mail. `to` is the address for RCPT; `head` and the pieces are its bytes, every line ended by CRLF."""

    to: str
    message_id: str
    at: datetime
    head: bytes
    pieces: tuple[Piece, ...]

    def unsigned(self) -> bytes:
        """The whole mail as it stands."""
        return b"".join([self.head, b"\r\n", *(piece.lines for piece in self.pieces)])

    def signature(self, signer: Signer) -> bytes:
        """The DKIM signature that stands before the mail, as of its own instant."""
        return signer.signature(self.head, b"".join([piece.signed for piece in self.pieces]), self.at)

    def outgoing(self, signer: Signer | None = None) -> Outgoing:
        """The whole mail for DATA, signed where there is somebody to sign it."""
        head = (self.signature(signer) if signer else b"") + self.head + b"\r\n"
        size = len(head) + sum(len(piece.lines) for piece in self.pieces)
        return Outgoing(b"".join([stuffed(head), *(piece.stuffed for piece in self.pieces), END]), size)


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the mails of one letter. It holds nothing that changes: threads may share it."""

    reading: Reading
    skeleton: Skeleton
    coders: dict[Slot, Coder]
    domain: str
    before: bytes
    after: bytes

    def compose(self, recipient: Recipient, at: datetime) -> Mail | Unfit:
        """The mail for `recipient`, dated `at`. The same arguments give the same bytes."""
        address = on_the_wire(recipient.address)
        if isinstance(address, Unfit):
            return address
        said = self.said(recipient)
        if isinstance(said, Unfit):
            return said
        try:
            identity = message_id(self.reading.letter.uid, recipient.key, self.domain, recipient.code)
            head = b"".join([
                self.before,
                mailbox_header("To", address, (recipient.name or "")[:200]),
                text_header("Subject", said.subject),
                date_header(at.replace(microsecond=0)),
                token_header("Message-ID", identity),
                self._unsubscribing(recipient),
                self.after,
            ])  # fmt: skip
            return Mail(address, identity, at, head, tuple(self._body(said)))
        except UnicodeEncodeError:
            return Unfit(Why.TEXT, "a value holds half of a surrogate pair, which is not text")

    def said(self, recipient: Recipient) -> Said | Unfit:
        """What the letter says to `recipient`, before it becomes MIME."""
        return self.reading.said(recipient, self._unsubscribe_url(recipient))

    def _body(self, said: Said) -> Sequence[Piece]:
        texts = {Slot.TEXT: self.coders[Slot.TEXT].encode(said.text)}
        if said.html is not None:
            texts[Slot.HTML] = self.coders[Slot.HTML].encode(said.html)
        return self.skeleton.filled(texts)

    def _unsubscribe_url(self, recipient: Recipient) -> str | None:
        how, links = self.reading.letter.unsubscribe, self.reading.links
        if how is None:
            return None
        if how.url is not None:
            return how.url
        return links.unsubscribe(recipient.handle) if links else None

    def _unsubscribing(self, recipient: Recipient) -> bytes:
        """RFC 2369 and RFC 8058: one click needs https, and both headers under the signature."""
        how, links = self.reading.letter.unsubscribe, self.reading.links
        if how is None:
            return b""
        url = links.unsubscribe(recipient.handle) if how.one_click and links else how.url
        ways = [f"<{url}>"] if url else []
        if how.mailto:
            ways.append(f"<mailto:{quote(_wire(how.mailto), safe='@')}?subject=unsubscribe>")
        if not ways:
            return b""
        header = token_header("List-Unsubscribe", *(f"{way}," for way in ways[:-1]), ways[-1])
        if how.one_click and links and url and url.startswith("https://"):
            header += token_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        return header


def open_letter(letter: Letter, links: Links | None = None) -> Composer:
    """The Composer for `letter`. Without `links` (a preview, a test) nothing is tracked.

    Raises Permanent with the first fault of the letter: then it can be sent to nobody (AMB-E7).
    """
    faults = check(letter)
    if faults:
        raise Permanent(str(faults[0]))
    read = reading(letter, links)
    coders = {Slot.TEXT: coder(read.text.statics)}
    if read.html:
        coders[Slot.HTML] = coder(read.html.statics)
    made = skeleton(letter, coders)
    sender = _wire(letter.sender.address)
    domain = sender.rpartition("@")[2]
    return Composer(read, made, coders, domain, _before(letter, sender), _after(letter, domain) + made.head)


def _before(letter: Letter, sender: str) -> bytes:
    head = mailbox_header("From", sender, letter.sender.name)
    return head + (mailbox_header("Reply-To", _wire(letter.reply_to)) if letter.reply_to else b"")


def _after(letter: Letter, domain: str) -> bytes:
    head = token_header("List-Id", f"<{letter.list_id}>") if letter.list_id else b""
    if letter.feedback_id:
        sender = re.sub(r"[^a-z0-9]", "", domain.lower())[:15]
        names = ":".join(
            re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:60] for name in (letter.feedback_id, letter.list_id or "")
        )
        head += token_header("Feedback-ID", f"{names}:muster:{sender}")
    if letter.list_id or letter.unsubscribe:
        head += token_header("Precedence", "bulk")  # no vacation notices to a list (RFC 3834)
    else:
        head += token_header("Auto-Submitted", "auto-generated")
    return head + token_header("MIME-Version", "1.0")


def _wire(address: str) -> str:
    wire = on_the_wire(address)
    if isinstance(wire, Unfit):
        raise Permanent(wire.message)
    return wire
