"""Links to stored files that work without logging in, for a while: `/storage/inputs/42/5f1c.jpg?expires=…&signature=…`.

The signature is an HMAC-SHA256 of the file's name and the second of expiry, in URL-safe base64. Whoever has the link
may read the file until then, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import StrEnum
from typing import Final

from adapters.storage.names import checked

PATH: Final = "/storage/"
KEY_BYTES_MIN: Final = 32
SECONDS: Final = re.compile(r"[0-9]{1,12}")


class LinkFault(StrEnum):
    """Why a link opens nothing."""

    WRONG = "wrong"
    """We did not sign this."""

    EXPIRED = "expired"
    """We did, and its time is over."""


class Links:
    """Signs and checks links with a key of ours, 32 bytes at least."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES_MIN:
            msg = f"links are signed with {KEY_BYTES_MIN} bytes at least"
            raise ValueError(msg)
        self._key = key

    def sign(self, name: str, now: datetime, for_s: int) -> str:
        """Path and query of a link that opens the file for so many seconds. Raises NameRefused."""
        expires = str(int(now.timestamp()) + for_s)
        return f"{PATH}{checked(name)}?expires={expires}&signature={self._signature(name, expires)}"

    def verify(self, name: str, *, expires: str, signature: str, now: datetime) -> LinkFault | None:
        """What is wrong with a link's parts, whatever they are; None when it opens the file now."""
        right = self._signature(name, expires)
        if not hmac.compare_digest(right.encode(), signature.encode(errors="replace")) or not SECONDS.fullmatch(
            expires
        ):
            return LinkFault.WRONG
        return LinkFault.EXPIRED if int(expires) <= now.timestamp() else None

    def _signature(self, name: str, expires: str) -> str:
        signed = f"storage link\n{name}\n{expires}".encode(errors="replace")
        return urlsafe_b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode().rstrip("=")
