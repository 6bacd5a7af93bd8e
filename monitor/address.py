"""Addresses of servers in the settings: whole, of http or https, and no secret sent to them in the clear."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself: ``localhost`` or an address of 127.0.0.0/8 or ``::1``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def server_of(address: str, *, example: str, carrying: str) -> SplitResult:
    """Return the parts of a server's address, which has neither path nor query.

    Raises ``ValueError`` with what to write: for anything else (``example`` is one that would do), and for http to another
    machine, where what it is ``carrying`` would be read by whoever stands between.
    """
    place = urlsplit(address)
    if place.hostname is None or place.scheme not in {"http", "https"} or place.query or place.path not in {"", "/"}:
        raise ValueError(f"must be the address of a server, such as {example}")
    if place.scheme == "http" and not is_loopback(place.hostname):
        raise ValueError(f"must begin with https:// : the {carrying} would travel in the clear")
    return place
