"""Which addresses may be asked for a video: those of known hosts and their subdomains, over https.

Plain http and other ports are for this machine's own loopback addresses, if they are among the known.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

import httpx

HOST: Final = re.compile(r"[a-z0-9._:-]+")


class NotAdmitted(Exception):
    """The address is not one to be asked; trying again does not help. The sentence names its host at most."""


class KnownHosts:
    """The hosts, `aiquickdraw.com` standing for `file.aiquickdraw.com` too."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(name.lower().strip(".") for name in names)
        assert all(self._names), "a host has a name"

    def admitted(self, url: str, *, seen_at: httpx.URL | None = None) -> httpx.URL:
        """The address, which may be relative to where it was seen. Raises NotAdmitted."""
        try:
            address = httpx.URL(url) if seen_at is None else seen_at.join(url)
            host = address.raw_host.decode("ascii").lower().rstrip(".")
        except (httpx.InvalidURL, ValueError) as error:
            raise NotAdmitted("the video's address is no address") from error
        if not HOST.fullmatch(host) or not any(host == name or host.endswith(f".{name}") for name in self._names):
            raise NotAdmitted(f"the video lies at a host that is not ours to ask: {host[:100]}")
        usual = address.scheme == "https" and address.port in {None, 443}
        own = address.scheme in {"http", "https"} and _is_loopback(host)
        if address.userinfo or not (usual or own):
            raise NotAdmitted(f"the video's address at {host[:100]} is not plain https")
        return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
