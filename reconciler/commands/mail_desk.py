"""What the commands of `muster email` share: a campaign as its files have it, and all that it names."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.app import App
from reconciler.commands.at_hand import store_at_hand
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.feed.address import Address, NotAnAddress, address_of
from reconciler.kinds.email.audience import Audience, audience_of, found_on
from reconciler.kinds.email.launch import EmailRuntime
from reconciler.kinds.email.mailing import letter_of, spec_of
from reconciler.kinds.email.specimen import ANYBODY, made_up, specimen
from reconciler.kinds.shelf import Shelf
from reconciler.mail.letter import Letter, Recipient
from reconciler.model.canonical import Document
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library

KIND = "EmailCampaign"


@dataclass(frozen=True, slots=True)
class Desk:
    """One campaign on disk. Of the store only what it knows of addresses is asked; where there is none, none is made."""

    app: App
    store: Store
    library: Library
    runtime: EmailRuntime
    ref: Ref

    @property
    def now(self) -> datetime:
        """The instant of this look."""
        return self.app.clock.now()

    def lookup(self, ref: Ref) -> Document | None:
        """A manifest's document."""
        return self.library.documents([ref]).get(ref)

    @property
    def document(self) -> Document:
        """The campaign's."""
        return self.library.documents([self.ref])[self.ref]

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


def desk(common: Common, campaign: str, *, sends: bool = False) -> Desk:
    """The desk for a campaign of the manifests; one that `sends` keeps its store. Usage where there is none."""
    app = common.app()
    library = app.library(app.kinds())
    ref = find(named(campaign), (one for one in library.catalog.manifests if one.kind == KIND), "no manifest describes")
    store = app.store() if sends else store_at_hand(app)
    runtime = app.runtimes(store, library)[KIND]
    if not isinstance(runtime, EmailRuntime):
        raise Usage(f"{KIND} is not run here")
    return Desk(app, store, library, runtime, ref)


def named(campaign: str) -> str:
    """A campaign's ref: its name will do."""
    return campaign if "/" in campaign else f"{KIND}/{campaign}"


def address(text: str) -> Address:
    """An address from the command line. Usage where it is none."""
    try:
        return address_of(text)
    except NotAnAddress as error:
        raise Usage(f"{text[:80]!r} is no address: {error}") from None
