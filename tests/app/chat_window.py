"""The chat page in a real browser: what a person sees and does there, and a picture of every step."""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

PHOTOS: Final = Path(__file__).parents[1] / "data" / "photos"
CHROMIUM: Final = shutil.which("chromium")
PICTURES: Final = "NEUROCARDS_SCREENSHOTS"
"""The folder where pictures are kept; without it they go with the test's own folder."""

PATIENCE_MS: Final = 60_000
DRAG: Final = """
    ([name, content]) => {
        const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
        return carried;
    }
"""
"""What the mouse carries when a file is dragged into the window."""


class Size(NamedTuple):
    """A screen, in CSS pixels."""

    name: str
    width: int
    height: int
    touch: bool = False


DESKTOP: Final = Size("desktop", 1280, 800)
PHONE: Final = Size("phone", 390, 844, touch=True)


@dataclass
class Window:
    """A browser window with one person's chat in it. `pane` is that chat's part of it."""

    page: Page
    pane: Locator
    size: Size
    folder: Path
    pictures: int = 0

    def beside(self, user: str) -> Window:
        """The same window, looked at where that user's chat is."""
        return replace(self, pane=self.page.locator(f"[data-testid=conversation][data-user-id='{user}']"))

    def part(self, name: str) -> Locator:
        """What the page calls so, in this chat."""
        return self.pane.get_by_test_id(name)

    def over(self, name: str) -> Locator:
        """What the page calls so, anywhere in the window: the list of users, and what lies over the chats."""
        return self.page.get_by_test_id(name)

    def message(self, words: str) -> Locator:
        """The newest message of the bot with these words."""
        return self.pane.locator("[data-testid=message][data-own=false]").filter(has_text=words).last

    def button(self, label: str) -> Locator:
        """The newest button below a message with this on it."""
        return self.part("keyboard-button").filter(has_text=label).last

    async def presses(self, what: Locator) -> None:
        """A click, or a tap with the finger."""
        await (what.tap() if self.size.touch else what.click())

    async def taps(self, label: str) -> None:
        """Taps a button below a message once it is there."""
        await self.presses(self.button(label))

    async def reads(self, words: str) -> Locator:
        """The newest message of the bot with these words, once it is there and seen."""
        await expect(self.message(words)).to_be_in_viewport()
        return self.message(words)

    async def says(self, text: str) -> None:
        """Writes and sends."""
        await self.part("composer").fill(text)
        await self.presses(self.part("send"))

    async def drops(self, photo: str) -> None:
        """Lets a photo fall into the chat and sends it."""
        content = b64encode((PHOTOS / photo).read_bytes()).decode()
        carried = {"dataTransfer": await self.page.evaluate_handle(DRAG, [photo, content])}
        await self.pane.get_by_test_id("chat").dispatch_event("dragenter", carried)
        await self.part("drop-photo").dispatch_event("dragenter", carried)
        await self.shoot("drop")
        await self.part("drop-photo").dispatch_event("drop", carried)
        await self._sends_files()

    async def picks(self, photo: str) -> None:
        """Picks a photo as a file of this machine and sends it."""
        async with self.page.expect_file_chooser() as chooser:
            await self.presses(self.part("attach"))
            await self.shoot("attach")
            await self.presses(self.over("attach-photos"))
        await (await chooser.value).set_files(PHOTOS / photo)
        await self._sends_files()

    async def shoot(self, step: str) -> None:
        """A picture of the window."""
        self.pictures += 1
        name = f"{self.size.name}-{self.pictures:02}-{step}.png"
        await self.page.screenshot(path=self.folder / name, animations="disabled")

    async def _sends_files(self) -> None:
        await expect(self.over("files-sheet").locator("img")).to_be_visible()
        await self.shoot("photo-chosen")
        await self.presses(self.over("files-send"))


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium, without a screen."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@asynccontextmanager
async def window(address: str, size: Size, folder: Path) -> AsyncIterator[Window]:
    """A window of a browser of its own, open at the address. In the end the page has complained of nothing."""
    shots = Path(os.environ.get(PICTURES) or folder)
    expect.set_options(timeout=PATIENCE_MS)
    async with browser() as chromium:
        context = await chromium.new_context(
            viewport={"width": size.width, "height": size.height},
            device_scale_factor=2 if size.touch else 1,
            has_touch=size.touch,
            is_mobile=size.touch,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        await page.goto(address)
        yield Window(page, page.locator("body"), size, shots)
        assert not complaints, complaints
        await context.close()
