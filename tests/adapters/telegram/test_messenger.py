"""The messenger over real connections: how long it tries, what it never repeats, and which edits it leaves out."""

from __future__ import annotations

import asyncio
import traceback

import pytest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageText,
    GetMe,
    GetUpdates,
    RefundStarPayment,
    SendChatAction,
    SendMediaGroup,
    SendMessage,
    SetMyCommands,
    TelegramMethod,
)
from aiogram.types import BotCommand, InputMediaPhoto

from adapters.telegram.answers import Later
from adapters.telegram.messenger import TelegramRefused, TelegramUnavailable
from adapters.telegram.rate import Rates
from domain.outside import MaybeSaid, NotSaid, Said, Urgency, WhyNot
from tests.adapters.telegram.bot_api import (
    CHAT,
    HANGS_UP,
    RESET,
    TOKEN,
    Answer,
    message,
    no,
    page,
    result,
    says,
    serving_bytes,
    speaking,
)
from tests.adapters.telegram.clocks import HeldClock

HELLO = SendMessage(chat_id=CHAT, text="hello")
ME = {"id": 7, "is_bot": True, "first_name": "Bot"}


def flood(retry_after: int) -> Answer:
    """Telegram asks for patience."""
    return no("429 Too Many Requests", f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def edit(text: str) -> EditMessageText:
    """An edit of the one message."""
    return EditMessageText(chat_id=CHAT, message_id=7, text=text)


async def test_what_never_left_is_said_as_soon_as_there_is_a_connection() -> None:
    async with serving_bytes() as api:
        port = int(api.url.rpartition(":")[2])
    clock = HeldClock()
    async with speaking(api.url, clock=clock) as talk:
        saying = asyncio.create_task(talk.messenger.say(HELLO))
        await clock.waited.wait()
        async with serving_bytes(port=port) as api:
            clock.go_on()
            assert await saying == Said(77)
            assert len(api.requests) == 1


async def test_where_nobody_listens_it_gives_up_after_a_minute() -> None:
    async with serving_bytes() as api:
        url = api.url
    async with speaking(url) as talk:
        said = await talk.messenger.say(HELLO)
        assert said == NotSaid(WhyNot.UNREACHABLE, "no connection: ClientConnectorError")
        assert talk.clock.time() == 1 + 2 + 4 + 8 + 16
        with pytest.raises(TelegramUnavailable, match="no connection"):
            await talk.messenger.ask(GetMe())


async def test_a_flood_is_waited_for_as_long_as_telegram_says() -> None:
    async with serving_bytes(flood(7), flood(2)) as api, speaking(api.url) as talk:
        assert await talk.messenger.say(HELLO) == Said(77)
        assert talk.clock.time() == 9
        assert len(api.requests) == 3


async def test_nobody_waits_for_a_long_rest_and_the_chat_is_left_alone_meanwhile() -> None:
    async with serving_bytes(flood(300)) as api, speaking(api.url) as talk:
        assert await talk.messenger.say(HELLO) == NotSaid(WhyNot.UNREACHABLE, "too many requests")
        assert await talk.messenger.say(edit("x")) == NotSaid(
            WhyNot.UNREACHABLE, "too many requests, and the chat rests"
        )
        later = await talk.messenger.once(HELLO)
        assert isinstance(later, Later)
        assert later.wait_s == 300
        assert len(api.requests) == 1
        assert await talk.messenger.say(SendMessage(chat_id=CHAT + 1, text="hello")) == Said(77)
        await talk.pace.pause(300)
        assert await talk.messenger.say(HELLO) == Said(77)


async def test_an_answer_is_tried_for_seconds_only() -> None:
    async with serving_bytes() as api:
        url = api.url
    async with speaking(url) as talk:
        answer = AnswerCallbackQuery(callback_query_id="1")
        said = await talk.messenger.say(answer, urgency=Urgency.ANSWER)
        assert isinstance(said, NotSaid)
        assert talk.clock.time() == 1 + 2 + 4


@pytest.mark.parametrize(
    "method",
    [
        edit("x"),
        DeleteMessage(chat_id=CHAT, message_id=7),
        AnswerCallbackQuery(callback_query_id="1"),
        SendChatAction(chat_id=CHAT, action="typing"),
        SetMyCommands(commands=[BotCommand(command="start", description="begins")]),
    ],
)
async def test_what_does_no_harm_is_repeated_a_few_times_though_nobody_knows(method: TelegramMethod[object]) -> None:
    async with serving_bytes(HANGS_UP, RESET, usual=result(True)) as api, speaking(api.url) as talk:
        assert isinstance(await talk.messenger.say(method), Said)
        assert len(api.requests) == 3
    async with serving_bytes(usual=HANGS_UP) as api, speaking(api.url) as talk:
        assert isinstance(await talk.messenger.say(method), MaybeSaid)
        assert len(api.requests) == 4


async def test_a_doubt_outlasts_the_refusals_that_follow_it() -> None:
    async with serving_bytes(HANGS_UP, usual=flood(50)) as api, speaking(api.url) as talk:
        assert isinstance(await talk.messenger.say(edit("x")), MaybeSaid)
        assert len(api.requests) == 3


async def test_an_album_is_said_as_its_first_message() -> None:
    row = {"message_id": 5, "date": 1, "chat": {"id": CHAT, "type": "private"}}
    async with serving_bytes(result([row, row | {"message_id": 6}])) as api, speaking(api.url) as talk:
        album = SendMediaGroup(chat_id=CHAT, media=[InputMediaPhoto(media="a"), InputMediaPhoto(media="b")])
        assert await talk.messenger.say(album) == Said(5)


async def test_edits_of_a_message_are_never_under_way_at_once_and_old_ones_are_left_out() -> None:
    held, arrived = asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await held.wait()
        await message(7).act(writer)

    async with serving_bytes(Answer(hold)) as api, speaking(api.url) as talk:
        first = asyncio.create_task(talk.messenger.say(edit("first"), urgency=Urgency.EDIT))
        await arrived.wait()
        others = [asyncio.create_task(talk.messenger.say(edit(text), urgency=Urgency.EDIT)) for text in ("2nd", "3rd")]
        assert await others[0] == Said(7)
        assert len(api.requests) == 1
        held.set()
        assert [await first, await others[1]] == [Said(7), Said(7)]
        first_body, last_body = (request.body for request in api.requests)
        assert b"first" in first_body
        assert b"3rd" in last_body


async def test_an_edit_is_not_tried_again_when_a_newer_one_waits() -> None:
    async with serving_bytes(flood(5)) as api, speaking(api.url, clock=(clock := HeldClock())) as talk:
        old = asyncio.create_task(talk.messenger.say(edit("old")))
        await clock.waited.wait()
        new = asyncio.create_task(talk.messenger.say(edit("new")))
        clock.go_on()
        assert [await old, await new] == [Said(7), Said(7)]
        assert [b"old" in request.body for request in api.requests] == [True, False]


async def test_a_cancelled_edit_lets_the_next_one_go() -> None:
    arrived = asyncio.Event()

    async def hear(_writer: asyncio.StreamWriter) -> None:
        arrived.set()

    async with serving_bytes(Answer(hear)) as api, speaking(api.url) as talk:
        first = asyncio.create_task(talk.messenger.say(edit("first")))
        await arrived.wait()
        first.cancel()
        assert await talk.messenger.say(edit("second")) == Said(7)
        assert first.cancelled()


async def test_messages_keep_to_the_pace() -> None:
    async with serving_bytes() as api, speaking(api.url, rates=Rates(chat_burst=2)) as talk:
        said = await asyncio.gather(*(talk.messenger.say(HELLO) for _ in range(5)))
        assert said == [Said(77)] * 5
        assert talk.clock.time() == 3
        assert len(api.requests) == 5


async def test_a_result_that_is_asked_for_is_given() -> None:
    async with serving_bytes(HANGS_UP, flood(1), result(ME)) as api, speaking(api.url) as talk:
        assert (await talk.messenger.ask(GetMe())).id == 7
        assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (no("401 Unauthorized", "Unauthorized"), 401),
        (no("409 Conflict", "Conflict: can't use getUpdates method while webhook is active"), 409),
        (no("400 Bad Request", "Bad Request: offset is wrong"), 400),
    ],
)
async def test_a_refusal_is_told_with_its_code(answer: Answer, code: int) -> None:
    async with serving_bytes(answer) as api, speaking(api.url) as talk:
        with pytest.raises(TelegramRefused) as refused:
            await talk.messenger.ask(GetUpdates(timeout=0))
        assert refused.value.code == code
        assert refused.value.description
        assert len(api.requests) == 1


