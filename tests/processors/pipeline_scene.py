"""The whole company on one database, with sandboxes outside, and a customer who orders videos."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.verification import PostgresVerification
from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.sender import Fault as SendFault
from adapters.sandbox.sender import FolderSender
from adapters.storage.files import Storage
from adapters.storage.photos import check_photo
from app.company import Company, Instead, company_at
from app.database import Place
from app.outside import PLAY_KEY
from app.serving import serving
from app.settings import Settings
from domain.account_words import CreditCaptured, CreditRefunded, OpenAccount
from domain.bonus import GiveBonus
from domain.feedback import Progress, Stage, progress_of
from domain.order import PlaceOrder
from domain.pace import USUAL, Pace
from domain.photo import Photo
from domain.reasons import Reason
from domain.shapes import Event
from domain.streams import account as account_stream
from domain.streams import job as job_stream
from processors.clock import FastClock, SystemClock
from processors.pipeline import Pipeline
from processors.verify import verify
from tests.adapters.postgres.raw import tails_of
from tests.conftest import DATA_KEY, Database

PHOTOS: Final = Path(__file__).parents[1] / "data" / "photos"
SPEED: Final = 60.0
"""Rests of 10 s pass in a sixth of one."""

PATIENCE_S: Final = 60.0
MODEL: Final = "kling-2.6"
PRICE: Final = 2


def sandbox_settings(**changed: Any) -> KieSandboxSettings:
    """A KIE that is quick, has no limits and renders nothing."""
    usual: dict[str, Any] = {"keys": {PLAY_KEY: "sandbox"}, "latency_s": 0.05, "rate": None, "rendering": "off"}
    return KieSandboxSettings(**{**usual, **changed})


async def life_of(store: PostgresEventStore, account: int, job: str) -> list[Event]:
    """The job's events so far, in the clear, and then how it was settled."""
    owner, stream = account_stream(account), job_stream(account, job)
    tail = await tails_of(store, stream, owner)
    life = [placed.event for placed in tail if placed.stream == stream]
    settlements = (placed.event for placed in tail if isinstance(placed.event, CreditCaptured | CreditRefunded))
    return life + [event for event in settlements if event.job == job]


