"""An account whose every past balance is known.

position   1        2,3      4,5        6,7        8..14      15        16      17
event      opened   gift 5   reserve 1  reserve 1  delivery   captured  failed  refunded
available  0        5        4          3          3          3         3       4
reserved   0        0        1          2          2          1         1       0
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from tests.processors.scene import at_work

BALANCES = {1: (0, 0), 3: (5, 0), 4: (4, 1), 5: (4, 1), 6: (3, 2), 14: (3, 2), 15: (3, 1), 16: (3, 1), 17: (4, 0)}
"""Available and reserved of account 42 after each position of its shard that a test may ask for."""

DELIVERED, FAILED = "b.42.1.0", "b.42.1.1"


@dataclass(frozen=True)
class Past:
    """Account 42 and when its events were recorded, by position."""

    accounts: PostgresAccounts
    moments: dict[int, datetime]


@pytest.fixture
async def past(store: PostgresEventStore) -> Past:
    """The account, with the views up to date."""
    async with at_work(store) as scene:
        await scene.open(42, 5)
        await scene.order(42, 1, count=2)
        await scene.deliver(42, DELIVERED)
        await scene.settled(42, DELIVERED)
        await scene.fail(42, FAILED)
        await scene.settled(42, FAILED)
        assert await scene.balance(42) == (4, 0, 1, 0)
    accounts = PostgresAccounts(store)
    rows = await store.reader.shard_page(accounts.shard(42), after=0)
    return Past(accounts, {row["position"]: row["recorded_at"] for row in rows})
