"""Where a request comes from, believing X-Forwarded-For only from the proxies of this installation."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def remote_address(meta: Mapping[str, object], trusted_proxies: Sequence[Network]) -> str | None:
    """The client's address in canonical form, or None where the server knows none (a unix socket).

    `meta` is `request.META`. Only when REMOTE_ADDR is a trusted proxy is the header read, from the right: the
    first hop that is not a trusted proxy is the client, whatever was forged on its left. A hop that is no
    address makes the whole header worthless: REMOTE_ADDR is returned. Never raises.
    """
    peer = _parse(str(meta.get("REMOTE_ADDR") or ""))
    if peer is None:
        return None
    client = peer
    if _trusted(peer, trusted_proxies):
        header = str(meta.get("HTTP_X_FORWARDED_FOR") or "")
        for hop in reversed(header.split(",")) if header.strip() else ():
            address = _parse(hop)
            if address is None:
                return str(peer)
            client = address
            if not _trusted(address, trusted_proxies):
                break
    return str(client)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # "::ffff:10.0.0.1" is 10.0.0.1 seen by a dual-stack socket; "%eth0" means nothing on another machine.
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _trusted(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
