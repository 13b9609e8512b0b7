"""A chat with the ordering dialogue alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.postgres.event_store import PostgresEventStore
from bot.ordering.router import router
from tests.bot.ordering.person import Person
from tests.bot.scene import Scene, scene_of


@pytest.fixture
def shards() -> int:
    return 2


@pytest.fixture
async def scene(store: PostgresEventStore, tmp_path: Path) -> AsyncIterator[Scene]:
    """The bot."""
    async with scene_of(store, tmp_path, router) as opened:
        yield opened


@pytest.fixture
async def anna(scene: Scene) -> Person:
    """Speaks Russian and has 10 credits."""
    return await Person(scene, 42).with_credits(10)


@pytest.fixture
async def emma(scene: Scene) -> Person:
    """Speaks English and has 10 credits."""
    scene.languages[43] = "en"
    return await Person(scene, 43).with_credits(10)
