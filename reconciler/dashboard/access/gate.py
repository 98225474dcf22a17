"""Where people come in and go out: by a token, or because a proxy names them."""

from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final
from urllib.parse import parse_qsl, urlencode

from reconciler.dashboard.access.origin import HOME, is_from_here, is_part_of_another, next_of
from reconciler.dashboard.access.proxied import Proxied, Unwelcome
from reconciler.dashboard.access.sessions import LONGEST, Sessions
from reconciler.dashboard.access.ways import Token, Ways, digest_of
from reconciler.dashboard.auditor import Auditor
from reconciler.dashboard.outside import Outside
from reconciler.dashboard.page import Page, Refused
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Visitor
from reconciler.model.audit import Entry, Outcome
from reconciler.model.ports import Clock, Store
from reconciler.web.door import SMALL, Answer, Ask, Door
from reconciler.web.patience import Patience

_FIELDS: Final = 10
LOOKS_BY_ITSELF: Final = "/live"
"""Asked for by a page that stands open: nobody need be sitting before it."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Implements `port.Access`."""

    ways: Ways
    proxied: Proxied | None
    sessions: Sessions
    outside: Outside
    auditor: Auditor
    clock: Clock
    patience: Patience

    def visitor(self, ask: Ask) -> Visitor | Answer:
        """See `port.Access`."""
        named = self.proxied.visitor(ask) if self.proxied else None
        if isinstance(named, Visitor):
            return named
        if isinstance(named, Unwelcome):
            return self.outside.page(403, named.text, "unwelcome")
        now = self.clock.now()
        is_looking = ask.path != LOOKS_BY_ITSELF and "hx-request" not in ask.headers
        for key in self._keys(ask):
            found = self.sessions.find(key, now, is_looking)
            if found:
                return Visitor(found.name, found.role, found.seal, can_leave=True)
        return self._stranger(ask)

    def doors(self) -> tuple[Door, ...]:
        """Where one comes in."""
        says = self.outside.page
        return (
            Door("enter", "/enter", ("GET",), self._knock, admits=self._admits, says=says),
            Door("enter", "/enter", ("POST",), self._enter, SMALL, self._admits, says),
        )

    def pages(self) -> tuple[Page, ...]:
        """Where one goes out again."""
        return (Page("leave", "/leave", self._leave, methods=("POST",), most=SMALL),)

    def _admits(self, ask: Ask) -> Answer | None:
        if is_part_of_another(ask):  # its wrong tokens would count as those of whoever looks at that page
            return self.outside.page(403, "This is no part of another site's pages.", "cross-site")
        if self.patience.is_over(ask.client):
            return self.outside.page(
                429, "Too many wrong tokens came from your address. Wait a minute.", Retry_After="60"
            )
        if ask.method == "POST" and not is_from_here(ask, self.ways.url):
            return self.outside.page(403, "This form is not from a page of this dashboard.", "cross-site")
        return None

    def _knock(self, ask: Ask, store: Store) -> Answer:
        """The form; or in at once, by the address that was printed at the start."""
        shown = ask.query.get("token", "")
        if shown:
            printed = self._token_of(shown)
            if printed is None or not printed.is_printed:
                return self._wrong(ask, store, "")
            return self._begun(ask, store, printed, HOME)
        if isinstance(self.visitor(ask), Visitor):
            return _to(HOME)
        return self.outside.enter(200, "", HOME, self.ways)

    def _enter(self, ask: Ask, store: Store) -> Answer:
        try:
            form = dict(parse_qsl(ask.body.decode("utf-8", "replace"), max_num_fields=_FIELDS))
        except ValueError:
            return self.outside.page(400, "This is not the form of this dashboard.", "no-form")
        wanted, token = next_of(form.get("next", "")), self._token_of(form.get("token", "").strip())
        return self._begun(ask, store, token, wanted) if token else self._wrong(ask, store, wanted)

    def _leave(self, visit: Visit) -> Answer:
        if not visit.visitor.can_leave:
            raise Refused("A proxy has signed you in: sign out there.")
        for key in self._keys(visit.ask):
            self.sessions.end(key)
        gone = f"{self._cookie(visit.ask)}=; Max-Age=0; {self._attributes}"
        return Answer(303, headers={"Location": "/enter", "Set-Cookie": gone}, what="left")

    def _token_of(self, shown: str) -> Token | None:
        """The token that was shown. All are compared, whichever it is."""
        digest = digest_of(shown)
        found = [token for token in self.ways.tokens if compare_digest(token.digest, digest)]
        return found[0] if found else None

    def _begun(self, ask: Ask, store: Store, token: Token, wanted: str) -> Answer:
        """A session of its own, whatever the browser had before."""
        for key in self._keys(ask):
            self.sessions.end(key)
        now = self.clock.now()
        key = self.sessions.begin(token, now)
        self.auditor.write(store, Entry(now, f"user:{token.name}", token.role.value, ask.client, "enter"))
        kept = f"Max-Age={int(LONGEST.total_seconds())}; {self._attributes}"
        return Answer(
            303, headers={"Location": wanted, "Set-Cookie": f"{self._cookie(ask)}={key}; {kept}"}, what="entered"
        )

    def _wrong(self, ask: Ask, store: Store, wanted: str) -> Answer:
        self.patience.failed(ask.client)
        entry = Entry(self.clock.now(), "", "", ask.client, "enter", outcome=Outcome.DENIED, detail="a wrong token")
        self.auditor.sparingly(store, entry, "strangers")
        return self.outside.enter(401, "This is no token of this dashboard.", wanted, self.ways)

    def _stranger(self, ask: Ask) -> Answer:
        if "hx-request" in ask.headers:  # part of a page that stands open: the whole of it has to go
            return self.outside.page(401, "Sign in again.", "stranger", HX_Refresh="true")
        wanted = next_of(f"{ask.path}?{urlencode(ask.pairs)}" if ask.pairs else ask.path)
        return self.outside.enter(401, "", wanted, self.ways)

    def _keys(self, ask: Ask) -> Iterator[str]:
        """What the browser keeps under the name of our cookie."""
        wanted = self._cookie(ask)
        for part in ask.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == wanted and value:
                yield value

    def _cookie(self, ask: Ask) -> str:
        """By the port where there is no TLS: browsers give the cookies of one port to all others of the same host."""
        port = ask.headers.get("host", "").rpartition(":")[2]
        return "__Host-muster" if self.ways.is_secure else f"muster-{port if port.isdecimal() else 80}"

    @property
    def _attributes(self) -> str:
        """Lax: a link in a chat leads to its page. What changes something takes a seal besides."""
        return f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if self.ways.is_secure else ''}"


def _to(path: str) -> Answer:
    return Answer(303, headers={"Location": path}, what="entered")
