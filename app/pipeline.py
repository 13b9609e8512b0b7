"""The pipeline, put together: adapters for the services outside, storage, and the pace that settings ask for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.kie.callbacks import callback_path
from adapters.kie.client import KieService
from adapters.kie.download import VideoFetcher
from adapters.kie.keys import KeyRing
from adapters.kie.rate import Rate
from adapters.postgres.callbacks import PostgresCallbacks
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import UpdateSweep
from adapters.postgres.rests import PostgresRests
from adapters.postgres.tellings import PostgresTellings
from adapters.scripts.openai_writer import OpenAIWriter
from adapters.storage.files import Storage
from adapters.storage.links import Links
from app.catalogue import packaged_catalogue
from app.outside import Outside
from app.settings import Settings, SettingsError
from app.templates import packaged_templates
from domain.catalogue import Catalogue
from domain.pace import Pace
from processors.clock import SystemClock
from processors.execute import Executor
from processors.housekeeping import Housekeeping
from processors.offers import Offers
from processors.pipeline import CallbackUrl, Pipeline
from processors.services import Sender

LEFT_BEHIND_AFTER: Final = timedelta(days=1)
"""What is still half fetched then was left by a killed program."""

BURST_PART: Final = 4
"""A quarter of the creations that 10 s allow may come at once."""


@dataclass(frozen=True)
class Plant:
    """The pipeline and the parts of it that others use too."""

    pipeline: Pipeline
    storage: Storage
    links: Links
    callbacks: PostgresCallbacks
    callback_secret: bytes = field(repr=False)
    housekeeping: Housekeeping


def secret_for(purpose: str, data_key: bytes) -> bytes:
    """A secret of its own for each purpose, 32 bytes drawn from DATA_KEY."""
    return hmac.digest(data_key, f"neurocards {purpose}".encode(), hashlib.sha256)


def links_of(data_key: bytes) -> Links:
    """Signs links to stored files."""
    return Links(secret_for("links", data_key))


def pace_of(settings: Settings, *, callbacks: bool) -> Pace:
    """The deadlines and rhythms that are set. Raises SettingsError."""
    if settings.generation_timeout_s > settings.job_timeout_s:
        msg = "GENERATION_TIMEOUT_S is longer than JOB_TIMEOUT_S: a generation is part of its job"
        raise SettingsError(msg)
    return Pace(
        second_thoughts=timedelta(seconds=settings.second_thoughts_s),
        queue=timedelta(seconds=settings.queue_timeout_s),
        job=timedelta(seconds=settings.job_timeout_s),
        generation=timedelta(seconds=settings.generation_timeout_s),
        late=timedelta(seconds=settings.late_video_s),
        poll=timedelta(seconds=settings.poll_every_s),
        callbacks=callbacks,
        resubmissions_max=settings.resubmissions_max,
    )


def rate_of(creations_per_10s: int) -> Rate | None:
    """At most so many creations in any 10 s; None for no limit. See `Rate` for what its numbers promise."""
    if not creations_per_10s:
        return None
    burst = max(1, creations_per_10s // BURST_PART)
    return Rate(burst=burst, per_s=max(0.05, (creations_per_10s - burst) / 11))


def callback_url_of(public_url: str | None, secret: bytes) -> CallbackUrl | None:
    """How the addresses for callbacks are made; None when nobody outside can reach us."""
    if public_url is None:
        return None
    base = public_url.rstrip("/")
    return lambda account, job, number: base + callback_path(secret, account=account, job=job, number=number)


@dataclass(frozen=True)
class Ground:
    """What the pipeline stands on. `scratch` is a folder for what is on its way; without `public_url` nobody outside
    can reach us."""

    store: PostgresEventStore
    executor: Executor
    outside: Outside
    settings: Settings
    url: str = field(repr=False)
    data_key: bytes = field(repr=False)
    storage: Storage
    sender: Sender
    public_url: str | None
    scratch: Path


@asynccontextmanager
async def plant_on(ground: Ground) -> AsyncIterator[Plant]:
    """The pipeline. Closes what it opened."""
    settings, store = ground.settings, ground.store
    catalogue, rests = packaged_catalogue(), PostgresRests(store.pool)
    secret = secret_for("callbacks", ground.data_key)
    callback_url = callback_url_of(ground.public_url, secret)
    videos, downloads, scripts = _services(ground, rests, catalogue)
    callbacks = PostgresCallbacks(store.pool, ground.url, shards=store.shards)
    pipeline = Pipeline(
        store=store,
        executor=ground.executor,
        scripts=scripts,
        videos=videos,
        files=ground.storage,
        downloads=downloads,
        sender=ground.sender,
        callbacks=callbacks,
        offers=Offers(rests, videos),
        catalogue=catalogue,
        pace=pace_of(settings, callbacks=callback_url is not None),
        callback_url=callback_url,
    )
    try:
        yield Plant(
            pipeline=pipeline,
            storage=ground.storage,
            links=links_of(ground.data_key),
            callbacks=callbacks,
            callback_secret=secret,
            housekeeping=_housekeeping(ground, callbacks, rests),
        )
    finally:
        await scripts.close()
        await videos.close()
        await downloads.close()


def _housekeeping(ground: Ground, callbacks: PostgresCallbacks, rests: PostgresRests) -> Housekeeping:
    store, settings = ground.store, ground.settings
    return Housekeeping(
        storage=ground.storage,
        tables={
            "callbacks": callbacks,
            "updates": UpdateSweep(store.pool, shards=store.shards),
            "tellings": PostgresTellings(store.pool, shards=store.shards),
        },
        rests=rests,
        clock=SystemClock(),
        days={"inputs": settings.photos_kept_days, "outputs": settings.videos_kept_days},
    )


def _services(
    ground: Ground, rests: PostgresRests, catalogue: Catalogue
) -> tuple[KieService, VideoFetcher, OpenAIWriter]:
    settings, outside = ground.settings, ground.outside
    connect_s = float(settings.connect_timeout_s)
    videos = KieService(
        KeyRing(outside.kie_keys, rests, rate=rate_of(settings.kie_creations_per_10s)),
        catalogue.models,
        base_url=outside.kie_base,
        upload_url=outside.kie_upload_base,
        connect_s=connect_s,
    )
    ground.scratch.mkdir(parents=True, exist_ok=True)
    downloads = VideoFetcher(ground.storage, folder=ground.scratch, hosts=outside.kie_result_hosts, connect_s=connect_s)
    downloads.sweep(older_than=datetime.now(UTC) - LEFT_BEHIND_AFTER)
    scripts = OpenAIWriter(
        packaged_templates(),
        api_key=outside.openai_key.get_secret_value(),
        base_url=outside.openai_base,
        model=settings.openai_model,
    )
    return videos, downloads, scripts
