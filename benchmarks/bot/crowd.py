"""People who chat with a bot, many at once: they greet it, ask for their balance, order videos and wait for them.

They sit in the sandbox's own process and hear of a new message as a messenger does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from adapters.sandbox.telegram_requests import Upload
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from bot.buttons import Choose, Confirm, Idea, Part, Skip

PATIENCE_S: Final = 600.0
BUSY_TOGETHER: Final = 50
"""So many put an order together at a time."""

Message = Mapping[str, Any]


class Guest:
    """One of them."""

    def __init__(self, telegram: TelegramSandbox) -> None:
        self.id = telegram.people.add().id
        self.card: tuple[int, str] | None = None
        self._telegram = telegram
        self._heard = telegram.people.chat(self.id).listen()

    async def asks(self, text: str) -> str:
        """Writes, and waits for the bot's next message: its text."""
        self._overhear()
        self._telegram.text(self.id, text)
        return str((await self._sees(lambda _: True))["text"])

    async def prepares(self, photo: Upload, videos: int) -> None:
        """Goes through the dialogue up to the card of an order of so many videos."""
        self._overhear()
        await self._telegram.files(self.id, [photo])
        await self._taps(f"{Idea.__prefix__}:", but="own")
        await self._offered(f"{Skip.__prefix__}:{Part.PRODUCT}:")
        self._telegram.text(self.id, "Кофе в зёрнах")
        await self._taps(f"{Skip.__prefix__}:{Part.WISHES}:")
        await self._taps(f"{Choose.__prefix__}:{Part.COUNT}:{videos}:")
        message, data = await self._offered(f"{Confirm.__prefix__}:")
        self.card = message, data

    async def confirms(self) -> float:
        """Taps on the card and waits until it says something else. When that was, by the machine's clock."""
        assert self.card is not None, "a card is confirmed when there is one"
        card, data = self.card
        self._overhear()
        self._telegram.tap(self.id, card, data)
        await self._sees(lambda message: message["message_id"] == card)
        return monotonic()

    async def receives(self, videos: int) -> float:
        """Waits for so many videos. When the last one came, by the machine's clock."""
        for _ in range(videos):
            await self._sees(lambda message: "video" in message)
        return monotonic()

    async def _taps(self, data: str, *, but: str = " ") -> None:
        self._telegram.tap(self.id, *await self._offered(data, but=but))

    async def _offered(self, data: str, *, but: str = " ") -> tuple[int, str]:
        """The message and the whole data of the first button whose data begins so."""
        message = await self._sees(lambda message: _button(message, data, but=but) is not None)
        found = _button(message, data, but=but)
        assert found is not None, "it was seen"
        return message["message_id"], found

    async def _sees(self, holds: Callable[[Message], bool]) -> Message:
        """The next message of the bot, new or edited, that is so. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self._heard.get()
                assert event is not None, "the sandbox outlives its people"
                if event.kind in {"message", "edit"} and event.data["from"]["is_bot"] and holds(event.data):
                    return event.data

    def _overhear(self) -> None:
        while not self._heard.empty():
            self._heard.get_nowait()


class Crowd:
    """All of them; what is asked of it, those do who arrived last."""

    def __init__(self, telegram: TelegramSandbox, photo: Upload) -> None:
        self._telegram = telegram
        self._photo = photo
        self._guests: list[Guest] = []
        self._videos = 0
        self._receiving: list[asyncio.Task[float]] = []

    def arrive(self, count: int) -> dict[str, object]:
        """So many, instead of those who were here: their ids."""
        self._guests = [Guest(self._telegram) for _ in range(count)]
        return {"people": [guest.id for guest in self._guests]}

    async def greet(self) -> dict[str, object]:
        """Everybody presses Start and is answered."""
        await asyncio.gather(*(guest.asks("/start") for guest in self._guests))
        return {"greeted": len(self._guests)}

    async def ask(self, seconds: float) -> dict[str, object]:
        """Everybody asks for the balance, and again as soon as there was an answer: how many, and what was said."""
        until, said = monotonic() + seconds, set[str]()

        async def go_on(guest: Guest) -> int:
            answered = 0
            while monotonic() < until:
                said.add(await guest.asks("/balance"))
                answered += 1
            return answered

        answered = sum(await asyncio.gather(*map(go_on, self._guests)))
        return {"answered": answered, "said": sorted(said)}

    async def prepare(self, videos: int) -> dict[str, object]:
        """Everybody puts an order of so many videos together: their ids, and the message and button that confirm."""
        room = asyncio.Semaphore(BUSY_TOGETHER)
        self._videos = videos

        async def prepare(guest: Guest) -> None:
            async with room:
                await guest.prepares(self._photo, videos)

        await asyncio.gather(*map(prepare, self._guests))
        return {"cards": [(guest.id, *(guest.card or ())) for guest in self._guests]}

    async def confirm(self, within_s: float) -> dict[str, object]:
        """Everybody confirms, one after another in equal steps, and all cards say so: when it began, how long the
        slowest took."""
        began, step_s = monotonic(), within_s / len(self._guests)

        async def confirm(number: int, guest: Guest) -> float:
            await asyncio.sleep(max(0.0, began + number * step_s - monotonic()))
            tapped = monotonic()
            accepted = await guest.confirms()
            self._receiving.append(asyncio.create_task(guest.receives(self._videos)))
            return accepted - tapped

        self._receiving = []
        took = await asyncio.gather(*(confirm(number, guest) for number, guest in enumerate(self._guests)))
        return {"began": began, "accepted": len(took), "slowest_ms": 1000 * max(took)}

    async def receive(self) -> dict[str, object]:
        """Everybody has all videos: when the last one came."""
        times = await asyncio.gather(*self._receiving)
        return {"received": len(times) * self._videos, "ended": max(times)}


def _button(message: Message, data: str, *, but: str) -> str | None:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    held = [str(button.get("callback_data", "")) for row in rows for button in row]
    return next((one for one in held if one.startswith(data) and not one.startswith(data + but)), None)
