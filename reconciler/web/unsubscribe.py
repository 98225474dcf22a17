"""Leaving: a page that asks once, and a POST that does it, from that page or by a mail program's one click (RFC 8058).

A GET changes nothing: programs that check links follow them all.
"""

from dataclasses import dataclass
from html import escape
from typing import Final

from reconciler.kinds.email.launched import Mailings
from reconciler.kinds.email.returning import Heard, take
from reconciler.mail.letter import Mailbox
from reconciler.mail.token import Meant, Purpose, Seal
from reconciler.mail.verdict import Fate
from reconciler.model.ports import Clock, Store
from reconciler.web.door import SMALL, Answer, Ask, Door
from reconciler.web.page import page as web_page
from reconciler.web.patience import Patience
from reconciler.web.tracking import forged, gone

_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222;background:#fff}"
    "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#1a56a0;color:#fff;cursor:pointer}"
    "button:focus{outline:3px solid #8ab4f8}"
)


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """The door `/u`."""

    seal: Seal
    mailings: Mailings
    clock: Clock
    patience: Patience

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (
            Door("unsubscribe", "/u/{token}", ("GET",), self._ask),
            Door("unsubscribe", "/u/{token}", ("POST",), self._leave, most=SMALL),
        )

    def _ask(self, ask: Ask, store: Store) -> Answer:
        meant = self.seal.read(Purpose.UNSUBSCRIBE, ask.params["token"])
        if meant is None:
            return forged(ask, self.patience)
        mailing = self.mailings.of(store, meant.uid)
        if mailing is None:
            return gone()
        return page(
            f"<h1>No more e-mail?</h1><p>You will get no more e-mail from {_name(mailing.sender)}.</p>"
            '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
            "<button>Unsubscribe</button></form>",
            "asked",
        )

    def _leave(self, ask: Ask, store: Store) -> Answer:
        meant = self.seal.read(Purpose.UNSUBSCRIBE, ask.params["token"])
        if meant is None:
            return forged(ask, self.patience)
        if not self._taken(store, meant):
            return gone()
        return page("<h1>Done</h1><p>You will get no more e-mail from us.</p>", "left")

    def _taken(self, store: Store, meant: Meant) -> bool:
        mailing, key = self.mailings.of(store, meant.uid), store.ledger.key_of(meant.uid, meant.unit)
        if mailing is None or not key:
            return False
        now = self.clock.now()
        # Whoever was let in again, and leaves again, is heard again: what is suppressed already is asked first.
        known = store.returns.suppressed([key], ())
        id_ = f"unsubscribed:{meant.uid}:{meant.unit}"
        if known.get(key) is None and any(one.id == id_ for one in store.returns.history(key, 200)):
            id_ += f":{now.timestamp()}"
        take(store, [Heard(id_, meant.uid, key, Fate.UNSUBSCRIBE, {"rule": "one-click"}, mailing.lists)], now)
        return True


def _name(sender: Mailbox) -> str:
    return escape(f"{sender.name} <{sender.address}>" if sender.name else sender.address)


def page(body: str, what: str) -> Answer:
    """A small page."""
    return web_page("Unsubscribe", _STYLE, body, what)
