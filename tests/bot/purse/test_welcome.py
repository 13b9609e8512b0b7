"""/start: once a gift, always a hello, and where its link leads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation import Conversation
from bot.handling import Handling
from bot.purse.invite import inviter_in, payload_for
from bot.storage import BufferedStorage
from domain.account_words import AccountOpened
from domain.promo import CreatePromo
from domain.streams import account as account_stream
from processors.execute import Executor
from processors.ports import EVERYTHING
from tests.bot.purse.chat import ANNA, BORIS, balance, invoices, is_ordering, tap
from tests.bot.scene import Scene, buttons_of, words

GIFT = "Дарим вам 1 кредит"


async def inviter_of(scene: Scene, account: int) -> int | None:
    """Who is recorded as having invited the account."""
    async for first in scene.desk.accounts.events(account_stream(account), upto=EVERYTHING):
        assert isinstance(first.event, AccountOpened)
        return first.event.inviter
    raise AssertionError("the account is not open")


async def test_the_first_start_brings_a_gift_and_the_next_one_none(scene: Scene) -> None:
    first = words(await scene.says(ANNA, "/start"))
    assert GIFT in first
    assert "На балансе: <b>1 кредит</b>" in first
    again = words(await scene.says(ANNA, "/start"))
    assert "Привет" in again
    assert GIFT not in again
    assert (await balance(scene, ANNA)).available == 1
    await scene.verified()


async def test_a_start_that_is_handled_again_after_a_crash_says_the_same(scene: Scene) -> None:
    update, at = scene.update(ANNA, "/start"), datetime.now(UTC)
    first = await scene.handling.handle(update, Conversation(), received_at=at)
    again = await scene.handling.handle(update, Conversation(), received_at=at)
    assert GIFT in words(first.replies)
    assert words(again.replies) == words(first.replies)
    assert (await balance(scene, ANNA)).available == 1


async def test_of_two_starts_that_arrived_together_one_brings_the_gift(scene: Scene) -> None:
    at, conversation = datetime.now(UTC), Conversation()
    first = await scene.handling.handle(scene.update(ANNA, "/start"), conversation, received_at=at)
    second = await scene.handling.handle(scene.update(ANNA, "/start"), first.conversation, received_at=at)
    assert [GIFT in words(handled.replies) for handled in (first, second)] == [True, False]


async def test_a_person_whose_dialogue_was_lost_hears_of_no_second_gift(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    del scene.conversations[ANNA]
    assert GIFT not in words(await scene.says(ANNA, "/start"))


async def test_ten_starts_at_once_give_one_gift(scene: Scene) -> None:
    executors = [Executor(scene.store) for _ in range(10)]
    dispatcher = scene.handling._dispatcher
    handlings = [
        Handling(
            dispatcher,
            BufferedStorage(),
            bot=scene.handling._bot,
            desk=replace(scene.handling._desk, executor=executor),
        )
        for executor in executors
    ]
    said = await asyncio.gather(
        *(
            handling.handle(scene.update(ANNA, "/start"), Conversation(), received_at=datetime.now(UTC))
            for handling in handlings
        )
    )
    assert all("Привет" in words(handled.replies) for handled in said)
    assert (await balance(scene, ANNA)).available == 1
    await scene.verified()
    for executor in executors:
        await executor.close()


async def test_whoever_comes_by_a_link_was_invited_by_its_owner(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    await scene.says(BORIS, f"/start {payload_for(ANNA)}")
    assert await inviter_of(scene, BORIS) == ANNA


@pytest.mark.parametrize(
    "payload",
    [payload_for(BORIS), payload_for(999), "ref", "ref-1", "refzzzzzzzzzzzzz", "ref0", "else"],
    ids=["own link", "nobody's link", "no number", "no digit", "too large", "zero", "other words"],
)
async def test_a_link_that_is_nobody_elses_invites_nobody(scene: Scene, payload: str) -> None:
    assert GIFT in words(await scene.says(BORIS, f"/start {payload}"))
    assert await inviter_of(scene, BORIS) is None


async def test_who_is_here_already_is_invited_by_nobody_any_more(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    await scene.says(BORIS, "/start")
    await scene.says(BORIS, f"/start {payload_for(ANNA)}")
    assert await inviter_of(scene, BORIS) is None


@pytest.mark.parametrize("account", [1, 35, 36, 42, 7_000_000_001, 2**63 - 1])
def test_a_links_payload_names_its_account(account: int) -> None:
    assert inviter_in(payload_for(account)) == account
    assert len(payload_for(account)) <= 64


def test_a_payload_beyond_all_accounts_names_nobody() -> None:
    assert inviter_in(payload_for(2**63)) is None


async def test_a_link_may_bring_a_promo_code(scene: Scene) -> None:
    terms = {"code": "SPRING", "at": datetime.now(UTC), "campaign": "spring", "amount": 5, "reason": "spring"}
    await scene.desk.executor.execute(CreatePromo.model_validate({**terms, "by": "anna"}))
    said = words(await scene.says(ANNA, "/start promo_SPRING"))
    assert GIFT in said
    assert "SPRING" in said
    assert "+5 кредитов" in said
    again = words(await scene.says(ANNA, "/start promo_SPRING"))
    assert "Привет" in again
    assert "уже использовали" in again


async def test_a_forwarded_invoice_leads_to_the_packages(scene: Scene) -> None:
    said = await scene.says(ANNA, "/start buy")
    assert any("⭐" in button.text for button in buttons_of(said[-1]))
    assert len(invoices(await tap(scene, ANNA, "10 кредитов"))) == 1


async def test_a_start_in_the_middle_of_an_order_leaves_it_as_it_is(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    draft = is_ordering(scene, ANNA)
    await scene.says(ANNA, "/start")
    assert scene.conversations[ANNA].draft == draft
    assert words(await scene.says(ANNA, "some steam")) == "wishes: some steam"


async def test_a_company_without_a_welcome_gives_none(scene: Scene) -> None:
    desk = replace(scene.desk, catalogue=scene.desk.catalogue.model_copy(update={"welcome": 0}))
    scene.handling._desk = desk
    assert "Дарим" not in words(await scene.says(ANNA, "/start"))
    assert (await balance(scene, ANNA)).available == 0


async def test_a_welcome_that_was_raised_meanwhile_is_not_given_again(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    scene.handling._desk = replace(scene.desk, catalogue=scene.desk.catalogue.model_copy(update={"welcome": 3}))
    assert "Привет" in words(await scene.says(ANNA, "/start"))
    assert (await balance(scene, ANNA)).available == 1
