"""The line to the Bot API: where it leads, how long each call may take, and what it never does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import (
    AnswerPreCheckoutQuery,
    GetMe,
    GetUpdates,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import BufferedInputFile, InputMediaPhoto
from aiohttp import ConnectionTimeoutError
from pydantic import SecretStr

from adapters.telegram.answers import Later, UnreadableAnswer, what_became
from adapters.telegram.session import Patience, bot_of
from tests.adapters.telegram.bot_api import CHAT, SILENT, TOKEN, Answer, http, page, result, serving_bytes

SLOW, SOON = 60.0, 0.05
"""Seconds that nobody waits for, and seconds that somebody does."""
PHOTO = BufferedInputFile(b"bytes", "p.jpg")


@pytest.mark.parametrize(
    "token", ["", "abc", "7000000001", "7000000001:", ":abc", "7000000001:a b", "x:abc", "1:a/b\n"]
)
async def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="the token of the bot is no token") as refused:
        async with bot_of(SecretStr(token)):
            pass
    assert len(token) < 5 or token not in str(refused.value)


async def test_without_a_base_it_is_telegrams_own() -> None:
    async with bot_of(SecretStr(TOKEN)) as bot:
        assert bot.session.api.api_url("t", "getMe").startswith("https://api.telegram.org/bott/")
        assert bot.id == 7000000001


async def test_texts_are_html_and_links_show_no_preview() -> None:
    async with serving_bytes() as api, bot_of(SecretStr(TOKEN), f"{api.url}/") as bot:
        await bot(SendMessage(chat_id=CHAT, text="x"))
        form = api.requests[0].form()
    assert form["parse_mode"] == "HTML"
    assert json.loads(form["link_preview_options"]) == {"is_disabled": True}
    assert api.requests[0].head.startswith(f"POST /bot{TOKEN}/sendMessage ")


@pytest.mark.parametrize(
    ("method", "patience"),
    [
        (GetMe(), Patience(call_s=SOON, answer_s=SLOW, upload_s=SLOW, poll_margin_s=SLOW)),
        (SendMessage(chat_id=CHAT, text="x"), Patience(call_s=SOON, answer_s=SLOW, upload_s=SLOW)),
        (AnswerPreCheckoutQuery(pre_checkout_query_id="1", ok=True), Patience(call_s=SLOW, answer_s=SOON)),
        (SendDocument(chat_id=CHAT, document=PHOTO), Patience(call_s=SLOW, answer_s=SLOW, upload_s=SOON)),
        (SendMediaGroup(chat_id=CHAT, media=[InputMediaPhoto(media=PHOTO)]), Patience(call_s=SLOW, upload_s=SOON)),
        (GetUpdates(timeout=0), Patience(call_s=SLOW, upload_s=SLOW, poll_margin_s=SOON)),
    ],
)
async def test_each_kind_of_call_has_its_own_time(method: TelegramMethod[Any], patience: Patience) -> None:
    async with serving_bytes(usual=SILENT) as api, bot_of(SecretStr(TOKEN), api.url, patience=patience) as bot:
        with pytest.raises(TelegramNetworkError):
            async with asyncio.timeout(SLOW / 2):
                await bot(method)


async def test_a_long_poll_outlasts_other_calls() -> None:
    polled, enough = asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        polled.set()
        await enough.wait()
        await result([]).act(writer)

    patience = Patience(call_s=SOON, poll_margin_s=SLOW)
    async with serving_bytes(Answer(hold), SILENT) as api, bot_of(SecretStr(TOKEN), api.url, patience=patience) as bot:
        polling = asyncio.create_task(bot(GetUpdates(timeout=1)))
        await polled.wait()
        with pytest.raises(TelegramNetworkError):
            await bot(GetMe())
        enough.set()
        assert await polling == []


async def test_who_finds_no_free_connection_has_not_been_heard() -> None:
    busy = asyncio.Event()

    async def hold(_writer: asyncio.StreamWriter) -> None:
        busy.set()

    patience = Patience(connect_s=1.0, call_s=SLOW)
    async with (
        serving_bytes(Answer(hold)) as api,
        bot_of(SecretStr(TOKEN), api.url, patience=patience, connections_max=1) as bot,
    ):
        first = asyncio.create_task(bot(GetMe()))
        await busy.wait()
        with pytest.raises(TelegramNetworkError) as missed:
            await bot(SendMessage(chat_id=CHAT, text="x"))
        assert isinstance(missed.value.__cause__, ConnectionTimeoutError)
        assert isinstance(what_became(missed.value), Later)
        assert api.methods() == ["getMe"]
        first.cancel()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect"])
async def test_a_redirect_is_not_followed(status: str) -> None:
    async with serving_bytes() as elsewhere:
        moved = http(b"", status=f"{status}\r\nLocation: {elsewhere.url}/x")
        async with serving_bytes(moved) as api, bot_of(SecretStr(TOKEN), api.url) as bot:
            with pytest.raises(UnreadableAnswer, match=r"HTTP 30\d without an answer of the Bot API's"):
                await bot(SendMessage(chat_id=CHAT, text="x"))
            assert len(api.requests) == 1
        assert elsewhere.requests == []


async def test_what_runs_on_this_machine_is_asked_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving_bytes() as proxy, serving_bytes() as api:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with bot_of(SecretStr(TOKEN), api.url) as bot:
            assert (await bot(SendMessage(chat_id=CHAT, text="x"))).message_id == 77
        async with bot_of(SecretStr(TOKEN), "http://bot-api.example") as bot:
            await bot(SendMessage(chat_id=CHAT, text="x"))
        assert [len(api.requests), len(proxy.requests)] == [1, 1]


async def test_an_unreadable_answer_shows_nothing_of_itself() -> None:
    async with serving_bytes(page("502 a secret page")) as api, bot_of(SecretStr(TOKEN), api.url) as bot:
        with pytest.raises(UnreadableAnswer) as unreadable:
            await bot(GetMe())
        assert str(unreadable.value) == "HTTP 502 without an answer of the Bot API's"
        assert unreadable.value.status == 502
