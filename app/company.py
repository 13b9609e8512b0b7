"""The running company: the log, its workers, the HTTP side, the bot, and the services outside or their sandboxes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from adapters.http.telegram_hook import telegram_router
from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from adapters.sandbox.kie_sandbox import KieSandbox
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.sender import FolderSender
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from app.database import Place, data_key, opened
from app.outside import Outside, outside_of
from app.pipeline import Ground, Plant, plant_on, secret_for
from app.serving import serving, serving_somewhere
from app.settings import Settings, SettingsError
from app.storage import storage_of
from app.web import equip
from app.workers import Workers, sharing_work
from processors.clock import SystemClock
from processors.execute import Executor
from processors.pipeline import Pipeline
from processors.star_refunds import StarRefunds

if TYPE_CHECKING:
    from app.messenger import Line

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Instead:
    """What a demonstration or a proof puts in the place of the usual: sandboxes of its own, and whatever `pipeline`
    makes of the usual pipeline."""

    kie: KieSandbox | None = None
    openai: OpenAISandbox | None = None
    telegram: TelegramSandbox | None = None
    pipeline: Callable[[Pipeline], Pipeline] = lambda usual: usual


AS_USUAL: Final = Instead()


@dataclass(frozen=True)
class Company:
    """What runs. `web_url` is None where no HTTP side does, `workers` where none work, `line` where nobody talks."""

    store: PostgresEventStore
    executor: Executor
    plant: Plant
    outside: Outside
    web_url: str | None
    workers: Workers | None
    line: Line | None


@asynccontextmanager
async def company_at(
    place: Place,
    settings: Settings,
    *,
    web: bool = False,
    work: bool = False,
    talk: bool = False,
    instead: Instead = AS_USUAL,
) -> AsyncIterator[Company]:
    """Runs it until it is left: the HTTP side, the workers, the bot. Without a messenger, videos are delivered into the
    data folder's `delivered`.

    Raises what opening the database raises, SettingsError, and NobodyAnswers.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(opened(place, settings))
        executor = Executor(store)
        stack.push_async_callback(executor.close)
        data_dir = place.data_dir or settings.data_dir
        plays = talk and settings.bot_token is None
        telegram = instead.telegram or (_telegram(data_dir) if plays else None)
        outside = await enter(outside_of(settings, kie=instead.kie, openai=instead.openai, telegram=telegram))
        site = FastAPI(title="Neurocards", openapi_url=None)
        web_url = await enter(_served(site, settings)) if web else None
        key = await data_key(place, settings)
        ground = _ground(place, settings, store, executor, outside, key=key, web_url=web_url)
        people_reach = _reached_from("Telegram", settings, outside, web_url)
        line = await enter(_line(ground, public_url=people_reach))
        if line is not None:
            ground = replace(ground, sender=line.videos)
        plant = await enter(plant_on(ground))
        equip(site, plant, store.pool, settings)
        workers = await enter(_sharing(ground, plant, line, instead)) if work else None
        if line is not None and (talk or web):
            await enter(_bot(site, line, ground, plant, talk=talk, public_url=people_reach))
        yield Company(store, executor, plant, outside, web_url, workers, line)


def _telegram(data_dir: Path) -> TelegramSandbox:
    return TelegramSandbox(TelegramSandboxSettings(folder=data_dir / "telegram"))


def _ground(
    place: Place,
    settings: Settings,
    store: PostgresEventStore,
    executor: Executor,
    outside: Outside,
    *,
    key: bytes,
    web_url: str | None,
) -> Ground:
    data_dir = place.data_dir or settings.data_dir
    storage = storage_of(settings, data_dir)
    return Ground(
        store=store,
        executor=executor,
        outside=outside,
        settings=settings,
        url=place.url,
        data_key=key,
        storage=storage,
        sender=FolderSender(storage, data_dir / "delivered"),
        public_url=_reached_from("KIE", settings, outside, web_url),
        scratch=data_dir / "scratch",
    )


def _reached_from(service: str, settings: Settings, outside: Outside, web_url: str | None) -> str | None:
    """Where the HTTP side is for that service: at PUBLIC_URL, or on this machine for a sandbox of ours."""
    if settings.public_url is not None:
        return str(settings.public_url)
    return web_url if service in outside.in_sandbox else None


@asynccontextmanager
async def _line(ground: Ground, *, public_url: str | None) -> AsyncIterator[Line | None]:
    """The line to people; None when nobody is talked to."""
    if ground.outside.bot_token is None:
        yield None
        return
    from app.messenger import line_to_people  # noqa: PLC0415 - aiogram takes seconds to import, and few need it

    async with line_to_people(ground, ground.outside.bot_token, public_url=public_url) as line:
        yield line


def _sharing(ground: Ground, plant: Plant, line: Line | None, instead: Instead) -> AbstractAsyncContextManager[Workers]:
    """The work on the shards. Where there is a line, Stars go back to their payers too."""
    store, executor = ground.store, ground.executor
    accounts, tracking = PostgresAccounts(store), PostgresTracking(store.pool)

    def star_refunds(shard: int) -> Sequence[Coroutine[Any, Any, None]]:
        if line is None:
            return ()
        refunds = StarRefunds(
            shard,
            shard_log=store,
            tracking=tracking,
            executor=executor,
            accounts=accounts,
            stars=line.stars,
            clock=SystemClock(),
        )
        return (refunds.run(),)

    return sharing_work(
        store,
        executor,
        url=ground.url,
        pipeline=instead.pipeline(plant.pipeline),
        beside={"housekeeping": plant.housekeeping.run},
        per_shard=star_refunds,
        stop_within_s=ground.settings.shutdown_s,
    )


@asynccontextmanager
async def _bot(
    site: FastAPI, line: Line, ground: Ground, plant: Plant, *, talk: bool, public_url: str | None
) -> AsyncIterator[None]:
    """The webhook's route, if updates come that way, and with `talk` the bot itself."""
    from app.bot import BotAtWork, desk_of, intake_of, talking  # noqa: PLC0415 - as for the line

    settings = ground.settings
    desk = desk_of(line, ground.store, ground.executor, plant, settings)
    intake = intake_of(line, desk)
    webhook: tuple[str, SecretStr] | None = None
    if settings.telegram_updates == "webhook":
        if public_url is None:
            raise SettingsError("TELEGRAM_UPDATES is webhook, and without PUBLIC_URL Telegram cannot reach us")
        secret = SecretStr(secret_for("telegram webhook", ground.data_key).hex())
        webhook = (public_url.rstrip("/"), secret)
        site.include_router(telegram_router(intake.take, secret=secret))
    if not talk:
        yield
        return
    bot = BotAtWork(line, desk, intake, ground.store, url=ground.url, webhook=webhook)
    async with talking(bot, stop_within_s=settings.shutdown_s):
        yield


@asynccontextmanager
async def _served(site: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """The site, at HTTP_HOST and HTTP_PORT, or at any free port when nobody asked for the one that is taken."""
    host, port = settings.http_host, settings.http_port
    serve = serving if "http_port" in settings.model_fields_set else serving_somewhere
    async with AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(serve(site, host=host, port=port))
        except OSError as error:
            msg = f"HTTP_HOST {host} with HTTP_PORT {port} cannot be used: {error.strerror}"
            raise SettingsError(msg) from error
        yield url


async def told_to_stop() -> None:
    """Returns when the process is asked to end, by SIGTERM or Ctrl-C."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
        log.info("told to stop")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
