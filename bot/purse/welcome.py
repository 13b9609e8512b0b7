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
from bot.purse.opening import open_account
from bot.purse.promo import claim
from bot.purse.screens import first_steps, main_menu, show
from bot.purse.shop import START_PARAMETER, show_packages
from bot.talk import Talk

PROMO: Final = "promo_"

router = Router(name="welcome")


@router.message(CommandStart(ignore_case=True, ignore_mention=True))
async def start(message: Message, command: CommandObject, talk: Talk, desk: Desk) -> None:
    """Hello, with the gift if it was just given, and on to what the link was for."""
    payload = command.args or ""
    inviter = await _inviter(payload, desk)
    is_new, balance = await open_account(talk, desk, inviter=inviter)
    lines = [talk.text("start")]
    if is_new:
        lines.append(talk.text("start-welcome", n=desk.catalogue.welcome))
    if balance is not None:
        lines.append(talk.text("start-balance", n=balance.available))
    show(talk, message, "\n\n".join(lines), first_steps(talk) if is_new else main_menu(talk))
    if payload.startswith(PROMO):
        await claim(payload.removeprefix(PROMO), talk, desk)
    elif payload == START_PARAMETER:
        show_packages(message, talk, desk)


async def _inviter(payload: str, desk: Desk) -> int | None:
    """Who invited, if that is somebody who is here; so nobody by a link of their own."""
    inviter = inviter_in(payload)
    return None if inviter is None or await desk.balance(inviter) is None else inviter
