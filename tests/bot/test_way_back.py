"""The way back to an order: from wherever somebody went in the middle of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.postgres.event_store import PostgresEventStore
from bot.ordering.draft import Step
from bot.ordering.router import router as ordering
from bot.purse.router import catch_all
from bot.purse.router import router as purse
from domain.promo import CreatePromo
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.purse.chat import tap
from tests.bot.scene import Scene, buttons_of, scene_of

BACK = "🎬 Вернуться к заказу"


@pytest.fixture
def shards() -> int:
    return 2


@pytest.fixture
async def scene(store: PostgresEventStore, tmp_path: Path) -> AsyncIterator[Scene]:
    """The whole dialogue."""
    async with scene_of(store, tmp_path, purse, ordering, catch_all) as opened:
        yield opened


@pytest.fixture
async def anna(scene: Scene) -> Person:
    """Has pressed Start."""
    person = Person(scene, 42)
    await person.says("/start")
    return person


@pytest.mark.parametrize("screen", ["menu", "start", "balance", "buy", "history", "promo", "help"])
async def test_every_screen_leads_back_to_the_order_in_hand(scene: Scene, anna: Person, screen: str) -> None:
    await anna.says(f"/{screen}")
    assert BACK not in anna.labels()
    await anna.says(photo=COFFEE)
    await anna.taps("Левитация")
    question, draft = anna.shows(), anna.draft
    await anna.says(f"/{screen}")
    assert BACK in anna.labels()
    await tap(scene, 42, BACK)
    assert anna.shows() == question
    assert (anna.step, anna.draft) == (Step.PRODUCT.state, draft)


async def test_a_screen_with_the_way_back_still_turns_into_the_next_one(scene: Scene, anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await anna.says("/menu")
    menu = anna.newest
    for label in ("Баланс", "История", "Меню"):
        await tap(scene, 42, label)
        assert anna.newest == menu
        assert [button.text for button in buttons_of(scene.shown[42, menu])].count(BACK) == 1


async def test_after_a_promo_code_an_order_without_a_photo_asks_for_it(scene: Scene, anna: Person) -> None:
    terms = {"code": "SPRING", "at": datetime.now(UTC), "campaign": "spring", "amount": 5, "reason": "spring"}
    await scene.desk.executor.execute(CreatePromo.model_validate({**terms, "by": "anna"}))
    await anna.says("/menu")
    await tap(scene, 42, "Новое видео")
    await anna.says("/menu")
    await tap(scene, 42, "Промокод")
    await anna.says("SPRING")
    assert "Ваш заказ ждёт" in anna.words
    await anna.taps(BACK)
    assert anna.toast is None
    assert "Начнём с фото" in anna.words


async def test_start_after_a_first_photo_brings_no_second_gift_and_leads_back(scene: Scene) -> None:
    newcomer = Person(scene, 77)
    await newcomer.says(photo=COFFEE)
    assert "Дарим вам 1 кредит" in newcomer.words
    await newcomer.says("/start")
    assert "Дарим" not in newcomer.words
    assert "На балансе: <b>1 кредит</b>" in newcomer.words
    assert BACK in newcomer.labels()
    await scene.verified()
