"""By what people may come in: tokens of their own, or a proxy that has signed them in already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from reconciler.dashboard.visitor import Role
from reconciler.model.errors import Permanent
from reconciler.model.secret import Reveal
from reconciler.source.schema import Problem

SHORTEST: Final = 16
"""Characters of a token, at least: nobody tries all of them."""
GROUP: Final = "group:"
"""With this a group is written where users may stand, too: nobody becomes a group by being called like it."""
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Token:
    """Whoever knows it is `name`. Only its sha256 is kept. A printed one may stand in an address, to come in by a click."""

    name: str
    role: Role
    digest: bytes
    is_printed: bool = False


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who is believed, about whom it speaks for: header names are small. `roles` are by user, or by group:NAME."""

    user: str
    groups: str
    trusted: tuple[Network, ...]
    roles: Mapping[str, Role]
    default: Role | None


@dataclass(frozen=True, slots=True)
class Ways:
    """Every way in. `hosts` are names, besides addresses and localhost, that the dashboard is called by."""

    tokens: tuple[Token, ...] = ()
    proxy: Proxy | None = None
    hosts: frozenset[str] = frozenset()
    url: str = ""

    @property
    def is_any(self) -> bool:
        """Whether there is one at all."""
        return bool(self.tokens or self.proxy)

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.url.startswith("https:")

    @property
    def names(self) -> frozenset[str]:
        """The names that it is called by."""
        named = urlsplit(self.url).hostname if self.url else None
        return self.hosts | ({named.lower()} if named else frozenset())


def token_of(name: str, role: Role, secret: str, is_printed: bool = False) -> Token:
    """The token that this secret is."""
    return Token(name, role, digest_of(secret), is_printed)


def digest_of(secret: str) -> bytes:
    """What is kept, and compared, of a secret."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def ways_of(written: Mapping[str, Any], reveal: Reveal) -> tuple[Ways, tuple[Problem, ...]]:
    """What the settings say, whose schema holds; and which of their secrets are missing, too short, or the same."""
    tokens, problems = _tokens(written.get("tokens", ()), reveal)
    proxy = written.get("proxy")
    hosts = frozenset(name.lower() for name in written.get("hosts", ()))
    return Ways(tokens, _proxy(proxy) if proxy else None, hosts, written.get("url", "").rstrip("/")), tuple(problems)


def _tokens(written: Sequence[Mapping[str, Any]], reveal: Reveal) -> tuple[tuple[Token, ...], list[Problem]]:
    made: list[Token] = []
    problems: list[Problem] = []
    for index, one in enumerate(written):
        pointer = f"/dashboard/tokens/{index}/token"
        try:
            secret = reveal(one["token"]).strip()
        except Permanent as error:
            problems.append(Problem("bad-value", pointer, str(error), "put the token there, or take this entry out"))
            continue
        token = token_of(one["name"], Role(one["role"]), secret)
        problems.extend(_faults(pointer, secret, token, made))
        made.append(token)
    return tuple(made), problems


def _faults(pointer: str, secret: str, token: Token, met: Sequence[Token]) -> Iterator[Problem]:
    if len(secret) < SHORTEST:
        way = "make a long one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'"
        yield Problem("bad-value", pointer, f"the token of {token.name} has fewer than {SHORTEST} characters", way)
    for other in met:
        if other.digest == token.digest:
            message = f"{token.name} and {other.name} have the same token: nobody could tell them apart"
            yield Problem("bad-value", pointer, message, "give each a token of their own")


def _proxy(written: Mapping[str, Any]) -> Proxy:
    roles = {name: role for role in Role for name in written.get("roles", {}).get(role.value, ())}
    default = written.get("default")
    return Proxy(
        written["userHeader"].lower(),
        written.get("groupsHeader", "").lower(),
        tuple(ip_network(one) for one in written["trusted"]),
        roles,
        Role(default) if default else None,
    )
