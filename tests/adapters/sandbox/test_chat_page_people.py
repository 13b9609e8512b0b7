"""The chat page with several users, on a phone, for a newcomer, and over a connection that breaks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiogram.types import BotCommand, LabeledPrice
from playwright.async_api import Browser, expect

from tests.adapters.sandbox.chat_page_scene import (
    CHROMIUM,
    PHONE,
    Telegram,
    begun,
    chromium,
    messenger,
    telegram,
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"the chat page is not tested: there is no {CHROMIUM}"),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def there() -> AsyncIterator[Telegram]:
    async with telegram() as there:
        yield there


async def test_two_users_chat_side_by_side(browser: Browser, there: Telegram) -> None:
    anna, boris = there.sandbox.people.add("Анна"), there.sandbox.people.add("Борис")
    async with messenger(browser, there.address, path=f"/#{anna.id}") as shown:
        await shown.mark("split").click()
        await shown.mark("split-sheet").get_by_text("Борис").click()
        panes = shown.mark("conversation")
        await expect(panes).to_have_count(2)
        for pane, user in ((panes.nth(1), boris), (panes.nth(0), anna)):
            await pane.get_by_test_id("composer").fill(f"Это {user.first_name}")
            await pane.get_by_test_id("send").click()
            message = await there.message()
            assert (message.chat.id, message.text) == (user.id, f"Это {user.first_name}")
        assert shown.page.url.endswith(f"#{anna.id}+{boris.id}")
        await shown.page.reload()
        await expect(panes.nth(1).get_by_test_id("message")).to_contain_text("Это Борис")


async def test_an_address_may_name_somebody_who_has_just_come(browser: Browser, there: Telegram) -> None:
    there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        vera = there.sandbox.people.add("Вера")
        await shown.page.evaluate("id => { location.hash = id }", vera.id)
        await expect(shown.mark("conversation")).to_have_attribute("data-user-id", str(vera.id))


async def test_a_forwarded_invoice_is_news_for_the_other_who_can_pay_it(browser: Browser, there: Telegram) -> None:
    anna, boris = there.sandbox.people.add("Анна"), there.sandbox.people.add("Борис")
    async with messenger(browser, there.address, path=f"/#{anna.id}") as shown:
        await begun(shown, there)
        price = [LabeledPrice(label="5", amount=200)]
        sent = await there.bot.send_invoice(
            anna.id, title="5", description="5", payload="p", currency="XTR", prices=price
        )
        await shown.message(sent.message_id).hover()
        await shown.message(sent.message_id).get_by_test_id("message-menu").click()
        await shown.mark("forward").click()
        await shown.mark("forward-sheet").get_by_text("Борис").click()
        await expect(shown.mark("unread")).to_have_text("1")
        await expect(shown.page).to_have_title("(1) Neurocards")
        await shown.mark("user").nth(1).click()
        await expect(shown.mark("unread")).to_have_count(0)
        await shown.key("200").click()
        await shown.mark("pay-confirm").click()
        query = (await there.update()).pre_checkout_query
        assert query is not None
        assert query.from_user.id == boris.id


async def test_a_link_of_the_bot_is_opened_as_a_new_user(browser: Browser, there: Telegram) -> None:
    anna = there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        await begun(shown, there)
        username = (await there.bot.me()).username
        await there.bot.send_message(
            anna.id, f'<a href="https://t.me/{username}?start=ref_7">Позовите</a>', parse_mode="HTML"
        )
        await shown.chat.get_by_text("Позовите").click()
        await shown.mark("open-as-sheet").locator('[data-choice="new"]').click()
        await shown.mark("new-user-create").click()
        message = await there.message()
        assert message.text == "/start ref_7"
        assert message.chat.id != anna.id
        await expect(shown.mark("conversation")).to_have_attribute("data-user-id", str(message.chat.id))


async def test_a_blocked_bot_hears_of_it_and_cannot_be_written_to(browser: Browser, there: Telegram) -> None:
    there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        await begun(shown, there)
        await shown.mark("chat-menu").click()
        await shown.mark("block").click()
        member = (await there.update()).my_chat_member
        assert member is not None
        assert member.new_chat_member.status == "kicked"
        await expect(shown.mark("composer")).to_be_hidden()
        await shown.mark("unblock").click()
        member = (await there.update()).my_chat_member
        assert member is not None
        assert member.new_chat_member.status == "member"
        await expect(shown.mark("composer")).to_be_visible()


async def test_commands_of_the_bot_are_offered_and_sent(browser: Browser, there: Telegram) -> None:
    there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        commands = [
            BotCommand(command="balance", description="Баланс"),
            BotCommand(command="help", description="Справка"),
        ]
        await there.bot.set_my_commands(commands)
        await shown.mark("commands").click()
        await expect(shown.page.locator("[data-command]")).to_have_count(2)
        await shown.mark("composer").fill("/ba")
        await expect(shown.page.locator("[data-command]")).to_have_text("/balanceБаланс")
        await shown.page.locator("[data-command]").click()
        assert (await there.message()).text == "/balance"


async def test_what_the_bot_does_is_seen_until_it_is_done(browser: Browser, there: Telegram) -> None:
    there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        chat = await begun(shown, there)
        await there.bot.send_chat_action(chat, "upload_video")
        await expect(shown.mark("status")).to_have_text("отправляет видео")
        await there.bot.send_message(chat, "Готово")
        await expect(shown.mark("status")).to_have_text("бот")


async def test_nothing_is_missed_while_the_connection_is_broken(browser: Browser, tmp_path: Path) -> None:
    async with AsyncExitStack() as life:
        there = await life.enter_async_context(telegram(tmp_path))
        anna = there.sandbox.people.add("Анна")
        async with messenger(browser, there.address) as shown:
            await begun(shown, there)
            await shown.page.evaluate("window.opened = 'once'")
            await expect(shown.mark("offline")).to_be_hidden()
            await life.aclose()
            await expect(shown.mark("offline")).to_be_visible()
            async with telegram(tmp_path, port=urlsplit(there.address).port or 0) as again:
                sent = await again.bot.send_message(anna.id, "Я вернулся")
                await expect(shown.message(sent.message_id)).to_contain_text("Я вернулся")
                await expect(shown.mark("offline")).to_be_hidden()
                await shown.write("Наконец")
                await expect(shown.mark("message")).to_have_count(3)
                assert await shown.page.evaluate("window.opened") == "once"


async def test_a_phone_shows_the_list_or_a_chat_and_never_scrolls_sideways(browser: Browser, there: Telegram) -> None:
    there.sandbox.people.add("Анна")
    boris = there.sandbox.people.add("Борис")
    async with messenger(browser, there.address, size=PHONE) as shown:
        chat = await begun(shown, there)
        await there.bot.send_message(chat, "очень" * 100)
        await expect(shown.mark("message")).to_have_count(2)
        assert await shown.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        assert await shown.chat.evaluate("chat => chat.scrollWidth - chat.clientWidth") == 0
        await expect(shown.mark("users")).to_be_hidden()
        await shown.mark("back").tap()
        await expect(shown.mark("conversation")).to_be_hidden()
        await shown.mark("user").nth(1).tap()
        await expect(shown.mark("conversation")).to_have_attribute("data-user-id", str(boris.id))
        await expect(shown.mark("users")).to_be_hidden()


async def test_the_tips_follow_the_newcomer_and_stay_away_once_closed(browser: Browser, there: Telegram) -> None:
    async with messenger(browser, there.address) as shown:
        steps = shown.mark("guide").locator("li")
        await expect(steps.nth(0)).to_have_class("next")
        await begun(shown, there)
        await expect(steps.nth(0)).to_have_class("happened")
        await expect(steps.nth(1)).to_have_class("next")
        await shown.mark("guide-close").click()
        await shown.page.reload()
        await expect(shown.mark("message")).to_have_count(1)
        await expect(shown.mark("guide")).to_be_hidden()


async def test_the_page_speaks_english_when_asked(browser: Browser, there: Telegram) -> None:
    async with messenger(browser, there.address, path="/?lang=en") as shown:
        await expect(shown.mark("start")).to_have_text("Start")
        assert re.search("[А-Яа-яЁё]", await shown.page.locator("body").inner_text()) is None
