"""The chat page in a real browser: what a person does there reaches the bot, and what the bot does is seen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    MessageEntity,
)
from playwright.async_api import Browser, expect

from adapters.sandbox.mp4 import ready_made
from tests.adapters.sandbox.chat_page_scene import (
    CHROMIUM,
    PHOTOS,
    Messenger,
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

COFFEE: Final = PHOTOS / "coffee.jpg"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def there() -> AsyncIterator[Telegram]:
    async with telegram() as there:
        yield there


@pytest_asyncio.fixture(loop_scope="module")
async def anna(browser: Browser, there: Telegram) -> AsyncIterator[Messenger]:
    there.sandbox.people.add("Анна")
    async with messenger(browser, there.address) as shown:
        yield shown


def keys(*rows: tuple[InlineKeyboardButton, ...]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows])


def button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)


async def test_a_first_visitor_has_a_user_and_starts_with_one_click(browser: Browser, there: Telegram) -> None:
    async with messenger(browser, there.address) as shown:
        await expect(shown.mark("user")).to_have_count(1)
        await expect(shown.mark("stars")).to_have_text(re.compile(r"^1\s000$"))
        chat = await begun(shown, there)
        await expect(shown.mark("start")).to_be_hidden()
        await expect(shown.mark("message")).to_have_attribute("data-own", "true")
        assert shown.page.url.endswith(f"#{chat}")


async def test_a_text_shows_its_formatting_and_never_becomes_markup(anna: Messenger, there: Telegram) -> None:
    chat = await begun(anna, there)
    text = '😀 жирный /help <img src=x onerror="window.caught=1"> ссылка'
    entities = [
        MessageEntity(type="bold", offset=3, length=6),
        MessageEntity(type="bot_command", offset=10, length=5),
        MessageEntity(type="text_link", offset=len(text) - 6 + 1, length=6, url="https://example.com/a"),
    ]
    sent = await there.bot.send_message(chat, text, entities=entities)
    bubble = anna.message(sent.message_id)
    await expect(bubble.locator("strong")).to_have_text("жирный")
    await expect(bubble.locator("a")).to_have_attribute("href", "https://example.com/a")
    await expect(bubble.locator("a")).to_have_text("ссылка")
    await expect(bubble).to_contain_text("<img src=x")
    await expect(bubble.locator("img")).to_have_count(0)
    await bubble.locator(".command").click()
    assert (await there.message()).text == "/help"


async def test_enter_sends_and_shift_enter_breaks_the_line(anna: Messenger, there: Telegram) -> None:
    composer = anna.mark("composer")
    await composer.press_sequentially("один")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("два")
    await composer.press("Enter")
    assert (await there.message()).text == "один\nдва"
    await expect(composer).to_have_value("")


async def test_a_tap_reaches_the_bot_and_its_answer_is_shown(anna: Messenger, there: Telegram) -> None:
    chat = await begun(anna, there)
    await there.bot.send_message(chat, "Выберите", reply_markup=keys((button("Да", "yes"), button("Нет", "no"))))
    await anna.key("Нет").click()
    await expect(anna.key("Нет")).to_have_class(re.compile("busy"))
    query = (await there.update()).callback_query
    assert query is not None
    assert query.data == "no"
    await there.bot.answer_callback_query(query.id, text="Принято")
    await expect(anna.mark("toast")).to_have_text("Принято")
    await expect(anna.key("Нет")).not_to_have_class(re.compile("busy"))
    await anna.key("Да").click()
    query = (await there.update()).callback_query
    assert query is not None
    await there.bot.answer_callback_query(query.id, text="Точно?", show_alert=True)
    await expect(anna.mark("alert")).to_contain_text("Точно?")
    await anna.page.keyboard.press("Enter")
    await expect(anna.mark("alert")).to_be_hidden()


async def test_an_edit_changes_the_message_where_it_stands(anna: Messenger, there: Telegram) -> None:
    chat = await begun(anna, there)
    film = BufferedInputFile(ready_made(), "film.mp4")
    sent = await there.bot.send_video(
        chat, film, caption="Видео", width=64, height=64, reply_markup=keys((button("Ещё", "a"),))
    )
    bubble = anna.message(sent.message_id)
    video = bubble.locator("video")
    await video.evaluate("video => { video.mark = 'the same' }")
    await there.bot.edit_message_caption(chat_id=chat, message_id=sent.message_id, caption="Готово")
    await expect(bubble).to_contain_text("Готово")
    await expect(anna.mark("keyboard-button")).to_have_count(0)
    assert await video.evaluate("video => video.mark") == "the same"
    await there.bot.delete_message(chat, sent.message_id)
    await expect(bubble).to_have_count(0)


async def test_news_leave_a_reader_where_he_reads(anna: Messenger, there: Telegram) -> None:
    chat = await begun(anna, there)
    lines = [await there.bot.send_message(chat, f"Строка {number}\n" * 3) for number in range(30)]
    await expect(anna.message(lines[-1].message_id)).to_be_in_viewport()
    await anna.chat.evaluate("chat => chat.scrollTo(0, 200)")
    await expect(anna.mark("to-bottom")).to_be_visible()
    news = await there.bot.send_message(chat, "Новость")
    await expect(anna.mark("to-bottom")).to_have_text("1")
    assert await anna.chat.evaluate("chat => chat.scrollTop") == 200
    await anna.mark("to-bottom").click()
    await expect(anna.message(news.message_id)).to_be_in_viewport()
    await expect(anna.mark("to-bottom")).to_be_hidden()


async def test_a_picked_photo_is_sent_with_its_caption(anna: Messenger, there: Telegram) -> None:
    await anna.mark("attach-input").set_input_files(COFFEE)
    await anna.mark("caption").fill("Кофе")
    await anna.page.keyboard.press("Enter")
    message = await there.message()
    assert message.caption == "Кофе"
    assert message.photo is not None
    size = message.photo[-1]
    shown = anna.message(message.message_id).locator("img")
    await expect(shown).to_have_js_property("naturalWidth", size.width)


async def test_a_file_dropped_on_its_zone_stays_as_it_is(anna: Messenger, there: Telegram) -> None:
    data = await asyncio.to_thread(COFFEE.read_bytes)
    await anna.drag("кофе.jpg", data, onto="drop-file")
    await anna.mark("files-send").click()
    message = await there.message()
    assert message.document is not None
    assert message.document.file_name == "кофе.jpg"
    file = await there.bot.download(message.document)
    assert file is not None
    assert file.read() == data


async def test_several_photos_are_one_album(anna: Messenger, there: Telegram) -> None:
    await anna.mark("attach-input").set_input_files([COFFEE, PHOTOS / "rocket.jpg"])
    await anna.mark("files-send").click()
    messages = [await there.message(), await there.message()]
    assert messages[0].media_group_id == messages[1].media_group_id is not None
    album = anna.mark("album")
    await expect(album).to_have_count(1)
    await expect(album.get_by_test_id("message")).to_have_count(2)


async def test_a_video_has_its_place_before_it_is_loaded_and_plays(anna: Messenger, there: Telegram) -> None:
    chat = await begun(anna, there)
    film = BufferedInputFile(ready_made(), "film.mp4")
    sent = await there.bot.send_video(chat, film, width=90, height=160, duration=1, supports_streaming=True)
    box = anna.message(sent.message_id).locator(".box")
    room = await box.bounding_box()
    assert room is not None
    assert round(room["width"] / room["height"], 2) == round(90 / 160, 2)
    await box.locator(".play").click()
    await expect(box.locator("video")).to_have_js_property("ended", value=True)
    assert await box.locator("video").evaluate("video => video.error") is None


async def invoiced(anna: Messenger, there: Telegram) -> int:
    chat = await begun(anna, there)
    await there.bot.send_invoice(
        chat,
        title="5 видео",
        description="Пять роликов",
        payload="p1",
        currency="XTR",
        prices=[LabeledPrice(label="5", amount=200)],
    )
    return chat


async def pay(anna: Messenger, there: Telegram, *, refusal: str | None = None) -> None:
    await anna.key("200").click()
    await anna.mark("pay-confirm").click()
    query = (await there.update()).pre_checkout_query
    assert query is not None
    await there.bot.answer_pre_checkout_query(query.id, ok=refusal is None, error_message=refusal)


async def test_an_invoice_is_paid_with_play_stars_and_given_back(anna: Messenger, there: Telegram) -> None:
    await invoiced(anna, there)
    await pay(anna, there)
    paid = (await there.message()).successful_payment
    assert paid is not None
    assert paid.total_amount == 200
    await expect(anna.mark("stars")).to_have_text("800")
    await expect(anna.mark("pay-sheet")).to_have_count(0)
    await expect(anna.key("Оплачено")).to_be_visible()
    await anna.mark("chat-menu").click()
    await anna.mark("refund-menu").click()
    await anna.mark("refund-sheet").locator(".choice").click()
    await anna.mark("confirm-ok").click()
    refunded = (await there.message()).refunded_payment
    assert refunded is not None
    assert refunded.telegram_payment_charge_id == paid.telegram_payment_charge_id
    await expect(anna.mark("stars")).to_have_text(re.compile(r"^1\s000$"))


async def test_a_refused_payment_says_why_and_takes_nothing(anna: Messenger, there: Telegram) -> None:
    await invoiced(anna, there)
    await pay(anna, there, refusal="Этот счёт устарел")
    await expect(anna.mark("pay-status")).to_have_text("Этот счёт устарел")
    await expect(anna.mark("stars")).to_have_text(re.compile(r"^1\s000$"))
