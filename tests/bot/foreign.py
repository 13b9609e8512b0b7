"""A Bot API server that nobody here wrote, `lo-bot-api-emulator`, and a person who chats with the bot through it.

It holds every request against its own contract and keeps no chats; what was said is kept here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator  # type: ignore[import-untyped]  # it has no types
from lo_bot_api_emulator.journal import verdict  # type: ignore[import-untyped]  # it has no types

from tests.bot.town import PHOTOS, Listening, Message, button_of

TOKEN: Final = "7000000002:foreign-token"
ITS_OWN: Final = "7000000003:uploads"
"""Another bot of the emulator, by which a person's photo gets there: it has no other way in."""

UNKNOWN_TO_IT: Final = {
    "sendMessage": ("disable_web_page_preview", "link_preview_options"),
    "editMessageText": ("disable_web_page_preview", "link_preview_options"),
    "sendVideo": ("cover",),
}
"""What Telegram takes and the emulator does not know yet. It is taken out of the request before it looks."""

NOT_MODELLED: Final = ("getStarTransactions:501", "setMyDescription:501", "setMyShortDescription:501")


class Call(NamedTuple):
    """A request that was granted: its fields as they came, the sizes of its files in bytes, and the answer."""

    method: str
    fields: Mapping[str, Any]
    files: Mapping[str, int]
    result: Any


class ForeignTelegram(LoBotApiEmulator):  # type: ignore[misc]  # it has no types
    """The emulator as it came, which also keeps what it granted."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal=journal, allow_insecure_loopback_webhooks=True)
        self.url = ""
        self.calls: list[Call] = []
        self.overlooked: set[tuple[str, str]] = set()

    async def read_request(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The request without what the emulator does not know."""
        fields, uploads = await super().read_request(request)
        method = request.match_info["method"]
        for name in UNKNOWN_TO_IT.get(method, ()):
            value = fields.pop(name, None)
            if value is not None:
                self.overlooked.add((method, name))
                uploads.pop(str(value).removeprefix("attach://"), None)
        return fields, uploads

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        """Its own judgement."""
        asked = dict(fields)
        result = super().validate(method, fields, uploads)
        sizes = {name: upload["size"] for name, upload in uploads.items()}
        self.calls.append(Call(method, asked, sizes, result))
        return result

    def asked(self, method: str) -> list[Call]:
        """The calls of a method, oldest first."""
        return [call for call in self.calls if call.method == method]

    def approved(self, *methods: str) -> None:
        """By the emulator's own judgement all was granted but what it does not model, these methods among it."""
        judged = verdict(self.journal, require_response=True, require_methods=methods, allowed_refusals=NOT_MODELLED)
        assert judged["ok"], judged


@asynccontextmanager
async def foreign_telegram(folder: Path) -> AsyncIterator[ForeignTelegram]:
    """The emulator, served on a free port of this machine."""
    emulator = ForeignTelegram(folder / "journal.jsonl")
    runner = web.AppRunner(emulator.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        emulator.url = f"http://{host}:{port}"
        yield emulator
    finally:
        await runner.cleanup()


@dataclass
class Correspondent(Listening):
    """Somebody in a chat with the bot, at the emulator."""

    id: int
    telegram: ForeignTelegram
    taps_made: int = field(default=0, init=False)

    @property
    def heard(self) -> list[Message]:
        """What the bot said, as it reads now, oldest first. `edits` counts how often it was edited."""
        said: dict[int, dict[str, Any]] = {}
        for method, fields, _, result in self.telegram.calls:
            if str(fields.get("chat_id")) != str(self.id) or not isinstance(result, dict):
                continue
            if method.startswith("send"):
                said[result["message_id"]] = {**result, "edits": 0}
            elif method.startswith("editMessage"):
                edited = said[result["message_id"]]
                edited.pop("reply_markup", None)
                edited |= {**result, "edits": edited["edits"] + 1}
        return [*said.values()]

    async def says(self, text: str) -> int:
        """Writes. Returns the number of the message."""
        message = self.message(text)
        await self.telegram.enqueue_update({"message": message}, token=TOKEN)
        return int(message["message_id"])

    async def sends(self, photo: str) -> int:
        """Sends one of the test photos. Returns the number of the message."""
        async with httpx.AsyncClient(base_url=f"{self.telegram.url}/bot{ITS_OWN}") as client:
            files = {"photo": (photo, (PHOTOS / photo).read_bytes(), "image/jpeg")}
            answer = await client.post("/sendPhoto", data={"chat_id": str(self.id + 1)}, files=files)
        sent = answer.raise_for_status().json()["result"]
        message = self._written(sent["message_id"], {"photo": sent["photo"]})
        await self.telegram.enqueue_update({"message": message}, token=TOKEN)
        return int(sent["message_id"])

    async def taps(self, label: str, *, after: int) -> Message:
        """Taps a button on the newest message that has it. Returns the message as it was."""
        message = await self.sees(lambda message: button_of(message, label) is not None, after=after)
        button = button_of(message, label)
        assert button is not None
        self.taps_made += 1
        tap = {
            "id": f"tap-{self.taps_made}",
            "from": self._me,
            "message": {key: value for key, value in message.items() if key != "edits"},
            "chat_instance": "1",
            "data": button["callback_data"],
        }
        await self.telegram.enqueue_update({"callback_query": tap}, token=TOKEN)
        return message

    async def orders(self) -> int:
        """A whole order of one video, from the photo to the tap on the confirmation card. Returns the card's number."""
        last = await self.sends("coffee.jpg")
        await self.taps("Медленный наезд", after=last)
        await self.reads("Что это за товар", after=last)
        last = await self.says("Кофе в зёрнах")
        await self.taps("Пропустить", after=last)
        await self.taps("1 видео", after=last)
        card = await self.taps("Заказать", after=last)
        return int(card["message_id"])

    @property
    def _me(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": "Анна", "language_code": "ru"}

    def message(self, text: str) -> dict[str, Any]:
        """The text as a message of this person, with the next number of the emulator."""
        number = self.telegram.next_id
        self.telegram.next_id += 1
        command = [{"type": "bot_command", "offset": 0, "length": len(text)}] if text.startswith("/") else []
        return self._written(number, {"text": text, "entities": command})

    def _written(self, number: int, content: Mapping[str, Any]) -> dict[str, Any]:
        chat = {"id": self.id, "type": "private", "first_name": "Анна"}
        return {"message_id": number, "date": 1_750_000_000, "from": self._me, "chat": chat, **content}
