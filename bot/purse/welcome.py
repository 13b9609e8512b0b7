"""The first word: the account is opened, the welcome given once, and the link's payload read.

A link may say who invited (`ref...`), bring a promo code (`promo_CODE`) or lead to the packages (`buy`); anything else
in it is passed over.
"""

from __future__ import annotations

from typing import Final

from aiogram import Router
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import Message

from bot.desk import Desk
from bot.purse.invite import inviter_in
from bot.purse.promo import claim
from bot.purse.screens import first_steps, main_menu, show
from bot.purse.shop import START_PARAMETER, show_packages
from bot.talk import Talk
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.refusals import SameIdOtherContent
from processors.execute import Done

WELCOME: Final = "welcome"
"""The gift's source, which makes it happen once, and its reason."""

PROMO: Final = "promo_"

router = Router(name="welcome")


@router.message(CommandStart(ignore_case=True, ignore_mention=True))
async def start(message: Message, command: CommandObject, talk: Talk, desk: Desk) -> None:
    """Hello, with the gift if it was just given, and on to what the link was for."""
    payload = command.args or ""
    inviter = await _inviter(payload, desk)
    done = await desk.do(OpenAccount(account=talk.account, at=talk.received_at, inviter=inviter), talk)
    given = await _give_welcome(talk, desk)
    lines = [talk.text("start")]
    is_new = await _is_news(given, talk, desk)
    if is_new:
        lines.append(talk.text("start-welcome", n=desk.catalogue.welcome))
    balance = await desk.balance(talk.account, after=done if given is None or given.position is None else given)
    if balance is not None:
        lines.append(talk.text("start-balance", n=balance.available))
    show(talk, message, "\n\n".join(lines), first_steps(talk) if is_new else main_menu(talk))
    talk.conversation.memory[WELCOME] = True
    if payload.startswith(PROMO):
        await claim(payload.removeprefix(PROMO), talk, desk)
    elif payload == START_PARAMETER:
        show_packages(message, talk, desk)


async def _inviter(payload: str, desk: Desk) -> int | None:
    """Who invited, if that is somebody who is here; so nobody by a link of their own."""
    inviter = inviter_in(payload)
    return None if inviter is None or await desk.balance(inviter) is None else inviter


async def _give_welcome(talk: Talk, desk: Desk) -> Done | None:
    """Gives the welcome, once; the amount may have been another when it was given."""
    if not desk.catalogue.welcome:
        return None
    gift = GiveBonus(
        account=talk.account,
        at=talk.received_at,
        source=WELCOME,
        amount=desk.catalogue.welcome,
        reason="welcome",
        by="neurocards",
    )
    try:
        return await desk.do(gift, talk)
    except SameIdOtherContent:
        return None


async def _is_news(given: Done | None, talk: Talk, desk: Desk) -> bool:
    """Whether the welcome is to be told: it was given by this update, perhaps when it was handled before a crash."""
    if given is None or WELCOME in talk.conversation.memory:
        return False
    if given.changes:
        return True
    lines = await desk.screens.lines(talk.account, below=None, limit=5)
    return any(line.subject == WELCOME and line.recorded_at >= talk.received_at for line in lines)
