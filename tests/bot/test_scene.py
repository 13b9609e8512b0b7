"""The ground that handlers stand on: what is handled twice says the same, and a rule's no is an answer."""

from __future__ import annotations

from pathlib import Path

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from adapters.postgres.event_store import PostgresEventStore
from bot.desk import Desk
from bot.talk import Resend, Talk, as_json, reply_of
from domain.account_words import OpenAccount
from domain.order import PlaceOrder
from tests.bot.scene import scene_of, toast, words


def little_router() -> Router:
    """Two handlers."""
    router = Router()

    @router.message(Command("open"))
    async def open_account(message: Message, talk: Talk, desk: Desk) -> None:
        done = await desk.do(OpenAccount(account=talk.account, at=talk.received_at), talk)
        balance = await desk.balance(talk.account, after=done)
        talk.say("credits", n=0 if balance is None else balance.available)

    @router.callback_query()
    async def order(query: CallbackQuery, talk: Talk, desk: Desk) -> None:
        content = {"order": "b1.42.1", "count": 1, "model": "kling-2.6", "price": 2, "photo": "inputs/42/a.jpg"}
        await desk.do(PlaceOrder.model_validate({"account": talk.account, "at": talk.received_at, **content}), talk)

    return router


async def test_what_is_said_depends_on_the_update_alone(store: PostgresEventStore, tmp_path: Path) -> None:
    async with scene_of(store, tmp_path, little_router()) as scene:
        update = scene.update(42, "/open")
        first = await scene.receives(42, update)
        again = await scene.receives(42, update)
        assert words(first) == words(again) == "0 кредитов"
        await scene.verified()


async def test_a_refusal_is_said_in_words_and_the_tap_is_answered(store: PostgresEventStore, tmp_path: Path) -> None:
    async with scene_of(store, tmp_path, little_router()) as scene:
        refused = await scene.says(42, tap=(7, "anything"))
        assert toast(refused) is None
        assert "/start" in words(refused)
        await scene.says(42, "/open")
        assert "нужно 2, а доступно 0" in words(await scene.says(42, tap=(7, "anything")))


async def test_what_no_handler_knows_is_answered(store: PostgresEventStore, tmp_path: Path) -> None:
    async with scene_of(store, tmp_path, little_router()) as scene:
        scene.languages[43] = "en"
        assert "did not get that" in words(await scene.says(43, "what?"))


def test_replies_are_read_as_they_were_kept() -> None:
    resend = Resend("b1.42.1.0", as_document=True)
    assert reply_of(as_json(resend)) == resend
