"""The account of somebody new: opened, and the welcome given, once each, whatever they begin with."""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.desk import Desk
from bot.talk import Talk
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.refusals import SameIdOtherContent
from domain.shown import Balance
from processors.execute import Done

WELCOME: Final = "welcome"
"""The gift's source, which makes it happen once, and its reason. In memory: that it was told, if there was one."""


class Opened(NamedTuple):
    """An account that is open, whose welcome may be news. The balance is None when the view takes too long."""

    is_news: bool
    balance: Balance | None


async def open_account(talk: Talk, desk: Desk, *, inviter: int | None = None) -> Opened:
    """Opens the account and gives the welcome, as far as that was not done before."""
    done = await desk.do(OpenAccount(account=talk.account, at=talk.received_at, inviter=inviter), talk)
    given = await _give_welcome(talk, desk)
    balance = await desk.balance(talk.account, after=done if given is None or given.position is None else given)
    is_news = await _is_news(given, talk, desk)
    talk.conversation.memory[WELCOME] = True
    return Opened(is_news, balance)


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
