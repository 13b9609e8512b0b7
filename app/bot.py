"""The bot at work: intake by one process, and the screens and the feedback of the shards that this process owns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog
from aiogram.methods import AnswerPreCheckoutQuery, SetMyCommands, SetMyDescription, SetMyShortDescription, SetWebhook
from aiogram.types import PreCheckoutQuery
from pydantic import SecretStr

from adapters.http.telegram_hook import PATH
from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.locks import PostgresLocks, Role
from adapters.postgres.screens import PostgresScreens
from adapters.postgres.tellings import PostgresTellings
from adapters.postgres.views import PostgresViews
from adapters.storage.user_photos import UserPhotos
from adapters.telegram.messenger import TelegramRefused, TelegramUnavailable
from app.alongside import alongside
from app.messenger import Line, reconciliation_of
from app.packages import packaged_packages
from app.pipeline import Plant
from app.settings import Settings
from app.templates import packaged_templates
from app.workers import UNFIT
from bot.balances import Balances
from bot.desk import Desk
from bot.feedback.loop import ShardFeedback
from bot.handling import Handling, dispatcher_of
from bot.intake import ALLOWED, Intake, Polling
from bot.ordering.router import router as ordering
from bot.purse.checkout import answer_to
from bot.purse.commands import commands_in
from bot.purse.router import catch_all
from bot.purse.router import router as purse
from bot.saying import Saying
from bot.screens import ShardScreens
from bot.storage import BufferedStorage
from bot.texts import RUSSIAN_READERS, Language, first_guess, plain
from processors.clock import SystemClock
from processors.execute import Executor
from processors.lease import Lease
from processors.ownership import Ownership
from processors.steady import keep_going

log = structlog.get_logger(__name__)

ONE: Final = 1
"""There is one intake, whoever has it."""

READERS: Final[Mapping[str | None, Language]] = {None: Language.EN, **dict.fromkeys(RUSSIAN_READERS, Language.RU)}
"""What the messenger shows in which language to whom, by the person's; None: to everybody else. As the bot guesses."""


def desk_of(line: Line, store: PostgresEventStore, executor: Executor, plant: Plant, settings: Settings) -> Desk:
    """What the handlers work with."""
    screens = PostgresScreens(store.pool, shards=store.shards)
    return Desk(
        executor=executor,
        accounts=PostgresAccounts(store),
        balances=Balances(screens, PostgresViews(store.pool)),
        screens=screens,
        orders=line.orders,
        photos=UserPhotos(line.messenger, plant.storage),
        offers=plant.pipeline.offers,
        catalogue=plant.pipeline.catalogue,
        templates=packaged_templates(),
        packages=packaged_packages(),
        clock=SystemClock(),
        support=settings.support_contact,
        bot_username=line.me.username or "",
    )


def intake_of(line: Line, desk: Desk) -> Intake:
    """Takes updates in and answers those who are about to pay."""

    async def check_out(query: PreCheckoutQuery) -> AnswerPreCheckoutQuery:
        known = await line.inbox.language(query.from_user.id)
        language = first_guess(query.from_user.language_code) if known is None else Language(known)
        return await answer_to(query, desk, language)

    return Intake(line.inbox, line.messenger, check_out)


class BotAtWork:
    """This process's part in the bot."""

    def __init__(
        self,
        line: Line,
        desk: Desk,
        intake: Intake,
        store: PostgresEventStore,
        *,
        url: str,
        webhook: tuple[str, SecretStr] | None,
    ) -> None:
        """`webhook`: where Telegram shall bring updates, and the secret it shall show; None: they are polled."""
        storage = BufferedStorage()
        self._line = line
        self._desk = desk
        self._intake = intake
        self._store = store
        self._webhook = webhook
        self._handling = Handling(dispatcher_of(storage, purse, ordering, catch_all), storage, bot=line.bot, desk=desk)
        self._saying = Saying(line.messenger, line.videos, line.orders, line.languages)
        screens = partial(PostgresLocks.opened, url, role=Role.SCREENS)
        intakes = partial(PostgresLocks.opened, url, role=Role.INTAKE)
        self._ownerships = (
            Ownership(screens, self._run_shard, shards=store.shards, unfit=UNFIT),
            Ownership(intakes, self._run_intake, shards=ONE),
        )

    async def run(self) -> None:
        """Takes part until it is told to stop."""
        async with asyncio.TaskGroup() as parts:
            for ownership in self._ownerships:
                parts.create_task(ownership.run())

    async def stop(self, limit_s: float) -> None:
        """Ends gently: updates in hand come to their end in time."""
        await asyncio.gather(*(ownership.stop(limit_s) for ownership in self._ownerships))
        await self._intake.close()

    async def _run_shard(self, shard: int, lease: Lease) -> None:
        line, store = self._line, self._store
        screens = ShardScreens(shard, inbox=line.inbox, handling=self._handling, saying=self._saying, lease=lease)
        feedback = ShardFeedback(
            shard,
            shard_log=store,
            tellings=PostgresTellings(store.pool, shards=store.shards),
            orders=line.orders,
            waits=self._desk.screens,
            languages=line.languages,
            messenger=line.messenger,
            clock=SystemClock(),
            lease=lease,
        )
        async with asyncio.TaskGroup() as parts:
            parts.create_task(screens.run())
            parts.create_task(feedback.run())

    async def _run_intake(self, _shard: int, lease: Lease) -> None:
        reconciliation = reconciliation_of(self._line.bot, self._line.messenger, self._store, self._desk.executor)
        beside = [
            asyncio.create_task(keep_going("introduction", self._introduce)),
            asyncio.create_task(keep_going("reconciliation of stars", reconciliation.run)),
        ]
        try:
            if self._webhook is None:
                polling = Polling(
                    self._line.messenger, self._intake, refused=TelegramRefused, unavailable=TelegramUnavailable
                )
                await polling.run(lease)
            else:
                await self._set_webhook(*self._webhook)
                await lease.ending.wait()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _set_webhook(self, url: str, secret: SecretStr) -> None:
        await self._line.messenger.ask(
            SetWebhook(url=url + PATH, secret_token=secret.get_secret_value(), allowed_updates=list(ALLOWED))
        )

    async def _introduce(self) -> None:
        """What the messenger shows of the bot: commands, and what it is for. Once, and then it rests."""
        for code, language in READERS.items():
            for method in (
                SetMyCommands(commands=commands_in(language), language_code=code),
                SetMyDescription(description=plain(language, "bot-description"), language_code=code),
                SetMyShortDescription(short_description=plain(language, "bot-short-description"), language_code=code),
            ):
                try:
                    await self._line.messenger.ask(method)
                except TelegramRefused as refused:
                    log.warning("introduction refused", method=method.__api_method__, code=refused.code)
        await asyncio.Event().wait()


@asynccontextmanager
async def talking(bot: BotAtWork, *, stop_within_s: float) -> AsyncIterator[None]:
    """Talks with people until it is left; then what is in hand comes to its end in time."""
    async with alongside(bot.run(), name="bot", stop=partial(bot.stop, stop_within_s)):
        yield
