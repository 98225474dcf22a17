"""Opens and clicks: what a recipient's mail program asks for, counted once for each mail, and once for each of its links.

It leads nowhere but where the mailing's own package says: a token holds the number of a link, never an address.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from reconciler.kinds.email.launched import Mailings
from reconciler.mail.token import Meant, Purpose, Seal
from reconciler.model.ports import Clock, Store
from reconciler.model.returns import Return, Sign
from reconciler.web.door import Answer, Ask, Door, plain
from reconciler.web.patience import Patience

PIXEL: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A gif of one transparent pixel."""
_AHEAD: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers by which programs say that they fetch before anybody has asked."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The doors `/o` and `/c`."""

    seal: Seal
    mailings: Mailings
    clock: Clock
    patience: Patience

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (
            Door("open", "/o/{token}.gif", ("GET",), self._open),
            Door("click", "/c/{token}", ("GET",), self._click),
        )

    def _open(self, ask: Ask, store: Store) -> Answer:
        meant = self.seal.read(Purpose.OPEN, ask.params["token"])
        if meant is None:
            return forged(ask, self.patience)
        if is_look(ask):
            self._note(store, meant, Sign.OPENED, {}, f"opened:{meant.uid}:{meant.unit}")
        return Answer(200, PIXEL, "image/gif", {"Cache-Control": "no-store, private"}, "opened")

    def _click(self, ask: Ask, store: Store) -> Answer:
        meant = self.seal.read(Purpose.CLICK, ask.params["token"])
        if meant is None:
            return forged(ask, self.patience)
        mailing = self.mailings.of(store, meant.uid)
        if mailing is None or meant.link >= len(mailing.links):
            return gone()
        if is_look(ask):
            data = {"link": str(meant.link)}
            self._note(store, meant, Sign.CLICKED, data, f"clicked:{meant.uid}:{meant.unit}:{meant.link}")
        return Answer(302, headers={"Location": on_the_wire(mailing.links[meant.link])}, what="clicked")

    def _note(self, store: Store, meant: Meant, sign: Sign, data: Mapping[str, str], id_: str) -> None:
        key = store.ledger.key_of(meant.uid, meant.unit)
        if key:
            store.returns.record([Return(id_, meant.uid, key, sign, self.clock.now(), data)])


def forged(ask: Ask, patience: Patience) -> Answer:
    """What is not ours. Tokens that are ours are answered all the same, however many others came from the same address."""
    if patience.is_over(ask.client):
        return plain(429, "too many links that are none", "too-many", Retry_After="60")
    patience.failed(ask.client)
    return plain(404, "this link is not valid", "forged")


def gone() -> Answer:
    """What is ours, and of a mailing that is kept no more."""
    return plain(404, "this link leads nowhere any more", "gone")


def on_the_wire(url: str) -> str:
    """An address as a header has it: ASCII, and nothing that could end the header."""
    return quote(url, safe=":/%#?=@[]!$&'()*+,;~")


def is_look(ask: Ask) -> bool:
    """Whether somebody looks, as far as one can tell."""
    said = " ".join(ask.headers.get(name, "") for name in _AHEAD).lower()
    return ask.method == "GET" and "prefetch" not in said and "preview" not in said and "prerender" not in said
