"""The ledger at work, and two people with credits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.postgres.event_store import PostgresEventStore
from tests.bot.feedback.chat import ME, YOU
from tests.processors.scene import Scene, at_work


@pytest.fixture
def shards() -> int:
    """Two are enough for people who must not wait for each other."""
    return 2


@pytest.fixture
async def scene(store: PostgresEventStore) -> AsyncIterator[Scene]:
    """The ledger at work, two people with credits."""
    async with at_work(store) as scene:
        for account in (ME, YOU):
            await scene.open(account, 20)
        yield scene
