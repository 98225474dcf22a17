"""One campaign on a desk: as its files have it, with all that it names. What counts, shows and tries it begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reconciler.feed.address import Address, NotAnAddress, address_of
from reconciler.kinds.email.audience import Audience, audience_of, found_on
from reconciler.kinds.email.launch import EmailRuntime
from reconciler.kinds.email.mailing import letter_of, spec_of
from reconciler.kinds.email.specimen import ANYBODY, made_up, specimen
from reconciler.kinds.shelf import Shelf
from reconciler.mail.letter import Letter, Recipient
from reconciler.model.canonical import Document
from reconciler.model.errors import Usage
from reconciler.model.ports import Clock, Store
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Desk:
    """`lookup` gives manifests' documents. Of the store only what it knows of addresses and limits is asked."""

    store: Store
    runtime: EmailRuntime
    ref: Ref
    lookup: Callable[[Ref], Document | None]
    clock: Clock

    @property
    def now(self) -> datetime:
        """The instant of this look."""
        return self.clock.now()

    @property
    def document(self) -> Document:
        """The campaign's. Usage where it has no manifest."""
        found = self.lookup(self.ref)
        if found is None:
            raise Usage(f"no manifest describes {self.ref}")
        return found

    @property
    def shelf(self) -> Shelf:
        """What the campaign names."""
        return self.runtime.shelf(self.lookup)

    def audience(self) -> Audience:
        """Whom it is for."""
        return audience_of(self.document.get("spec", {}), found_on(self.shelf))

    def letter(self) -> Letter:
        """What it says. Permanent where a part is missing, or has a fault."""
        return letter_of(self.ref, "preview", spec_of(self.document), self.shelf)

    def contact(self, of: str | None, written: str | None) -> Recipient:
        """Whom the letter is made for: a contact of the lists, one made up, or else the first contact there is."""
        if of is not None and written is not None:
            raise Usage("say for whom by an address or by --contact, not by both")
        if written is not None:
            try:
                return made_up(written)
            except NotAnAddress as error:
                raise Usage(f"the contact's email is no address: {error}") from None
        found = specimen(self.audience(), self.now, address(of).key if of is not None else "")
        if found is None and of is not None:
            raise Usage(f"{of} is not among those whom {self.ref} includes; say --contact JSON to make somebody up")
        return found or Recipient(ANYBODY, ANYBODY)


def address(text: str) -> Address:
    """An address that somebody has written. Usage where it is none."""
    try:
        return address_of(text)
    except NotAnAddress as error:
        raise Usage(f"{text[:80]!r} is no address: {error}") from None
