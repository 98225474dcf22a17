"""`dashboard` in `muster.yaml`: its schema, and what a schema cannot say of it. Secrets are named there, never written."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from reconciler.source.schema import Problem
from reconciler.source.setting_schema import NAME, SECRET

ROLES: Final = ("viewer", "operator", "administrator")
GROUP: Final = "group:"
_ROLE: Final = {"enum": list(ROLES), "description": "viewer looks, operator acts, administrator does everything"}
_HEADER: Final = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9-]{0,99}$"}
_WHO: Final = {
    "type": "array",
    "maxItems": 1000,
    "items": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000-\\u001f\\u007f]*$"},
    "description": "users as the proxy names them, and groups as group:NAME",
}
_PROXY: Final[dict[str, Any]] = {
    "type": "object",
    "description": "a reverse proxy that signs people in and says who they are",
    "additionalProperties": False,
    "required": ["userHeader", "trusted"],
    "properties": {
        "userHeader": {**_HEADER, "description": "the header with the user's name, which the proxy always sets itself"},
        "groupsHeader": {**_HEADER, "description": "the header with the user's groups, with commas"},
        "trusted": {
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": {"type": "string", "maxLength": 50},
            "description": "addresses or networks of the proxy: whoever else connects is not believed",
        },
        "roles": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(ROLES, _WHO),
        },
        "default": {
            **_ROLE,
            "description": "the role of everybody else whom the proxy names; without it they have none",
        },
    },
}
DASHBOARD: Final[dict[str, Any]] = {
    "type": "object",
    "description": "who may come into the dashboard of `muster serve`; without it whoever has started that, on this machine",
    "additionalProperties": False,
    "properties": {
        "tokens": {
            "type": "array",
            "minItems": 1,
            "maxItems": 200,
            "description": "people with a token of their own",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "role", "token"],
                "properties": {
                    "name": {**NAME, "description": "as the log names them"},
                    "role": _ROLE,
                    "token": {**SECRET, "description": "16 characters at least"},
                },
            },
        },
        "proxy": _PROXY,
        "hosts": {
            "type": "array",
            "maxItems": 50,
            "items": {"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]{0,250}[A-Za-z0-9])?$"},
            "description": "names it is called by, besides that of `url`, localhost and addresses",
        },
        "url": {
            "type": "string",
            "maxLength": 200,
            "pattern": r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)/?$",
            "description": "https://…, as browsers find it, without a path: then cookies travel by TLS alone",
        },
    },
}
_TAKEN: Final = frozenset(
    {
        *("host", "cookie", "origin", "referer", "authorization", "content-type", "content-length", "connection"),
        *("transfer-encoding", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "accept"),
        *("user-agent", "sec-fetch-site", "sec-fetch-mode", "hx-request"),
    }
)
"""Headers that clients and proxies send for other reasons."""


def dashboard_problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with settings that the schema accepts."""
    dashboard = value.get("dashboard", {})
    yield from _tokens(dashboard.get("tokens", ()))
    if "proxy" in dashboard:
        yield from _proxy(dashboard["proxy"])


def _tokens(tokens: Any) -> Iterator[Problem]:
    names: set[str] = set()
    secrets: dict[tuple[tuple[str, str], ...], str] = {}
    for index, one in enumerate(tokens):
        here = f"/dashboard/tokens/{index}"
        if one["name"] in names:
            yield Problem("bad-value", f"{here}/name", f"{one['name']} stands here twice", "give it another name")
        names.add(one["name"])
        other = secrets.setdefault(tuple(one["token"].items()), one["name"])
        if other != one["name"]:
            message = f"{one['name']} and {other} have the same token: nobody could tell them apart"
            yield Problem("bad-value", f"{here}/token", message, "give each a token of their own")


def _proxy(proxy: Mapping[str, Any]) -> Iterator[Problem]:
    here = "/dashboard/proxy"
    headers = [(name, proxy[name].lower()) for name in ("userHeader", "groupsHeader") if name in proxy]
    for name, header in headers:
        if header in _TAKEN:
            way = "name one that the proxy alone sets, such as X-Auth-Request-Email"
            yield Problem("bad-value", f"{here}/{name}", f"{proxy[name]} has a meaning of its own", way)
    if len({header for _, header in headers}) < len(headers):
        message = "one header cannot hold both the user and the groups"
        yield Problem("bad-value", f"{here}/groupsHeader", message, "name another one")
    yield from _trusted(proxy["trusted"])
    yield from _roles(proxy)


def _trusted(addresses: Any) -> Iterator[Problem]:
    for index, one in enumerate(addresses):
        try:
            network = ip_network(one)
        except ValueError:
            message, way = f"{one} is neither an address nor a network", "write 10.0.0.7, 10.0.0.0/24 or fd00::7"
            yield Problem("bad-value", f"/dashboard/proxy/trusted/{index}", message, way)
            continue
        if not network.prefixlen:
            message = f"{one} is everybody: anybody could say who they are"
            yield Problem("bad-value", f"/dashboard/proxy/trusted/{index}", message, "name the proxy's own address")


def _roles(proxy: Mapping[str, Any]) -> Iterator[Problem]:
    met: dict[str, str] = {}
    for role in ROLES:
        for index, who in enumerate(proxy.get("roles", {}).get(role, ())):
            pointer = f"/dashboard/proxy/roles/{role}/{index}"
            if who in met:
                yield Problem("bad-value", pointer, f"{who} is {met[who]} already", "keep it under one role")
            if who.startswith(GROUP) and "groupsHeader" not in proxy:
                yield Problem("bad-value", pointer, "no header says who is in a group", "name groupsHeader")
            met.setdefault(who, role)
