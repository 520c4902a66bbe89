"""Which network addresses may be asked: public ones, and those that the user allows.

Feeds name hosts, and the owner of a name decides what it resolves to: the machine itself,
a router, the metadata service of a cloud.  So the address is checked, after the system has
resolved all names and all notations of numbers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# https://www.rfc-editor.org/rfc/rfc6052: how IPv6-only networks see every IPv4 host.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Protocol assignments, which ipaddress judged global before Python 3.11.10, and relays
# of 6to4 (RFC 7526).
_SPECIAL = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
)


def networks(allowed: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Read a list of networks and single addresses.

    Args:
      allowed: Such as ``10.0.0.0/8`` or ``127.0.0.1``.

    Raises:
      ValueError: For what is neither; the message names it.
    """
    return tuple(ipaddress.ip_network(text.strip()) for text in allowed)


def may_connect(address: str, allowed: Iterable[IPNetwork] = ()) -> bool:
    """Return whether a connection to ``address`` is permitted.

    Args:
      address: A numeric address as the system gives it, with or without a zone.
      allowed: Networks that are permitted though they are not public.

    Returns:
      True inside ``allowed``; elsewhere only for public unicast addresses.  IPv4
      addresses that IPv6 carries inside (mapped, NAT64) are judged by themselves, other
      wrappings (6to4, Teredo) refused.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if any(ip in network for network in allowed):
        return True
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL)
    return ip in _GLOBAL_UNICAST and ip.sixtofour is None and ip.teredo is None
