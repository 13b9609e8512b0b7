"""The messenger, put together: the bot's line to Telegram, the inbox, and the sender of stored videos."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiogram import Bot
from aiogram.methods import GetMe
from aiogram.types import User
from pydantic import SecretStr

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.bookmarks import PostgresBookmarks
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.signals import Signals
from adapters.storage.links import Links
from adapters.telegram.messenger import Messenger, TelegramRefused, TelegramUnavailable
from adapters.telegram.pace import Pace
from adapters.telegram.rate import TELEGRAMS, UNLIMITED, Rates
from adapters.telegram.session import Patience, bot_of
from adapters.telegram.stars import TelegramStars
from adapters.telegram.videos import VideoCaption, VideoSender
from app.failures import NobodyAnswers
from app.packages import packaged_packages
from app.pipeline import Ground, links_of
from app.settings import Settings, SettingsError
from bot.feedback.captions import Captions
from bot.languages import Languages
from processors.clock import SystemClock
from processors.execute import Executor
from processors.reconciliation import Reconciliation

INBOX: Final = "neurocards_inbox"
LINKS_OPEN_FOR_S: Final = 7 * 86_400
FIRST_WORD_WITHIN_S: Final = 60.0


@dataclass(frozen=True)
class Line:
    """How this process talks with people. `me` is the bot as its users see it."""

    bot: Bot
    me: User
    messenger: Messenger
    inbox: PostgresInbox
    orders: PostgresOrders
    languages: Languages
    videos: VideoSender
    stars: TelegramStars


@asynccontextmanager
async def line_to_people(ground: Ground, token: SecretStr, *, public_url: str | None) -> AsyncIterator[Line]:
    """The line of the bot of that token, until it is left. `public_url` is where links to stored files lead.

    Raises SettingsError for a token that is none or that Telegram refuses, NobodyAnswers.
    """
    outside, settings, store = ground.outside, ground.settings, ground.store
    async with bot_at(token, outside.telegram_base, settings) as bot:
        messenger = Messenger(bot, Pace(rates_of(settings.telegram_messages_per_s)))
        me = await _introduced(messenger)
        signals = Signals(ground.url, shards=store.shards, channel=INBOX)
        inbox = PostgresInbox(store.pool, signals, bot=bot.id, shards=store.shards)
        orders, languages = PostgresOrders(store), Languages(inbox)
        videos = VideoSender(
            messenger,
            ground.storage,
            compose=_composing(Captions(orders, languages)),
            link=_link(links_of(ground.data_key), public_url),
            upload_s=float(settings.send_timeout_s),
        )
        try:
            yield Line(bot, me, messenger, inbox, orders, languages, videos, TelegramStars(messenger))
        finally:
            await signals.close()


def _composing(captions: Captions) -> Callable[[int, str], Awaitable[VideoCaption]]:
    async def compose(account: int, job: str) -> VideoCaption:
        return VideoCaption(*await captions.caption(account, job))

    return compose


@asynccontextmanager
async def bot_at(token: SecretStr, base: str | None, settings: Settings) -> AsyncIterator[Bot]:
    """The bot of that token, where its API is served. Raises SettingsError for a token that is none."""
    patience = Patience(connect_s=float(settings.connect_timeout_s), upload_s=float(settings.send_timeout_s))
    async with AsyncExitStack() as stack:
        try:
            bot = await stack.enter_async_context(bot_of(token, base, patience=patience))
        except ValueError as error:
            raise SettingsError(f"BOT_TOKEN is wrong: {error}") from None
        yield bot


def reconciliation_of(bot: Bot, messenger: Messenger, store: PostgresEventStore, executor: Executor) -> Reconciliation:
    """Holds the ledger against Telegram's account of the bot's Stars."""
    return Reconciliation(
        bot=str(bot.id),
        transactions=TelegramStars(messenger),
        bookmarks=PostgresBookmarks(store.pool),
        accounts=PostgresAccounts(store),
        executor=executor,
        packages=packaged_packages(),
        clock=SystemClock(),
    )


def rates_of(messages_per_s: int) -> Rates:
    """Telegram's pace, with so many messages a second over all chats; 0 is no limit."""
    if not messages_per_s:
        return UNLIMITED
    return TELEGRAMS._replace(all_per_s=float(messages_per_s), all_burst=messages_per_s)


async def _introduced(messenger: Messenger) -> User:
    try:
        return await messenger.ask(GetMe(), tries_s=FIRST_WORD_WITHIN_S)
    except TelegramRefused as refused:
        raise SettingsError(f"BOT_TOKEN is refused by Telegram: {refused}") from refused
    except TelegramUnavailable as unavailable:
        raise NobodyAnswers(f"Telegram cannot be reached: {unavailable}") from unavailable


def _link(links: Links, public_url: str | None) -> Callable[[str], str | None]:
    def link(name: str) -> str | None:
        if public_url is None:
            return None
        return public_url.rstrip("/") + links.sign(name, datetime.now(UTC), LINKS_OPEN_FOR_S)

    return link
