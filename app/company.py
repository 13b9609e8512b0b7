"""The running company: the log, its workers, the HTTP side, and the services outside or their sandboxes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import FastAPI

from adapters.postgres.event_store import PostgresEventStore
from adapters.sandbox.kie_sandbox import KieSandbox
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.sender import FolderSender
from app.database import Place, data_key, opened
from app.outside import Outside, outside_of
from app.pipeline import Ground, Plant, plant_on, storage_of
from app.serving import serving
from app.settings import Settings, SettingsError
from app.web import equip
from app.workers import Workers, sharing_work
from processors.execute import Executor
from processors.pipeline import Pipeline

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Instead:
    """What a demonstration or a proof puts in the place of the usual: sandboxes of its own, and whatever `pipeline`
    makes of the usual pipeline."""

    kie: KieSandbox | None = None
    openai: OpenAISandbox | None = None
    pipeline: Callable[[Pipeline], Pipeline] = lambda usual: usual


AS_USUAL: Final = Instead()


@dataclass(frozen=True)
class Company:
    """What runs. `web_url` is None where no HTTP side does, `workers` where none work."""

    store: PostgresEventStore
    executor: Executor
    plant: Plant
    outside: Outside
    web_url: str | None
    workers: Workers | None


@asynccontextmanager
async def company_at(
    place: Place,
    settings: Settings,
    *,
    web: bool,
    work: bool,
    instead: Instead = AS_USUAL,
) -> AsyncIterator[Company]:
    """Runs it until it is left. Without a messenger, videos are delivered into the data folder's `delivered`.

    Raises what opening the database raises, and SettingsError.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(opened(place, settings))
        executor = Executor(store)
        stack.push_async_callback(executor.close)
        outside = await enter(outside_of(settings, kie=instead.kie, openai=instead.openai))
        site = FastAPI(title="Neurocards", openapi_url=None)
        web_url = await enter(_served(site, settings)) if web else None
        ground = await _ground(place, settings, store, executor, outside, web_url=web_url)
        plant = await enter(plant_on(ground))
        equip(site, plant, store.pool, settings)
        pipeline = instead.pipeline(plant.pipeline)
        sharing = sharing_work(
            store,
            executor,
            url=place.url,
            pipeline=pipeline,
            beside={"housekeeping": plant.housekeeping.run},
            stop_within_s=settings.shutdown_s,
        )
        workers = await enter(sharing) if work else None
        yield Company(store, executor, plant, outside, web_url, workers)


async def _ground(
    place: Place,
    settings: Settings,
    store: PostgresEventStore,
    executor: Executor,
    outside: Outside,
    *,
    web_url: str | None,
) -> Ground:
    data_dir = place.data_dir or settings.data_dir
    storage = storage_of(settings, data_dir)
    public_url = None if settings.public_url is None else str(settings.public_url)
    return Ground(
        store=store,
        executor=executor,
        outside=outside,
        settings=settings,
        url=place.url,
        data_key=await data_key(place, settings),
        storage=storage,
        sender=FolderSender(storage, data_dir / "delivered"),
        public_url=public_url or (web_url if "KIE" in outside.in_sandbox else None),
        scratch=data_dir / "scratch",
    )


@asynccontextmanager
async def _served(site: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """The site, at HTTP_HOST and HTTP_PORT, or at any free port when nobody asked for the one that is taken."""
    async with AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(serving(site, host=settings.http_host, port=settings.http_port))
        except OSError as error:
            if "http_port" in settings.model_fields_set:
                msg = f"HTTP_PORT {settings.http_port} cannot be used: {error.strerror}"
                raise SettingsError(msg) from error
            url = await stack.enter_async_context(serving(site, host=settings.http_host))
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
