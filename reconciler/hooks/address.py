"""Which addresses may be called: the world's, and those of a private network where that is allowed. (SSRF)

Some may never be: link-local ones and the metadata services of clouds, which hand out credentials to whoever asks from inside.
"""

from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final


class Standing(Enum):
    """To whom an address belongs."""

    PUBLIC = "public"
    PRIVATE = "private"
    NEVER = "never"


_PRIVATE: Final = tuple(
    ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "fc00::/7", "::1/128")
)
_METADATA: Final = frozenset(
    ip_address(one) for one in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Of clouds that do not keep theirs at a link-local address."""
_UNICAST: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")


def standing(text: str) -> Standing:
    """To whom this address belongs; never one that is none, or that is bound to one of our own interfaces."""
    try:
        address = ip_address(text)
    except ValueError:
        return Standing.NEVER
    return _of_4(address) if isinstance(address, IPv4Address) else _of_6(address)


def of_all(addresses: Iterable[str]) -> Standing:
    """To whom a name belongs that stands for all these: who mixes what is public with what is not is up to something."""
    found = {standing(one) for one in addresses}
    return found.pop() if len(found) == 1 else Standing.NEVER


def _of_4(address: IPv4Address) -> Standing:
    if address in _METADATA:
        return Standing.NEVER
    if any(address in network for network in _PRIVATE):
        return Standing.PRIVATE
    return Standing.PUBLIC if address.is_global and not address.is_multicast else Standing.NEVER


def _of_6(address: IPv6Address) -> Standing:
    if address.ipv4_mapped:
        return _of_4(address.ipv4_mapped)
    inside = address.sixtofour or (IPv4Address(address.packed[12:]) if address in _NAT64 else None)
    if inside:  # translated on the way: a private address behind it would be another network's
        return Standing.PUBLIC if _of_4(inside) is Standing.PUBLIC else Standing.NEVER
    if address.scope_id or address in _METADATA:
        return Standing.NEVER
    if any(address in network for network in _PRIVATE):
        return Standing.PRIVATE
    return Standing.PUBLIC if address in _UNICAST and address.is_global else Standing.NEVER
