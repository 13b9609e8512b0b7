"""The main job on real input in a real browser, on a desk and on a phone, and what credits cost there.

Pictures of every step go to the folder NEUROCARDS_SCREENSHOTS, if it is set.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import httpx
import pytest
from playwright.async_api import Locator, expect
from pydantic import SecretStr

from adapters.postgres.verification import PostgresVerification
from app.company import Company
from app.database import Place
from app.demo import demo_at
from app.settings import Settings
from processors.verify import verify
from tests.app.chat_window import CHROMIUM, DESKTOP, PHONE, Size, Window, window
from tests.conftest import DATA_KEY, Database

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing: install it with `apt-get install chromium`"),
    pytest.mark.timeout(300),
]


@pytest.fixture
async def demo(database: Database, tmp_path: Path) -> AsyncIterator[Company]:
    """The demo, as `neurocards demo` runs it. In the end its books are right."""
    settings = Settings.model_construct(data_key=SecretStr(DATA_KEY.hex()))
    async with demo_at(Place(database.url, database.owner_url, tmp_path), settings, port=0) as company:
        yield company
        report = await verify(PostgresVerification(company.store.pool), pace=0)
        assert list(report.findings) == []


def address_of(demo: Company) -> str:
    """Where the chat page is."""
    assert demo.outside.chat_url is not None
    return demo.outside.chat_url


async def begins(chat: Window) -> None:
    """Presses Start and is greeted."""
    await expect(chat.part("start")).to_be_visible()
    await chat.shoot("first-look")
    await chat.presses(chat.part("start"))
    await chat.reads("Дарим вам 1 кредит")
    await chat.shoot("welcome")


async def answers_the_questions(chat: Window) -> None:
    """From the photo, which is sent, to the confirmation card."""
    await chat.reads("Каким будет видео")
    await chat.shoot("ideas")
    await chat.taps("Медленный наезд")
    await chat.reads("Что это за товар")
    await chat.shoot("product")
    await chat.says("Кофе в зёрнах, тёмная обжарка, 1 кг")
    await chat.reads("Есть пожелания")
    await chat.shoot("wishes")
    await chat.taps("Пропустить")
    await chat.reads("Сколько видео сделать")
    await chat.shoot("count")
    await chat.taps("1 видео")
    await chat.reads("Проверьте заказ")
    await chat.shoot("card")


async def plays(chat: Window, video: Locator) -> None:
    """Presses play, and it moves."""
    await chat.presses(video.get_by_role("button", name="Смотреть"))
    film = await video.locator("video").element_handle()
    await chat.page.wait_for_function(
        "film => film.currentTime > 0.5 && film.readyState >= 2 && film.videoWidth > 0 && !film.paused", arg=film
    )
    await chat.shoot("playing")


async def opens_in_a_decoder(address: str, source: str | None) -> None:
    """The file behind the video is one."""
    assert source is not None
    async with httpx.AsyncClient(base_url=address) as client:
        content = (await client.get(source)).raise_for_status().content
    with av.open(io.BytesIO(content), mode="r") as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert len(list(film.decode(video=0))) > 50


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: size.name)
async def test_a_photo_becomes_a_video_that_plays_in_the_page(demo: Company, tmp_path: Path, size: Size) -> None:
    async with window(address_of(demo), size, tmp_path) as chat:
        await chat.page.evaluate("window.opened = 'once'")
        await begins(chat)
        await (chat.picks if size.touch else chat.drops)("coffee.jpg")
        await answers_the_questions(chat)
        card = await chat.message("Проверьте заказ").get_attribute("data-message-id")
        await chat.taps("Заказать")
        status = chat.page.locator(f"[data-testid=message][data-message-id='{card}']")
        await expect(status).to_contain_text("Заказ принят")
        await chat.shoot("accepted")
        await expect(status).to_contain_text("создаётся")
        await chat.shoot("generating")
        await expect(status).to_contain_text("Заказ завершён")
        video = chat.page.locator("[data-testid=message]").filter(has=chat.page.locator("video")).last
        await expect(video).to_be_in_viewport()
        await chat.shoot("arrived")
        await plays(chat, video)
        await opens_in_a_decoder(address_of(demo), await video.locator("video").get_attribute("src"))
        await chat.says("/balance")
        await expect(await chat.reads("Доступно: ")).to_contain_text("0 кредитов")
        await chat.shoot("balance")
        await chat.taps("Ещё одно")
        await chat.reads("Сколько видео сделать")
        await chat.shoot("another")
        assert await chat.page.evaluate("window.opened") == "once"


async def test_credits_are_bought_with_play_stars_and_somebody_else_is_beside(demo: Company, tmp_path: Path) -> None:
    async with window(address_of(demo), DESKTOP._replace(name="stars"), tmp_path) as chat:
        await begins(chat)
        await chat.says("/buy")
        await chat.reads("Кредиты за Telegram Stars")
        await chat.shoot("packages")
        await chat.taps("275 ⭐")
        invoice = chat.part("message").filter(has=chat.over("invoice"))
        await expect(invoice).to_be_in_viewport()
        await chat.shoot("invoice")
        await chat.presses(invoice.get_by_test_id("keyboard-button"))
        await chat.shoot("about-to-pay")
        await chat.presses(chat.over("pay-confirm"))
        await expect(await chat.reads("Оплата получена")).to_contain_text("+5 кредитов")
        await expect(chat.over("user").get_by_test_id("stars")).to_have_text("725")
        await chat.says("/balance")
        await expect(await chat.reads("Доступно: ")).to_contain_text("6 кредитов")
        await chat.shoot("paid")

        await chat.presses(chat.part("split"))
        await chat.presses(chat.over("split-sheet").locator("[data-choice=new]"))
        await chat.shoot("somebody-new")
        await chat.presses(chat.over("new-user-create"))
        await expect(chat.over("conversation")).to_have_count(2)
        first, second = [
            chat.beside(str(await each.get_attribute("data-user-id"))) for each in await chat.over("conversation").all()
        ]
        await second.presses(second.part("start"))
        await second.reads("Дарим вам 1 кредит")
        await second.says("/balance")
        await expect(await second.reads("Доступно: ")).to_contain_text("1 кредит")
        await first.says("/history")
        await expect(await first.reads("История операций")).to_contain_text("покупка")
        await chat.shoot("side-by-side")
        await expect(first.message("Доступно: ")).to_contain_text("6 кредитов")
        await expect(second.message("покупка")).to_have_count(0)
