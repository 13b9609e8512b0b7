"""A browser with the chat page of a Telegram sandbox open, and the bot at the other end of the chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message, Update
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from app.serving import serving

CHROMIUM: Final = Path("/usr/bin/chromium")
PHOTOS: Final = Path(__file__).parents[3] / "app" / "photos"
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
PATIENCE_S: Final = 30
TIMEOUT_MS: Final = 20_000

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Telegram:
    """A sandbox, and its bot as aiogram speaks for it."""

    sandbox: TelegramSandbox
    address: str
    bot: Bot
    offset: int = 0
    waiting: list[Update] = field(default_factory=list)

    async def message(self) -> Message:
        """The next update, which is a message."""
        message = (await self.update()).message
        assert message is not None
        return message

    async def update(self) -> Update:
        """The next update, waited for. Raises TimeoutError when the page is silent."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.waiting:
                self.waiting = await self.bot.get_updates(offset=self.offset, timeout=10)
        update = self.waiting.pop(0)
        self.offset = update.update_id + 1
        return update


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's browser, with nobody looking."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def telegram(folder: Path | None = None, *, port: int = 0) -> AsyncIterator[Telegram]:
    """A sandbox behind real HTTP; with a folder it goes on where one in the same folder ended."""
    sandbox = TelegramSandbox(TelegramSandboxSettings(folder=folder))
    async with serving(sandbox.app, port=port) as address:
        session = AiohttpSession(api=TelegramAPIServer.from_base(address))
        async with Bot(sandbox.token, session=session) as bot:
            yield Telegram(sandbox, address, bot)


class Messenger:
    """The page in the browser, by the marks it carries for tests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat = page.get_by_test_id("chat")
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def mark(self, name: str) -> Locator:
        """The element of that `data-testid`."""
        return self.page.get_by_test_id(name)

    def message(self, message_id: int) -> Locator:
        """A message in the list."""
        return self.page.locator(f'[data-testid="message"][data-message-id="{message_id}"]')

    def key(self, words: str) -> Locator:
        """A button below a message."""
        return self.mark("keyboard-button").filter(has_text=words)

    async def write(self, text: str) -> None:
        """Types a text and presses Enter."""
        await self.mark("composer").fill(text)
        await self.mark("composer").press("Enter")

    async def drag(self, name: str, data: bytes, *, onto: str, media_type: str = "image/jpeg") -> None:
        """Drags a file over the chat and drops it on a zone."""
        carried = await self.page.evaluate_handle(
            """([name, bytes, type]) => {
                const carried = new DataTransfer();
                carried.items.add(new File([new Uint8Array(bytes)], name, {type}));
                return carried;
            }""",
            [name, list(data), media_type],
        )
        await self.chat.dispatch_event("dragenter", {"dataTransfer": carried})
        await self.mark(onto).dispatch_event("drop", {"dataTransfer": carried})


async def begun(shown: Messenger, there: Telegram) -> int:
    """Somebody presses Start; the id of the chat."""
    await shown.mark("start").click()
    message = await there.message()
    assert message.text == "/start"
    return message.chat.id


@asynccontextmanager
async def messenger(
    browser: Browser, address: str, *, size: tuple[int, int] = DESKTOP, path: str = "/"
) -> AsyncIterator[Messenger]:
    """Opens the page like somebody who has never been there; none of its scripts may fail meanwhile."""
    phone = size == PHONE
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ru-RU",
        is_mobile=phone,
        has_touch=phone,
        reduced_motion="reduce",
    )
    context.set_default_timeout(TIMEOUT_MS)
    try:
        shown = Messenger(await context.new_page())
        await shown.page.goto(address + path)
        await shown.mark("status").wait_for()
        yield shown
        assert shown.faults == []
    finally:
        await context.close()
