"""The events of a chat as a stream for a browser, from any of them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import orjson
from starlette.responses import StreamingResponse

from adapters.sandbox.telegram_chats import Chat, ChatEvent
from adapters.sandbox.telegram_store import Store

BEAT_S: Final = 15
BEGIN: Final = b"retry: 500\n\n"
BEAT: Final = b": still here\n\n"


def event_stream(chat: Chat, *, cursor: int, store: Store) -> StreamingResponse:
    """Every event after that one, those to come included, until the caller leaves or the sandbox ends."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(chat, cursor, store), media_type="text/event-stream", headers=headers)


async def _told(chat: Chat, cursor: int, store: Store) -> AsyncIterator[bytes]:
    listener = chat.listen()
    try:
        yield BEGIN
        await store.settled()
        if cursor > chat.person.cursor:  # a number of an earlier sandbox that kept nothing
            cursor = 0
        for event in chat.since(cursor):
            yield _line(event)
            cursor = event.cursor
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    heard = await listener.get()
            except TimeoutError:
                yield BEAT
                continue
            if heard is None:
                return
            if heard.cursor > cursor:
                await store.settled()
                yield _line(heard)
                cursor = heard.cursor
    finally:
        chat.leave(listener)


def _line(event: ChatEvent) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.cursor, event.kind.encode(), orjson.dumps(event.data))
