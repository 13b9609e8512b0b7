"""Promo codes: typed after the command, or when asked for. The credits are given by the reactor, a moment later."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.buttons import Go, Place
from bot.desk import Desk
from bot.purse.commands import typed
from bot.purse.screens import Asking, ask_for_code, receipt, show, stop_asking, with_menu
from bot.talk import Talk
from domain import streams
from domain.account_words import OpenAccount
from domain.promo import ClaimCode, CodeClaimed, code_of
from domain.refusals import Refusal, UnknownCode
from processors.execute import Done
from processors.ports import EVERYTHING

router = Router(name="promo")


@router.message(typed("promo"))
async def promo_command(message: Message, command: CommandObject, talk: Talk, desk: Desk) -> None:
    """Claims the code that was given along, or asks for one."""
    if command.args:
        await claim(command.args, talk, desk)
    else:
        _ask(message, talk)


@router.callback_query(Go.filter(F.place == Place.PROMO))
async def promo(query: CallbackQuery, talk: Talk) -> None:
    """Asks for a code."""
    _ask(query, talk)


@router.message(Asking.code, F.text & ~F.text.startswith("/"))
async def code_typed(message: Message, talk: Talk, desk: Desk) -> None:
    """Claims what was typed."""
    assert message.text is not None, "the filter lets texts through"
    await claim(message.text, talk, desk)


async def claim(typed_code: str, talk: Talk, desk: Desk) -> None:
    """Claims the code and says what it brings. A code that is none is asked for again.

    Raises UnknownCode, CodeExpired, CodeUsedUp, CodeClaimedAlready.
    """
    code = code_of(typed_code)
    if code is None:
        ask_for_code(talk)
        talk.say("promo-no-code", with_menu(talk))
        return
    await desk.do(OpenAccount(account=talk.account, at=talk.received_at), talk)
    wish = ClaimCode(code=code, account=talk.account, claim=f"u{talk.bot}.{talk.update}", at=talk.received_at)
    try:
        done = await desk.do(wish, talk)
    except UnknownCode:
        ask_for_code(talk)
        raise
    except Refusal:
        stop_asking(talk)
        raise
    claimed = await _claimed(done, wish, desk)
    lines = [talk.text("promo-claimed", code=code, n=claimed.amount)]
    if claimed.expires_at is not None:
        lines.append(talk.text("promo-until", date=f"{claimed.expires_at:%d.%m.%Y}"))
    back_to = Place.NEW
    if stop_asking(talk):
        lines.append(talk.text("promo-go-on"))
        back_to = Place.ORDER
    talk.say_text("\n\n".join(lines), receipt(talk, back_to, Place.BALANCE))


def _ask(event: Message | CallbackQuery, talk: Talk) -> None:
    show(talk, event, talk.text("promo-ask"), with_menu(talk))
    ask_for_code(talk)


async def _claimed(done: Done, wish: ClaimCode, desk: Desk) -> CodeClaimed:
    """The claim, made now or when this update was handled before a crash."""
    for _, event in done.changes:
        if isinstance(event, CodeClaimed):
            return event
    async for recorded in desk.accounts.events(streams.promo(wish.code), upto=EVERYTHING):
        if isinstance(recorded.event, CodeClaimed) and recorded.event.claim == wish.claim:
            return recorded.event
    msg = f"{wish.claim} was neither made nor there"
    raise AssertionError(msg)