async def test_who_polls_may_ask_once_only() -> None:
    async with serving_bytes(usual=flood(1)) as api, speaking(api.url) as talk:
        with pytest.raises(TelegramUnavailable) as unavailable:
            await talk.messenger.ask(GetUpdates(timeout=0), tries_s=0)
        assert unavailable.value.wait_s == 1
        assert len(api.requests) == 1


async def test_a_payment_that_was_paid_back_before_is_paid_back() -> None:
    refund = RefundStarPayment(user_id=CHAT, telegram_payment_charge_id="c1")
    again = no("400 Bad Request", "Bad Request: CHARGE_ALREADY_REFUNDED")
    async with serving_bytes(HANGS_UP, again) as api, speaking(api.url) as talk:
        assert await talk.messenger.ask(refund) is True
        assert len(api.requests) == 2


async def test_what_was_done_and_cannot_be_read_is_no_result() -> None:
    async with serving_bytes(result("no user")) as api, speaking(api.url) as talk:
        with pytest.raises(TelegramUnavailable, match="cannot be read"):
            await talk.messenger.ask(GetMe())
        assert len(api.requests) == 1


@pytest.mark.parametrize("answer", [says(b"\x00\xff what?\r\n\r\n"), page("404 Not Found"), HANGS_UP])
async def test_no_error_shows_the_token_however_it_is_printed(answer: Answer) -> None:
    async with serving_bytes(usual=answer) as api, speaking(api.url) as talk:
        for asking in (talk.messenger.ask(GetMe()), talk.bot(GetMe())):
            with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is, it is printed
                await asking
            printed = "".join(traceback.format_exception(raised.value))
            assert TOKEN.partition(":")[2] not in printed + repr(raised.value)
