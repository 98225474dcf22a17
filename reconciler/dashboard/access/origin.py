"""From where a request comes, and where it may lead: what holds other sites off."""

import re
from collections.abc import Set as AbstractSet
from ipaddress import ip_address
from typing import Final

from reconciler.web.door import Ask

HOME: Final = "/campaigns"
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.ASCII)
_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)
"""A path of this server: no other host behind two slashes, nothing that a browser takes for a slash or takes out."""
_LONGEST: Final = 2000
_OTHERS: Final = frozenset({"cross-site", "same-site"})
_FRAMES: Final = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})
"""Where a browser goes within a page of another: nobody has gone there themselves, though it calls that navigation."""


def is_called(host: str, names: AbstractSet[str]) -> bool:
    """Whether the dashboard is asked by a name of its own, or by an address.

    A page of another site may have its own name lead here; it cannot do that with an address, nor with localhost.
    """
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return False
    name = found[1].rstrip(".")
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost" or name in names
    return True


def is_from_here(ask: Ask, url: str) -> bool:
    """Whether a form was sent from a page of ours, as the browser says itself; a page cannot make it say otherwise."""
    if ask.twice & {"origin", "sec-fetch-site", "host"}:
        return False
    site, origin = ask.headers.get("sec-fetch-site"), ask.headers.get("origin", "")
    if site is not None:
        return site == "same-origin"
    host = ask.headers.get("host", "").lower()
    return origin.lower() in {f"http://{host}", f"https://{host}", url.lower() or f"http://{host}"}


def is_part_of_another(ask: Ask) -> bool:
    """Whether a page of another site asks for this as a part of itself: nobody has gone to it, and it would only be measured."""
    said = ask.headers
    is_gone_to = said.get("sec-fetch-mode") == "navigate" and said.get("sec-fetch-dest") not in _FRAMES
    return said.get("sec-fetch-site") in _OTHERS and not is_gone_to


def next_of(path: str) -> str:
    """Where somebody goes on who has come in: the path wanted, if it is one of this server."""
    if len(path) > _LONGEST or not _LOCAL.fullmatch(path) or path.startswith(("/enter", "/leave")):
        return HOME
    return path
