"""A Telegram sandbox behind real HTTP, a bot that speaks to it through aiogram, and a server that takes its updates."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, LabeledPrice, Message, Update
from fastapi import Request, Response
from PIL import Image
from starlette.types import Receive, Scope, Send

from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from app.serving import serving


class Clock:
    """Unix seconds that stand still until moved."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Told:
    """One update as it was posted."""

    update: dict[str, Any]
    headers: httpx.Headers


@dataclass
class Listener:
    """Takes updates. Answers with `statuses` first, one each, and 200 afterwards; `headers` go with every answer.

    An answer waits for `gate`, if there is one.
    """

    told: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.told.put_nowait(Told(orjson.loads(body), httpx.Headers(request.headers.raw)))
        if self.gate is not None:
            await self.gate.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        await Response(status_code=status, headers=self.headers)(scope, receive, send)


@dataclass
class Scene:
    """Everything of one test. `webhook_url` leads to `listener`."""

    sandbox: TelegramSandbox
    bot: Bot
    client: httpx.AsyncClient
    clock: Clock
    listener: Listener
    base_url: str

    @property
    def webhook_url(self) -> str:
        """Where the listener is."""
        return f"{self.base_url}/told"

    async def guest(self, first_name: str = "Анна", **more: Any) -> int:
        """Somebody who has started the bot, which has heard of it."""
        person = self.sandbox.people.add(first_name, **more)
        self.sandbox.text(person.id, "/start")
        await self.updates()
        return person.id

    async def updates(self) -> list[Update]:
        """Everything that waits for the bot, confirmed at once."""
        found = await self.bot.get_updates()
        if found:
            await self.bot.get_updates(offset=found[-1].update_id + 1, limit=1)
        return found

    async def call(self, method: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
        """A call as JSON, past aiogram: status and envelope."""
        answer = await self.client.post(f"/bot{self.sandbox.token}/{method}", json=parameters)
        content: dict[str, Any] = answer.json()
        return answer.status_code, content

    async def called(self, method: str) -> None:
        """Returns once such a call has come in."""
        await self.sandbox.until(lambda: any(call.method == method for call in self.sandbox.calls))

    async def do(self, user: int, what: str, **wish: Any) -> dict[str, Any]:
        """Something a messenger does; its answer."""
        answer = await self.client.post(f"/api/users/{user}/{what}", json=wish)
        content: dict[str, Any] = answer.json()
        assert answer.status_code == 200, content
        return content

    async def invoice(self, user: int, *, stars: int = 50, payload: str = "order 7", **more: Any) -> Message:
        """An invoice in their chat."""
        return await self.bot.send_invoice(
            user, "Ten videos", "Ten credits", payload, "XTR", [LabeledPrice(label="Ten", amount=stars)], **more
        )

    async def paid(self, user: int, invoice: int) -> str:
        """Pays it, with the bot's consent; the charge id."""
        paying = asyncio.create_task(self.sandbox.pay(user, invoice))
        (update,) = await self.bot.get_updates(timeout=50, allowed_updates=["pre_checkout_query", "message"])
        assert update.pre_checkout_query is not None
        await self.bot.answer_pre_checkout_query(update.pre_checkout_query.id, ok=True)
        assert (await paying).status == "paid"
        payment = (await self.updates())[-1].message
        assert payment is not None
        assert payment.successful_payment is not None
        return payment.successful_payment.telegram_payment_charge_id


@asynccontextmanager
async def telegram(**settings: Any) -> AsyncIterator[Scene]:
    """A sandbox whose clock stands still, and which repeats what was not taken without waiting."""
    chosen: dict[str, Any] = {"conflict_pause_s": 0, "webhook_retry_s": 0} | settings
    clock, listener = Clock(), Listener()
    sandbox = TelegramSandbox(TelegramSandboxSettings(**chosen), clock=clock)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        # One server for the two: starting and stopping another would double the time of every test.
        app = listener if scope.get("path", "").startswith("/told") else sandbox.app
        await app(scope, receive, send)

    async with serving(both) as base_url, httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
        session = AiohttpSession(api=TelegramAPIServer.from_base(base_url))
        async with Bot(sandbox.token, session=session) as bot:
            yield Scene(sandbox, bot, client, clock, listener, base_url)


async def refused(call: Awaitable[object]) -> str:
    """How the Bot API refuses a call."""
    with pytest.raises(TelegramAPIError) as caught:
        await call
    return caught.value.message


def picture(width: int = 400, height: int = 300, *, kind: str = "PNG", colour: str = "teal") -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


def attached(data: bytes, name: str = "photo.png") -> BufferedInputFile:
    """A file to be sent along."""
    return BufferedInputFile(data, name)


def keyboard(*data: str) -> InlineKeyboardMarkup:
    """A button for each, in one row."""
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=f"Button {one}", callback_data=one) for one in data]]
    )
