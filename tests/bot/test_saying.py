"""Replies as they are said: what a person hears when a video cannot be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from adapters.postgres.event_store import PostgresEventStore
from bot.languages import Languages
from bot.saying import Saying
from bot.talk import Resend
from bot.texts import Language, text
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.order import PlaceOrder
from domain.outside import MaybeSaid, NotSaid, WhyNot
from tests.bot.chat import Chat, chat_on
from tests.conftest import Database
from tests.processors.scene import AT, life_of

ME = 1
ORDER = "b1.1.1"
JOB = f"{ORDER}.0"

CAME: Final[Sequence[tuple[NotSaid | MaybeSaid | None, list[str]]]] = (
    (None, [f"video {JOB}"]),
    (MaybeSaid("no answer"), []),
    (NotSaid(WhyNot.GONE, "blocked"), []),
    (NotSaid(WhyNot.NO_FILE, "swept"), [text(Language.RU, "video-not-sent")]),
    (NotSaid(WhyNot.UNREACHABLE, "storage is down"), [text(Language.RU, "video-not-now")]),
    (NotSaid(WhyNot.TOO_LARGE, "and there is no link"), [text(Language.RU, "video-not-now")]),
    (NotSaid(WhyNot.REFUSED, "a bug"), [text(Language.RU, "video-not-now")]),
)
"""What goes wrong with sending a video, and what is heard then."""


@pytest.fixture
def shards() -> int:
    return 1


async def test_a_video_that_is_not_sent_again_is_said_to_be_gone_only_if_it_is(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat:
        await delivered(chat)
        saying = Saying(chat.listener, chat.listener, chat.scene.desk.orders, Languages(chat.inbox))
        for came, told in CAME:
            chat.listener.video = came
            chat.listener.said.clear()
            await saying.say_all(ME, [Resend(JOB)])
            assert chat.listener.said == [(ME, one) for one in told], came


async def delivered(chat: Chat) -> None:
    """Somebody has a video."""
    execute = chat.scene.desk.executor.execute
    await execute(OpenAccount(account=ME, at=AT))
    await execute(GiveBonus(account=ME, at=AT, source="gift", amount=1, reason="a gift", by="a test"))
    await execute(PlaceOrder(account=ME, at=AT, order=ORDER, count=1, model="model", price=1, photo="photo"))
    for command in life_of(ME, JOB):
        await execute(command)
