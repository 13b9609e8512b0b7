"""The feedback at work on a real log: what people read in the end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given

from adapters.postgres.event_store import PostgresEventStore
from bot.feedback.loop import FOLLOWED
from bot.texts import Language
from domain import job_words as w
from domain.events import EVENT_NAMES
from domain.feedback import hear, progress_of
from domain.outside import Urgency
from domain.shown import Wait
from processors.clock import SystemClock
from processors.execute import Executor
from tests.bot.feedback.chat import (
    ME,
    QUICK,
    YOU,
    Chats,
    Speakers,
    all_told,
    card_is_kept,
    feedback_at_work,
    order,
    shown,
    unsure,
)
from tests.bot.feedback.lives import Life, orders
from tests.conftest import Database
from tests.processors.scene import AT, Scene, at_work, life_of

BACK = "1 кредит вернулся"


async def test_a_card_follows_its_videos_to_the_end_and_nothing_else_is_said(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        first, second, third = await order(scene, ME, count=3)
        await chats.until(lambda: "1 ⏳ в очереди, " in chats.card(ME))
        await scene.deliver(ME, first)
        await chats.until(lambda: "1 ✅ доставлено" in chats.card(ME))
        await scene.deliver(ME, second)
        await scene.executor.execute(w.CancelJob(account=ME, at=AT, job=third))
        await all_told(scene)
        assert chats.card(ME) == await shown(scene, ME, first)
        assert "потрачено 2 · вернулось 1" in chats.card(ME)
        assert chats.messages == {}
        assert chats.urgencies == {("EditMessageText", Urgency.EDIT)}


async def test_a_failure_is_told_once_when_the_credits_are_back(store: PostgresEventStore, database: Database) -> None:
    executor, chats = Executor(store), Chats()
    unsettled = Scene(store, executor, views=None, workers=[])  # type: ignore[arg-type]  # nobody looks at views
    await unsettled.open(ME, 5)
    async with feedback_at_work(unsettled, database, chats):
        jobs = await order(unsettled, ME, count=3)
        for job in jobs:
            await unsettled.fail(ME, job)
        await chats.until(lambda: "возвращается 3" in chats.card(ME))
        assert chats.messages == {}
        async with at_work(store) as settled:
            await all_told(settled)
        titles = " ".join(message.splitlines()[0].partition(" из ")[0] for message in chats.messages[ME])
        assert sorted(re.findall(r"\d", titles)) == ["1", "2", "3"]
        assert "вернулось 3" in chats.card(ME)
        assert ("SendMessage", Urgency.MESSAGE) in chats.urgencies
    await executor.close()


async def test_an_end_is_told_with_its_reason_and_in_the_persons_language(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats, speakers=Speakers(english={YOU})):
        for account in (ME, YOU):
            await scene.fail(account, (await order(scene, account))[0])
        await all_told(scene)
        assert [BACK in message for message in chats.messages[ME]] == [True]
        assert ["1 credit is back" in message for message in chats.messages[YOU]] == [True]


async def test_a_video_that_may_not_have_arrived_and_one_that_came_late_are_offered(
    scene: Scene, database: Database
) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        first, second, _ = await order(scene, ME, count=3)
        await unsure(scene, ME, first)
        await scene.fail(ME, second)
        await all_told_but_queued(scene, chats, 2)
        late = w.RecordLateVideo(account=ME, at=AT, job=second, number=1, file="late.mp4")
        await scene.executor.execute(late)
        await all_told_but_queued(scene, chats, 3)
        first_two, last = chats.messages[ME][:2], chats.messages[ME][2]
        assert {message[0] for message in first_two} == {"❔", "❌"}
        assert last[0] == "🎁"


async def all_told_but_queued(scene: Scene, chats: Chats, count: int) -> None:
    """Returns when so many messages were said."""
    await scene.at_rest()
    await chats.until(lambda: len(chats.messages.get(ME, [])) >= count)


async def test_a_late_video_after_all_was_told_repeats_nothing(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        (job,) = await order(scene, ME)
        await scene.fail(ME, job)
        await all_told(scene)
    async with feedback_at_work(scene, database, chats):
        await scene.executor.execute(w.RecordLateVideo(account=ME, at=AT, job=job, number=1, file="late.mp4"))
        await all_told(scene)
    assert [message[0] for message in chats.messages[ME]] == ["❌", "🎁"]
    assert "пришло позже" in chats.card(ME)


async def test_it_starts_at_the_present(scene: Scene, database: Database) -> None:
    chats = Chats()
    await scene.fail(ME, (await order(scene, ME, 1))[0])
    await scene.at_rest()
    async with feedback_at_work(scene, database, chats):
        await scene.fail(ME, (await order(scene, ME, 2))[0])
        await all_told(scene)
        assert len(chats.messages[ME]) == 1
        assert chats.cards.keys() == {(ME, 2)}


async def test_what_happens_while_nobody_follows_is_told_after(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        pass
    (job,) = await order(scene, ME)
    await scene.fail(ME, job)
    await scene.at_rest()
    async with feedback_at_work(scene, database, chats):
        await all_told(scene)
    assert len(chats.messages[ME]) == 1
    assert chats.cards[ME, 1] == [await shown(scene, ME, job)]


class TwoHoursLater(SystemClock):
    """A clock for those who were away."""

    def now(self) -> datetime:
        """Two hours from now."""
        return datetime.now(UTC) + timedelta(hours=2)


async def test_an_end_that_is_old_news_is_on_the_card_only(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats, clock=TwoHoursLater()):
        (job,) = await order(scene, ME)
        await scene.fail(ME, job)
        await all_told(scene)
        assert chats.messages == {}
        assert chats.card(ME) == await shown(scene, ME, job)


async def test_an_order_that_came_from_no_card_has_nobody_to_tell(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        await scene.fail(ME, (await scene.order(ME, 1))[0])
        await scene.fail(YOU, (await order(scene, YOU))[0])
        await all_told(scene)
        assert chats.messages.keys() == {YOU}
        assert chats.cards.keys() == {(YOU, 1)}


async def test_a_card_changes_no_oftener_than_it_may(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats, rhythm=QUICK._replace(edit_every_s=3_600)):
        first, second, third = await order(scene, ME, count=3)
        await chats.until(lambda: (ME, 1) in chats.cards)
        await scene.deliver(ME, first)
        for number, job in enumerate((second, third), start=1):
            await scene.fail(ME, job)
            await chats.until(lambda said=number: len(chats.messages.get(ME, [])) == said)  # type: ignore[misc]  # a default in a lambda has no type
        assert len(chats.cards[ME, 1]) == 1


async def test_a_place_in_line_changes_without_news_of_the_order(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        (first,) = await order(scene, YOU)
        await order(scene, ME)
        await chats.until(lambda: "2-е" in chats.card(ME))
        await scene.deliver(YOU, first)
        await chats.until(lambda: "1-е" in chats.card(ME))
        assert chats.messages == {}


async def test_who_waits_for_a_video_in_the_making_is_told_how_long_it_usually_takes(
    scene: Scene, database: Database
) -> None:
    chats = Chats()
    (others,) = await order(scene, YOU)
    await scene.deliver(YOU, others)
    await scene.caught_up()
    async with feedback_at_work(scene, database, chats):
        (mine,) = await order(scene, ME)
        for command in life_of(ME, mine)[:3]:
            await scene.executor.execute(command)
        await chats.until(lambda: "От заказа до видео обычно проходит меньше минуты" in chats.card(ME))


async def test_a_card_that_is_up_to_date_is_left_alone_by_the_next_owner(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        (job,) = await order(scene, ME)
        await card_is_kept(scene, ME, job, Wait(1, None))
    seen = list(chats.cards[ME, 1])
    async with feedback_at_work(scene, database, chats):
        (other,) = await order(scene, ME, 2)
        await scene.fail(ME, other)
        await chats.until(lambda: "вернулось 1" in chats.card(ME, 2))
    assert chats.cards[ME, 1] == seen


async def test_a_language_that_cannot_be_read_stops_nobody_else(scene: Scene, database: Database) -> None:
    failures = [RuntimeError("the database is away")]

    class Stumbling(Speakers):
        async def of(self, account: int) -> Language:
            if account == ME and failures:
                raise failures.pop()
            return await super().of(account)

    chats = Chats()
    async with feedback_at_work(scene, database, chats, speakers=Stumbling()):
        for account in (ME, YOU):
            await scene.fail(account, (await order(scene, account))[0])
        await all_told(scene)
        assert (len(chats.messages[ME]), len(chats.messages[YOU])) == (1, 1)
        assert failures == []


@given(orders())
def test_every_event_that_changes_what_is_heard_is_followed(every: list[Life]) -> None:
    for life in every:
        for length in range(1, len(life)):
            before, event = progress_of(life[:length]), life[length]
            assert hear(before, event) == before or EVENT_NAMES[type(event)] in FOLLOWED
    assert set(FOLLOWED) <= set(EVENT_NAMES.values())
