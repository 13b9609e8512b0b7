"""Somebody who does anything at any time is always answered, nothing breaks, and the books are right."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.postgres.event_store import PostgresEventStore
from bot.ordering.router import router as ordering
from bot.purse.router import catch_all
from bot.purse.router import router as purse
from tests.bot.scene import Scene, scene_of
from tests.conftest import DATA_KEY, Database
from tests.proofs.chats import World
from tests.proofs.random_user import RandomUser

SETTINGS = settings(
    max_examples=10,
    stateful_step_count=50,
    database=None,
    print_blob=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def shards() -> int:
    return 2


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    """The bot on a loop of its own, which stands still while hypothesis thinks."""

    async def opened(stack: AsyncExitStack) -> Scene:
        store = await stack.enter_async_context(PostgresEventStore.opened(database.url, DATA_KEY))
        return await stack.enter_async_context(scene_of(store, tmp_path, purse, ordering, catch_all))

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        def run(work: Coroutine[Any, Any, Any]) -> Any:
            return runner.run(work)

        yield World(run, run(opened(stack)))
        run(stack.aclose())


@pytest.mark.timeout(7200)
def test_whoever_does_anything_at_any_time_is_answered_and_the_books_are_right(
    world: World, *, prove: bool, record_property: Any
) -> None:
    machine = type("RandomUserHere", (RandomUser,), {"world": world})
    examples = 400 if prove else SETTINGS.max_examples
    chosen = machine if prove else seed(0)(machine)
    run_state_machine_as_test(chosen, settings=settings(SETTINGS, max_examples=examples))
    record_property("people's deeds", sum(world.done.values()))
    record_property("kinds of them", len(world.done))