@dataclass
class PipelineScene:
    """What a test does and looks at."""

    company: Company
    kie: KieSandbox
    openai: OpenAISandbox
    send_faults: dict[tuple[str, int], SendFault]
    out: Path
    orders: int = field(default=0)

    @property
    def storage(self) -> Storage:
        """Where photos and videos are kept."""
        return self.company.plant.storage

    async def photo(self, account: int, name: str = "coffee.jpg") -> str:
        """Keeps a photo as the bot will, and returns its name."""
        checked = check_photo((PHOTOS / name).read_bytes())
        assert isinstance(checked, Photo), checked
        kept = f"inputs/{account}/{checked.sha256}.jpg"
        await self.storage.write(kept, checked.jpeg)
        return kept

    async def order(self, account: int, *, count: int = 1, model: str = MODEL, photo: str | None = None) -> list[str]:
        """Opens the account with enough credits, orders videos, and returns the jobs' ids."""
        self.orders += 1
        now = datetime.now(UTC)
        order = f"b.{account}.{self.orders}"
        execute = self.company.executor.execute
        await execute(OpenAccount(account=account, at=now))
        gift = {"source": f"gift-{order}", "amount": PRICE * count, "reason": "a gift", "by": "a test"}
        await execute(GiveBonus.model_validate({"account": account, "at": now, **gift}))
        brief = {"template": "slow_zoom", "product_text": "кофе в зёрнах", "wishes": "больше пара", "price": PRICE}
        place = {"order": order, "count": count, "model": model, "photo": photo or await self.photo(account), **brief}
        await execute(PlaceOrder.model_validate({"account": account, "at": now, **place}))
        return [f"{order}.{index}" for index in range(count)]

    async def events(self, account: int, job: str) -> list[Event]:
        """The job's life so far, in the clear, and then how it was settled."""
        return await life_of(self.company.store, account, job)

    async def told(self, account: int, job: str) -> Progress:
        """What the user hears of the job so far."""
        return progress_of(await self.events(account, job))

    async def ended(self, account: int, job: str) -> Progress:
        """What the user has heard when the job is settled."""
        return await self.until(account, job, lambda progress: progress.captured or progress.refunded is not None)

    async def until(self, account: int, job: str, holds: Callable[[Progress], bool]) -> Progress:
        """Waits until the user has heard that."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds(progress := await self.told(account, job)):  # noqa: ASYNC110 - others work
                await asyncio.sleep(0.02)
        return progress

    async def verified(self) -> None:
        """The books are right."""
        report = await verify(PostgresVerification(self.company.store.pool), pace=0)
        assert list(report.findings) == []


@asynccontextmanager
async def pipeline_at_work(
    database: Database,
    folder: Path,
    *,
    pace: Pace = USUAL,
    speed: float = SPEED,
    kie: KieSandbox | None = None,
    settings: Mapping[str, Any] = {},
    around: Callable[[Pipeline], Pipeline] = lambda pipeline: pipeline,
    work: bool = True,
    keys: Sequence[str] = (),
) -> AsyncIterator[PipelineScene]:
    """The company at work until it is left. Its rests and deadlines run on a fast clock.

    With `keys` it takes the sandbox for the real service, which cannot call back then.
    """
    kie, openai = kie or KieSandbox(sandbox_settings()), OpenAISandbox()
    faults: dict[tuple[str, int], SendFault] = {}
    out = folder / "delivered"

    def usual(pipeline: Pipeline) -> Pipeline:
        assert isinstance(pipeline.files, Storage)
        sender = FolderSender(pipeline.files, out, faults)
        clock = SystemClock() if speed == 1 else FastClock(speed)
        callbacks = pipeline.callback_url is not None
        own_pace = pace.model_copy(update={"callbacks": callbacks})
        return around(replace(pipeline, sender=sender, clock=clock, pace=own_pace))

    real = serving(kie.app) if keys else nullcontext()
    instead = Instead(kie=kie, openai=openai, pipeline=usual)
    async with real as kie_url:
        own = _settings(folder, {**(_real(kie_url, keys) if kie_url else {}), **settings})
        async with company_at(Place(database.url, None, None), own, web=True, work=work, instead=instead) as company:
            yield PipelineScene(company, kie, openai, faults, out)


def _settings(folder: Path, others: Mapping[str, Any]) -> Settings:
    own = {
        "data_dir": folder,
        "data_key": SecretStr(DATA_KEY.hex()),
        "http_port": 0,
        "kie_creations_per_10s": 0,
        "second_thoughts_s": 0,
    }
    return Settings(_env_file=None, **{**own, **others})


def _real(url: str, keys: Sequence[str]) -> dict[str, Any]:
    """The settings that lead to a service with these keys."""
    named = ",".join(f"key-{number}@account-{number}={key}" for number, key in enumerate(keys, start=1))
    base = {"kie_api_base": url, "kie_upload_base": url, "kie_result_hosts": "127.0.0.1"}
    return {**base, "kie_api_keys": SecretStr(named)}


def kinds(events: list[Event]) -> list[str]:
    """The events' names."""
    return [type(event).__name__ for event in events]


def only(events: list[Event], kind: type[Any]) -> Any:
    """The one event of that kind."""
    (found,) = (event for event in events if isinstance(event, kind))
    return found


def refunded(progress: Progress, reason: Reason) -> bool:
    """Whether the job failed for that reason and its credits are back."""
    return (progress.stage, progress.reason, progress.refunded) == (Stage.FAILED, reason, PRICE)


async def ended_with(scene: PipelineScene, *faults: Fault, account: int = 42) -> tuple[Progress, list[Event]]:
    """One job that met these faults, to its end."""
    scene.kie.faults.add(*faults)
    (job,) = await scene.order(account)
    return await scene.ended(account, job), await scene.events(account, job)
