"""Promo codes and invitations, as they are typed, tapped and passed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.conversation import Conversation
from bot.purse.invite import inviter_in
from bot.purse.screens import Asking
from domain.promo import CreatePromo
from tests.bot.purse.chat import ANNA, BORIS, is_ordering, tap
from tests.bot.scene import Scene, buttons_of, words


async def there_is(scene: Scene, code: str, **terms: Any) -> None:
    """Somebody made the code."""
    usual = {"at": datetime.now(UTC), "campaign": "spring", "amount": 5, "reason": "spring", "by": "anna"}
    await scene.desk.executor.execute(CreatePromo.model_validate({**usual, "code": code, **terms}))


async def claims(scene: Scene) -> int:
    """How many claims there are, of all codes."""
    return int(await scene.store.pool.fetchval("SELECT count(*) FROM events WHERE type = 'CodeClaimed'"))


async def test_a_code_after_the_command_is_claimed(scene: Scene) -> None:
    await there_is(scene, "SPRING")
    said = words(await scene.says(ANNA, "/promo spring"))
    assert "SPRING" in said
    assert "+5 кредитов" in said
    assert await claims(scene) == 1


async def test_a_code_is_asked_for_and_claimed(scene: Scene) -> None:
    await there_is(scene, "SPRING")
    await scene.says(ANNA, "/start")
    await scene.says(ANNA, "/menu")
    await tap(scene, ANNA, "Промокод")
    assert "+5 кредитов" in words(await scene.says(ANNA, " spring "))
    assert "Не понял" in words(await scene.says(ANNA, "SPRING"))


async def test_a_claim_that_is_handled_again_after_a_crash_says_the_same(scene: Scene) -> None:
    await there_is(scene, "SPRING", bonus_days=30)
    update, at = scene.update(ANNA, "/promo SPRING"), datetime.now(UTC)
    first = await scene.handling.handle(update, Conversation(), received_at=at)
    again = await scene.handling.handle(update, Conversation(), received_at=at)
    assert f"Используйте их до {at + timedelta(days=30):%d.%m.%Y}" in words(first.replies)
    assert words(again.replies) == words(first.replies)
    assert await claims(scene) == 1


async def test_every_no_to_a_code_is_said_in_words(scene: Scene) -> None:
    await there_is(scene, "SPRING")
    await there_is(scene, "AUTUMN", expires_at=datetime.now(UTC) - timedelta(days=1))
    await there_is(scene, "FEW-ONLY", limit=1)
    await scene.says(BORIS, "/promo FEW-ONLY")
    await scene.says(ANNA, "/promo SPRING")
    assert "уже использовали" in words(await scene.says(ANNA, "/promo SPRING"))
    assert "Срок этого промокода" in words(await scene.says(ANNA, "/promo AUTUMN"))
    assert "уже разобрали" in words(await scene.says(ANNA, "/promo FEW-ONLY"))
    assert "Такого промокода нет" in words(await scene.says(ANNA, "/promo WINTER"))
    assert "не похоже на промокод" in words(await scene.says(ANNA, "/promo ???"))
    assert await claims(scene) == 2


async def test_a_code_that_is_none_can_be_typed_again(scene: Scene) -> None:
    await there_is(scene, "SPRING")
    await scene.says(ANNA, "/promo SPRNG")
    await scene.says(ANNA, "what?")
    assert "+5 кредитов" in words(await scene.says(ANNA, "SPRING"))


async def test_a_code_that_cannot_be_claimed_is_not_asked_for_again(scene: Scene) -> None:
    await there_is(scene, "AUTUMN", expires_at=datetime.now(UTC) - timedelta(days=1))
    await scene.says(ANNA, "/promo")
    await scene.says(ANNA, "AUTUMN")
    assert scene.conversations[ANNA].state is None


async def test_a_question_for_a_code_interrupts_an_order_and_gives_it_back(scene: Scene) -> None:
    await there_is(scene, "SPRING")
    await scene.says(ANNA, "/start")
    draft = is_ordering(scene, ANNA)
    await scene.says(ANNA, "/promo")
    await scene.says(ANNA, "/promo")
    replies = await scene.says(ANNA, "SPRING")
    assert "Ваш заказ ждёт" in words(replies)
    assert [button.callback_data for button in buttons_of(replies[-1])] == ["g:order", "g:balance"]
    assert scene.conversations[ANNA].draft == draft
    assert words(await scene.says(ANNA, "some steam")) == "wishes: some steam"


async def test_whoever_opens_another_screen_is_asked_no_longer(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    draft = is_ordering(scene, ANNA)
    await scene.says(ANNA, "/promo")
    assert scene.conversations[ANNA].state == Asking.code.state
    await tap(scene, ANNA, "Меню")
    assert scene.conversations[ANNA].draft == draft
    assert words(await scene.says(ANNA, "some steam")) == "wishes: some steam"


async def test_a_command_is_no_code(scene: Scene) -> None:
    await scene.says(ANNA, "/promo")
    assert "не похоже" not in words(await scene.says(ANNA, "/nothing"))


async def test_a_link_to_invite_with_names_its_owner_and_can_be_copied_and_shared(scene: Scene) -> None:
    replies = await scene.says(ANNA, "/invite")
    said = words(replies)
    assert "вы получите <b>2 кредита</b>" in said
    link = said.splitlines()[-1]
    assert urlsplit(link).path == "/neurocards_bot"
    (payload,) = parse_qs(urlsplit(link).query)["start"]
    assert inviter_in(payload) == ANNA
    (copied,) = [button.copy_text for button in buttons_of(replies[-1]) if button.copy_text is not None]
    assert copied.text == link
    (shared,) = [button.url for button in buttons_of(replies[-1]) if button.url is not None]
    assert shared.startswith("https://t.me/share/url?")
    assert parse_qs(urlsplit(shared).query)["url"] == [link]


async def test_nothing_is_promised_for_inviting_where_nothing_is_given(scene: Scene) -> None:
    packages = scene.desk.packages.model_copy(update={"referral_bonus": 0})
    scene.handling._desk = replace(scene.desk, packages=packages)
    said = words(await scene.says(ANNA, "/invite"))
    assert "https://t.me/neurocards_bot?start=" in said
    assert "получите" not in said
