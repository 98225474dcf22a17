"""What one recipient would receive, to be looked at before anybody receives it."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.mail.compose import Composer
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Recipient


@dataclass(frozen=True, slots=True)
class Preview:
    """One recipient's mail for people: the whole as an .eml, and what its parts say. `html` is None for a mail of text."""

    eml: bytes
    subject: str
    html: str | None
    text: str


def preview(composer: Composer, recipient: Recipient, at: datetime) -> Preview | Unfit:
    """What `recipient` would receive at `at`, or why nothing. Nothing is signed and nothing is sent."""
    mail = composer.compose(recipient, at)
    said = composer.said(recipient)
    if isinstance(mail, Unfit):
        return mail
    if isinstance(said, Unfit):
        return said
    html = None if said.html is None else "".join(said.html)
    return Preview(mail.unsigned(), said.subject, html, "".join(said.text))
