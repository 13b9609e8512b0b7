"""Keeping house: making views anew, forgetting a person."""

from __future__ import annotations

from typing import Final, TextIO

from admin.office import OK, Office
from domain.streams import account as account_stream
from processors.rebuild import rebuild

BUCKETS: Final = ("inputs", "outputs")
"""Of storage: below them each account has a folder."""


async def rebuild_all(office: Office, out: TextIO) -> int:
    """Rebuilds the views shard by shard. Raises RebuildOvertaken, or UnknownToViews."""
    events = 0
    for shard in range(office.shards):
        folded = await rebuild(office.shard_log, office.views, shard)
        events += folded
        out.write(f"shard {shard + 1} of {office.shards}: {folded} events\n")
        out.flush()
    out.write(f"the views are made anew from {events} events\n")
    return OK


async def forget(office: Office, account: int, out: TextIO) -> int:
    """Deletes the account's dialogue, the key of its personal texts, its photos and videos. Can be repeated.

    Raises StorageUnavailable, when the files are the only thing that is left to be deleted.
    """
    if await office.dialogues.forget(account):
        out.write(f"the dialogue of account {account} is deleted\n")
    if await office.keys.forget(account_stream(account)):
        out.write(f"the key of account {account} is deleted: its texts cannot be read any more, its books stay\n")
    else:
        out.write(f"account {account} has no key: there are no texts of it that could be read\n")
    out.flush()
    storage = office.files()
    deleted = sum([await storage.clear(f"{bucket}/{account}") for bucket in BUCKETS])
    out.write(f"photos and videos of account {account} that were deleted: {deleted}\n")
    return OK
