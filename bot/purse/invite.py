"""Inviting: everybody's own link, which tells the bot who sent a newcomer."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from aiogram import F, Router
from aiogram.types import CallbackQuery, CopyTextButton, InlineKeyboardButton, Message

from bot.buttons import Go, Place
from bot.desk import Desk
from bot.purse.commands import typed
from bot.purse.screens import show, with_menu
from bot.talk import Talk

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
INVITED_BY: Final = re.compile(r"ref([0-9a-z]{1,13})", re.ASCII)
ACCOUNT_END: Final = 2**63

router = Router(name="invite")


def payload_for(account: int) -> str:
    """What the account's link carries: `ref` and its id to the base of 36."""
    digits = ""
    while account:
        account, digit = divmod(account, len(DIGITS))
        digits = DIGITS[digit] + digits
    return f"ref{digits}"


def inviter_in(payload: str) -> int | None:
    """Whose link it is; None for a payload of another kind."""
    found = INVITED_BY.fullmatch(payload)
    account = 0 if found is None else int(found[1], len(DIGITS))
    return account if 0 < account < ACCOUNT_END else None


def link_to(bot_username: str, payload: str) -> str:
    """The link that opens the bot with this payload."""
    return f"https://t.me/{bot_username}?start={payload}"


@router.message(typed("invite"))
@router.callback_query(Go.filter(F.place == Place.INVITE))
async def invite(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """The link, what it brings and when, and two ways of passing it on."""
    link = link_to(desk.bot_username, payload_for(talk.account))
    bonus = desk.packages.referral_bonus
    lines = [talk.text("invite", link=link)]
    if bonus:
        lines.insert(0, talk.text("invite-bonus", n=bonus))
    share = f"https://t.me/share/url?url={quote(link, safe='')}&text={quote(talk.plain('invite-words'), safe='')}"
    buttons = [
        InlineKeyboardButton(text=talk.plain("invite-copy"), copy_text=CopyTextButton(text=link)),
        InlineKeyboardButton(text=talk.plain("invite-share"), url=share),
    ]
    show(talk, event, "\n\n".join(lines), with_menu(talk, buttons))
