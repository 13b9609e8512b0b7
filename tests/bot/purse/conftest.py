"""The menu in front of a dialogue that takes every text, on a real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from app.packages import packaged_packages
from bot.purse.router import catch_all, router
from tests.bot.purse.chat import other_dialogue
from tests.bot.scene import Scene, scene_of


@pytest.fixture
async def scene(store: PostgresEventStore, tmp_path: Path) -> AsyncIterator[Scene]:
    """The bot as far as it is about credits."""
    selling = {"accounts": PostgresAccounts(store), "packages": packaged_packages()}
    async with scene_of(store, tmp_path, router, other_dialogue(), catch_all, **selling) as opened:
        yield opened
