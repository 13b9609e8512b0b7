"""The routers of the menu: `router` comes before everything else, so that a command works in the middle of any step;
`catch_all` comes last, so that nothing that somebody does goes unanswered."""

from __future__ import annotations

from typing import Final

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.types import CallbackQuery, Message

from bot.purse import history, invite, menu, payments, promo, shop, welcome
from bot.talk import Talk

router = Router(name="purse")
router.include_routers(*(part.router for part in (payments, welcome, menu, shop, history, invite, promo)))

catch_all = Router(name="catch all")

SAID_TO_NOBODY: Final = frozenset(
    {
        ContentType.PINNED_MESSAGE,
        ContentType.MESSAGE_AUTO_DELETE_TIMER_CHANGED,
        ContentType.CHAT_BACKGROUND_SET,
        ContentType.WRITE_ACCESS_ALLOWED,
        ContentType.CONNECTED_WEBSITE,
    }
)
"""What the messenger itself notes in a chat."""


@catch_all.callback_query()
async def old_button(_query: CallbackQuery, talk: Talk) -> None:
    """A button that means nothing any more."""
    talk.toast("out-of-date")


@catch_all.message(F.content_type.in_(SAID_TO_NOBODY))
async def note(_message: Message) -> None:
    """Nothing to answer."""


@catch_all.message()
async def not_understood(_message: Message, talk: Talk) -> None:
    """Anything else that somebody says."""
    talk.say("not-understood")
