"""Names of streams, and who owns them.

Every stream has an owner, an account or a promo code, and its name begins with the owner's:
`account/42/job/b7.42.1001.0` is owned by `account/42`. The owner is the consistency boundary
and the unit of scale: all streams of one owner live in one shard and are decided in one line.
"""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32


@lru_cache(maxsize=4_096)
def account(account_id: int) -> str:
    """The stream of an account's credits. A command asks for it again and again, hence the cache."""
    return f"account/{account_id}"


def job(account_id: int, job_id: str) -> str:
    """The stream of one video, from queued to its end."""
    return f"account/{account_id}/job/{job_id}"


def invoice(account_id: int, invoice_id: str) -> str:
    """The stream of one offer of credits for Stars."""
    return f"account/{account_id}/invoice/{invoice_id}"


def payment(account_id: int, charge_id: str) -> str:
    """The stream of one Telegram charge."""
    return f"account/{account_id}/payment/{charge_id}"


def bonus(account_id: int, source: str) -> str:
    """The stream that makes a gift happen once: its version 1 is the gift."""
    return f"account/{account_id}/bonus/{source}"


def revocation(account_id: int, revocation_id: str) -> str:
    """The stream that makes a person's revocation happen once."""
    return f"account/{account_id}/revocation/{revocation_id}"


def promo(code: str) -> str:
    """The stream of a promo code, which owns itself."""
    return f"promo/{code}"


def owner_of(stream: str) -> str:
    """The first two segments: `account/42/job/x` is owned by `account/42`."""
    end = stream.find("/", stream.index("/") + 1)
    return stream if end < 0 else stream[:end]


def account_of(stream: str) -> int:
    """The account that owns the stream. Raises ValueError for a stream of another kind of owner."""
    kind, _, rest = stream.partition("/")
    if kind != "account":
        msg = f"{stream} belongs to no account"
        raise ValueError(msg)
    return int(rest.partition("/")[0])


def category_of(stream: str) -> str:
    """What the stream is about: `account`, `job`, `payment`, `bonus`, `revocation`, `promo`, ..."""
    segments = stream.split("/", 3)
    return segments[2] if len(segments) > 2 else segments[0]


def id_of(stream: str) -> str:
    """The last part of the name: the job's id, the charge's id, the account's number, the code."""
    segments = stream.split("/", 3)
    return segments[3] if len(segments) > 3 else segments[1]


@lru_cache(maxsize=4_096)
def shard_of(owner: str, shards: int) -> int:
    """The owner's shard, 0 to `shards` - 1. CRC-32 of the name: the same in every language."""
    return crc32(owner.encode()) % shards
