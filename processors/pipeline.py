"""Everything that carrying a job takes: the ports, the pace, and how many calls may be under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from domain.catalogue import Catalogue
from domain.pace import Pace
from processors.clock import Clock, SystemClock
from processors.execute import Executor
from processors.offers import Offers
from processors.ports import EventStore
from processors.services import Callbacks, Downloads, Files, ScriptWriter, Sender, VideoService

CallbackUrl = Callable[[int, str, int], str]
"""The signed address for the callback of an account's job's request number."""


@dataclass(frozen=True)
class Slots:
    """How many calls to each outside service may be under way at once in this process."""

    scripts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))
    creations: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))
    questions: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(32))
    downloads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))
    sends: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))


@dataclass(frozen=True)
class Pipeline:
    """The ports and settings with which jobs are carried. Without `callback_url` nobody can call back."""

    store: EventStore
    executor: Executor
    scripts: ScriptWriter
    videos: VideoService
    files: Files
    downloads: Downloads
    sender: Sender
    callbacks: Callbacks
    offers: Offers
    catalogue: Catalogue
    pace: Pace
    callback_url: CallbackUrl | None = None
    clock: Clock = field(default_factory=SystemClock)
    slots: Slots = field(default_factory=Slots)

    def __post_init__(self) -> None:
        assert self.pace.callbacks == (self.callback_url is not None), "callbacks are waited for where they can come"
