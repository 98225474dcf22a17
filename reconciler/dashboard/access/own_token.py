"""One token, made when the server starts: for whoever has started it, on this very machine."""

from dataclasses import dataclass
from hmac import compare_digest, digest
from http.cookies import CookieError, SimpleCookie

from reconciler.dashboard.visitor import Role, Visitor
from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door, plain

_COOKIE = "muster"


@dataclass(frozen=True, slots=True)
class OwnToken:
    """See `port.Access`."""

    token: str
    name: str

    def visitor(self, ask: Ask, _store: Store) -> Visitor | Answer:
        """See `port.Access`."""
        try:
            shown = SimpleCookie(ask.headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            shown = None
        if shown is None or not compare_digest(shown.value.encode(), self.token.encode()):
            return plain(401, "open the address that `muster serve` has printed", "stranger")
        return Visitor(self.name, Role.ADMINISTRATOR, digest(self.token.encode(), b"form", "sha256").hex())

    def is_sealed(self, _ask: Ask, visitor: Visitor, sent: str) -> bool:
        """See `port.Access`."""
        return compare_digest(sent.encode(), visitor.seal.encode())

    def doors(self) -> tuple[Door, ...]:
        """See `port.Access`."""
        return (Door("enter", "/enter", ("GET",), self._enter),)

    def _enter(self, ask: Ask, _store: Store) -> Answer:
        if not compare_digest(ask.query.get("token", "").encode(), self.token.encode()):
            return plain(401, "this is not the token", "stranger")
        cookie = f"{_COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Lax"
        return Answer(303, headers={"Location": "/campaigns", "Set-Cookie": cookie}, what="entered")
