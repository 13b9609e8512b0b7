"""A Bot API of raw bytes, for answers that no web framework would give, and a bot that speaks to it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any, NamedTuple

from aiogram import Bot
from pydantic import SecretStr

from adapters.telegram.messenger import Messenger, Retries
from adapters.telegram.pace import Pace
from adapters.telegram.rate import UNLIMITED, Clock, Rates
from adapters.telegram.session import Patience, bot_of
from tests.adapters.telegram.clocks import LeapingClock

TOKEN = "7000000001:a-secret-that-nobody-may-see"
CHAT = 42
GOODBYE_S = 5
PATIENT = Patience(connect_s=20, call_s=20, answer_s=20, upload_s=20, poll_margin_s=20)
HASTY = PATIENT._replace(call_s=1.0)
"""For when time is to run out."""


class Request(NamedTuple):
    """What came in. `method` is the last part of the path."""

    method: str
    head: str
    body: bytes

    def fields(self) -> dict[str, bytes]:
        """The parts of a multipart body by name; files under the names of their fields."""
        row = next(row for row in self.head.splitlines() if row.lower().startswith("content-type:"))
        mail = message_from_bytes(f"{row}\r\n\r\n".encode() + self.body)
        parts = {_name(part): part.get_payload(decode=True) for part in mail.get_payload() if isinstance(part, Mail)}
        texts = {name: data for name, data in parts.items() if isinstance(data, bytes)}
        return {name: texts.get(data.decode(errors="replace")[9:], data) for name, data in texts.items()}

    def form(self) -> dict[str, str]:
        """The parameters of a body without files."""
        said: dict[str, str] = json.loads(self.body)
        return said


class Answer(NamedTuple):
    """What is done to a request. `after` so many bytes of its body; None: all of it."""

    act: Callable[[asyncio.StreamWriter], Awaitable[None]]
    after: int | None = None


@dataclass
class Api:
    """What came in, and what is said to it: each of `script` once, `usual` from then on."""

    usual: Answer
    script: deque[Answer] = field(default_factory=deque)
    url: str = ""
    connections: int = 0
    requests: list[Request] = field(default_factory=list)

    def methods(self) -> list[str]:
        """The methods that were called."""
        return [request.method for request in self.requests]


@asynccontextmanager
async def serving_bytes(*script: Answer, usual: Answer | None = None, port: int = 0) -> AsyncIterator[Api]:
    """Takes requests, and gives them these answers in turn; then a new message, or another usual answer."""
    api = Api(usual or message(), deque(script))
    open_ends: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        api.connections += 1
        open_ends[writer] = asyncio.current_task()
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                answer = api.script.popleft() if api.script else api.usual
                body = await _body(reader, head, answer.after)
                api.requests.append(Request(head.split()[1].rpartition("/")[2], head, body))
                await answer.act(writer)
                await writer.drain()
                if answer.after is not None:
                    await writer.wait_closed()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_ends.pop(writer)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
        talks = [task for task in open_ends.values() if task is not None]
        for writer in list(open_ends):
            writer.transport.abort()
        if talks:
            await asyncio.wait(talks, timeout=GOODBYE_S)
        await server.wait_closed()


def http(body: bytes, *, status: str = "200 OK", kind: str = "application/json") -> Answer:
    """A whole answer of HTTP."""

    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)

    return Answer(act)


def page(status: str) -> Answer:
    """What a proxy shows to a browser."""
    return http(f"<html><h1>{status}</h1></html>".encode(), status=status, kind="text/html")


def result(value: Any) -> Answer:
    """It went well."""
    return http(json.dumps({"ok": True, "result": value}).encode())


def message(number: int = 77, **more: Any) -> Answer:
    """It went well: there is this message now."""
    return result({"message_id": number, "date": 1, "chat": {"id": CHAT, "type": "private"}, **more})


def no(status: str, description: str, **parameters: int) -> Answer:
    """It went wrong, in Telegram's own words."""
    said: dict[str, Any] = {"ok": False, "error_code": int(status[:3]), "description": description}
    if parameters:
        said["parameters"] = parameters
    return http(json.dumps(said).encode(), status=status)


def says(text: bytes) -> Answer:
    """Sends these bytes and closes the connection."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    return Answer(act)


async def _reset(writer: asyncio.StreamWriter) -> None:
    end: socket.socket = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _silent(_writer: asyncio.StreamWriter) -> None:
    """Does not answer."""


RESET = Answer(_reset)
RESET_BEFORE_IT_IS_READ = Answer(_reset, after=0)
SILENT = Answer(_silent)
HANGS_UP = says(b"")


@dataclass
class Talk:
    """A messenger and all that it is made of."""

    messenger: Messenger
    bot: Bot
    pace: Pace
    clock: Clock


@asynccontextmanager
async def speaking(
    url: str,
    *,
    token: str = TOKEN,
    rates: Rates = UNLIMITED,
    patience: Patience = PATIENT,
    retries: Retries | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Talk]:
    """A messenger of the bot whose Bot API is served there. Its clock leaps unless another is given."""
    clock = clock or LeapingClock()
    async with bot_of(SecretStr(token), url, patience=patience) as bot:
        pace = Pace(rates, clock=clock)
        yield Talk(Messenger(bot, pace, retries=retries or Retries()), bot, pace, clock)


async def _body(reader: asyncio.StreamReader, head: str, upto: int | None) -> bytes:
    if upto is not None:
        return await reader.readexactly(upto)
    rows = dict(row.lower().split(": ", 1) for row in head.split("\r\n")[1:] if row)
    if "content-length" in rows:
        return await reader.readexactly(int(rows["content-length"]))
    body = bytearray()
    while rows.get("transfer-encoding") == "chunked":
        size = int(await reader.readuntil(b"\r\n"), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if not size:
            break
    return bytes(body)


def _name(part: Mail) -> str:
    return str(part.get_param("name", header="content-disposition"))
