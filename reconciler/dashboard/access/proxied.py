"""Who comes through a proxy that has signed them in: its word counts where the proxy itself has connected, and nowhere else."""

import re
from dataclasses import dataclass
from hmac import digest
from ipaddress import IPv6Address, ip_address
from typing import Final

from reconciler.dashboard.access.ways import GROUP, Proxy
from reconciler.dashboard.visitor import Role, Visitor
from reconciler.web.door import Ask

LONGEST: Final = 200
"""Characters of a user's name."""
_UNFILLED: Final = re.compile(r"\{.*\}|\(null\)")
"""What Caddy and Apache write instead of a name that they have not found: all whom nobody named would be one user."""


@dataclass(frozen=True, slots=True)
class Unwelcome:
    """Somebody whom the proxy names, and who may not come in; the text says why."""

    text: str


@dataclass(frozen=True, slots=True)
class Proxied:
    """Reads what a proxy says. `key` is nobody's but this process's: seals are made with it."""

    proxy: Proxy
    key: bytes

    def visitor(self, ask: Ask) -> Visitor | Unwelcome | None:
        """Whom the proxy speaks for; None where it is not the proxy that asks, or it names nobody."""
        proxy = self.proxy
        if not self._is_trusted(ask.peer) or not ask.headers.get(proxy.user):
            return None
        if ask.twice & {proxy.user, proxy.groups}:
            return Unwelcome("The proxy has let a header through that is its own: it must replace what clients send.")
        name = _text(ask.headers[proxy.user])
        if not name or len(name) > LONGEST or not name.isprintable() or _UNFILLED.fullmatch(name):
            return Unwelcome("The proxy names a user whose name cannot be read.")
        role = self._role(name, _text(ask.headers.get(proxy.groups, "")) if proxy.groups else "")
        if role is None:
            return Unwelcome(f"You are {name}, who has no role here. Whoever runs this dashboard can give you one.")
        return Visitor(name, role, digest(self.key, name.encode(), "sha256").hex())

    def _is_trusted(self, peer: str) -> bool:
        try:
            found = ip_address(peer)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self.proxy.trusted)

    def _role(self, name: str, groups: str) -> Role | None:
        """The highest that the user or one of their groups has."""
        known = self.proxy.roles
        keys = (name, *(f"{GROUP}{one.strip()}" for one in groups.split(",")))
        # A user who is called like a group is none.
        found = [known[key] for place, key in enumerate(keys) if key in known and (place or not key.startswith(GROUP))]
        return max(found, key=list(Role).index, default=self.proxy.default)


def _text(header: str) -> str:
    """Headers are bytes; names in them are UTF-8. Empty where they are not."""
    try:
        return header.encode("latin-1").decode().strip()
    except UnicodeError:
        return ""
