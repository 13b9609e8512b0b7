"""What people read in the end when the messenger has troubles and when the feedback is killed."""

from __future__ import annotations

import asyncio

import pytest
from aiogram.methods import EditMessageText, SendMessage

from domain import job_words as w
from domain.outside import MaybeSaid, NotSaid, WhyNot
from tests.bot.feedback.chat import (
    ME,
    YOU,
    Answer,
    Chats,
    Spoken,
    all_noted,
    all_told,
    feedback_at_work,
    kill,
    order,
    shown,
    unsure,
)
from tests.conftest import Database
from tests.processors.scene import AT, Scene


async def test_whoever_is_gone_is_left_alone_and_others_are_told(scene: Scene, database: Database) -> None:
    asked: list[Spoken] = []

    def gone(method: Spoken) -> Answer | None:
        asked.append(method)
        return NotSaid(WhyNot.GONE, "blocked") if method.chat_id == ME else None

    chats = Chats(answers=gone)
    async with feedback_at_work(scene, database, chats):
        for account in (ME, YOU):
            await scene.fail(account, (await order(scene, account))[0])
        await all_told(scene)
        assert chats.messages.keys() == {YOU}
        assert chats.cards.keys() == {(YOU, 1)}
        assert any(method.chat_id == ME for method in asked)


async def test_a_card_that_is_gone_is_not_looked_for_again_and_its_ends_are_told(
    scene: Scene, database: Database
) -> None:
    edits: list[Spoken] = []

    def deleted(method: Spoken) -> Answer | None:
        if isinstance(method, EditMessageText):
            edits.append(method)
            return NotSaid(WhyNot.NOT_THERE, "message to edit not found")
        return None

    chats = Chats(answers=deleted)
    async with feedback_at_work(scene, database, chats):
        (job,) = await order(scene, ME)
        await chats.until(lambda: bool(edits))
        await scene.fail(ME, job)
        await all_told(scene)
        assert len(edits) == 1
        assert len(chats.messages[ME]) == 1


@pytest.mark.parametrize(
    ("first_answers", "copies"),
    [
        ([NotSaid(WhyNot.UNREACHABLE, "no way")] * 3, 1),
        ([NotSaid(WhyNot.REFUSED, "can't parse")], 0),
        ([MaybeSaid("no answer")], 2),
        ([MaybeSaid("no answer")] * 9, 2),
        ([MaybeSaid("no answer"), NotSaid(WhyNot.UNREACHABLE, "no way"), MaybeSaid("no answer")], 2),
    ],
)
async def test_an_end_is_said_again_while_that_can_help(
    scene: Scene, database: Database, first_answers: list[Answer], copies: int
) -> None:
    answers = list(first_answers)

    def answer(method: Spoken) -> Answer | None:
        return answers.pop(0) if isinstance(method, SendMessage) and answers else None

    chats = Chats(answers=answer)
    async with feedback_at_work(scene, database, chats):
        await scene.fail(ME, (await order(scene, ME))[0])
        await all_told(scene)
        assert len(chats.messages.get(ME, [])) == copies


@pytest.mark.parametrize("why", [NotSaid(WhyNot.UNREACHABLE, "no way"), MaybeSaid("no answer")])
async def test_a_card_that_could_not_be_changed_is_changed_later(scene: Scene, database: Database, why: Answer) -> None:
    answers: list[Answer] = [why] * 3

    def answer(method: Spoken) -> Answer | None:
        return answers.pop(0) if isinstance(method, EditMessageText) and answers else None

    chats = Chats(answers=answer)
    async with feedback_at_work(scene, database, chats):
        (job,) = await order(scene, ME)
        await scene.fail(ME, job)
        await all_told(scene)
        assert answers == []
        assert chats.card(ME) == await shown(scene, ME, job)


async def test_nobody_waits_for_anothers_chat_nor_an_end_for_its_card(scene: Scene, database: Database) -> None:
    never = asyncio.Event()

    def held(method: Spoken) -> asyncio.Event | None:
        return never if method.chat_id == ME and isinstance(method, EditMessageText) else None

    chats = Chats(gate=held)
    async with feedback_at_work(scene, database, chats):
        (mine,), (yours,) = await order(scene, ME), await order(scene, YOU)
        await chats.until(lambda: (ME, 1) in chats.cards)
        await scene.fail(ME, mine)
        await scene.fail(YOU, yours)
        await chats.until(lambda: len(chats.messages) == 2)
        assert len(chats.cards[ME, 1]) == 1
        never.set()
        await all_told(scene)
        assert chats.card(ME) == await shown(scene, ME, mine)


async def eventful(scene: Scene) -> None:
    """An order whose videos end in every way that is told."""
    first, second, third = await order(scene, ME, count=3)
    await unsure(scene, ME, first)
    await scene.fail(ME, second)
    await scene.executor.execute(w.CancelJob(account=ME, at=AT, job=third))
    await scene.executor.execute(w.RecordLateVideo(account=ME, at=AT, job=second, number=1, file="late.mp4"))


@pytest.mark.parametrize("fatal", range(1, 8))
async def test_a_kill_between_saying_and_keeping_repeats_a_message_at_most(
    scene: Scene, database: Database, fatal: int
) -> None:
    calls, reached, never = [0], asyncio.Event(), asyncio.Event()

    def dies(_method: Spoken) -> asyncio.Event | None:
        calls[0] += 1
        if calls[0] == fatal:
            reached.set()
        return never if calls[0] >= fatal else None

    chats = Chats(gate=dies)
    async with feedback_at_work(scene, database, chats) as tasks:
        at_its_work = asyncio.create_task(eventful(scene))
        told = asyncio.create_task(all_told(scene))
        await asyncio.wait([asyncio.create_task(reached.wait()), told], return_when=asyncio.FIRST_COMPLETED)
        await kill(tasks)
        told.cancel()
        await at_its_work
    before = len(chats.messages.get(ME, []))
    chats.gate = lambda _: None
    async with feedback_at_work(scene, database, chats):
        await all_told(scene)
    said = chats.messages[ME]
    assert sorted({message[0] for message in said}) == sorted({"❔", "❌", "🎁"})
    assert len(said) <= 3 + bool(before)
    assert "отправлено, но без подтверждения" in chats.card(ME)


async def test_what_is_noted_and_not_told_is_told_by_the_next_owner(scene: Scene, database: Database) -> None:
    chats = Chats(gate=lambda _: asyncio.Event())
    async with feedback_at_work(scene, database, chats) as tasks:
        await scene.fail(ME, (await order(scene, ME))[0])
        await all_noted(scene)
        await chats.until(lambda: bool(chats.messages))
        await kill(tasks)
    chats = Chats()
    async with feedback_at_work(scene, database, chats):
        await all_told(scene)
    assert len(chats.messages[ME]) == 1
    assert "вернулось 1" in chats.card(ME)


async def test_two_who_tell_one_shard_lose_nothing_and_both_go_on(scene: Scene, database: Database) -> None:
    chats = Chats()
    async with feedback_at_work(scene, database, chats), feedback_at_work(scene, database, chats) as others:
        for number in range(1, 4):
            await scene.fail(ME, (await order(scene, ME, number))[0])
            await scene.fail(YOU, (await order(scene, YOU, number))[0])
        await all_told(scene)
        assert not any(task.done() for task in others)
    for account in (ME, YOU):
        assert 3 <= len(chats.messages[account]) <= 6
        assert all("вернулось 1" in chats.card(account, number) for number in range(1, 4))
