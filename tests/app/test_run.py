"""The running programs: everything in one process, or workers and the HTTP side apart; and how they end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from adapters.sandbox.kie_sandbox import KieSandbox
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from app.serving import serving
from domain.feedback import Stage
from tests.adapters.postgres.pooler import pooled
from tests.app.program import run, settings_of, start
from tests.conftest import Database
from tests.processors.pipeline_scene import PipelineScene, pipeline_at_work, sandbox_settings

ME = 42
PATIENCE_S = 60.0


class Running:
    """A program that has said that it is up."""

    def __init__(self, process: asyncio.subprocess.Process, said: str) -> None:
        self.process = process
        self.said = said

    async def ends_on(self, number: signal.Signals) -> int:
        """Its exit code after the signal."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


@asynccontextmanager
async def running(*arguments: str, folder: Path, settings: dict[str, str]) -> AsyncIterator[Running]:
    """The program, up; killed at the end if it still runs. Its logs go nowhere."""
    process = await start(*arguments, folder=folder, settings=settings)
    assert process.stdout is not None
    assert process.stderr is not None
    logs = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = (await process.stdout.readline()).decode().strip()
        assert said, (await logs).decode()
        yield Running(process, said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await logs


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> AsyncIterator[PipelineScene]:
    """A customer who orders, in this process, where nothing works on the orders."""
    async with pipeline_at_work(database, tmp_path, work=False) as scene:
        yield scene


def settings(database: Database, folder: Path, **more: str) -> dict[str, str]:
    """What both programs and the customer have in common."""
    return {**settings_of(database), "DATA_DIR": str(folder), "HTTP_PORT": "0", **more}


async def test_everything_runs_in_one_process_with_sandboxes_for_what_has_no_key(
    database: Database, tmp_path: Path, scene: PipelineScene
) -> None:
    async with running("run", folder=tmp_path, settings=settings(database, tmp_path, CHAT_PORT="0")) as program:
        up, http, played, chat = program.said.split("; ")
        assert (up, played) == ("at work", "sandboxes for KIE, OpenAI and Telegram")
        async with httpx.AsyncClient(base_url=http.removeprefix("HTTP at ")) as browser:
            health = await browser.get("/health")
            assert (health.status_code, health.text) == (200, "well\n")
            assert (await browser.get("/storage/outputs/42/secret.mp4")).status_code == 403
        async with httpx.AsyncClient(base_url=chat.removeprefix("chat at ")) as messenger:
            await messenger.post("/api/users", json={"id": ME, "first_name": "Anna", "language_code": "en"})
            await messenger.post(f"/api/users/{ME}/text", json={"text": "/start"})
            (job,) = await scene.order(ME)
            assert (await scene.ended(ME, job)).stage is Stage.READY
            shown = (await messenger.get(f"/api/users/{ME}/messages")).json()["messages"]
        assert [message["video"]["mime_type"] for message in shown if "video" in message] == ["video/mp4"]
        assert await program.ends_on(signal.SIGTERM) == 0


async def test_a_worker_that_can_do_no_work_ends_and_says_why(database: Database, tmp_path: Path) -> None:
    async with pooled(database.url, size=2) as url:
        ran = await run("worker", folder=tmp_path, settings={**settings(database, tmp_path), "DATABASE_URL": url})
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("DATABASE_URL leads through a connection pooler")


async def test_a_worker_that_is_told_to_stop_leaves_its_jobs_to_the_next(
    database: Database, tmp_path: Path, scene: PipelineScene
) -> None:
    kie, openai, telegram = KieSandbox(sandbox_settings(latency_s=3)), OpenAISandbox(), TelegramSandbox()
    async with (
        serving(kie.app) as kie_url,
        serving(openai.app) as openai_url,
        serving(telegram.app) as telegram_url,
        httpx.AsyncClient(base_url=telegram_url) as messenger,
    ):
        await messenger.post("/api/users", json={"id": ME, "first_name": "Anna", "language_code": "en"})
        await messenger.post(f"/api/users/{ME}/text", json={"text": "/start"})
        outside = {"KIE_API_KEYS": "main@sandbox=sandbox-key", "KIE_API_BASE": kie_url, "KIE_UPLOAD_BASE": kie_url}
        outside |= {"KIE_RESULT_HOSTS": "127.0.0.1", "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{openai_url}/v1"}
        outside |= {"BOT_TOKEN": telegram.token, "TELEGRAM_API_BASE": telegram_url}
        ours = settings(database, tmp_path, **outside, POLL_EVERY_S="1")
        jobs = await scene.order(ME, count=5)
        async with running("worker", folder=tmp_path, settings=ours) as first:
            assert first.said == "at work; no sandboxes"
            for job in jobs:
                await scene.until(ME, job, lambda progress: progress.stage is Stage.GENERATING)
            assert await first.ends_on(signal.SIGTERM) == 0
        async with running("worker", folder=tmp_path, settings=ours) as second:
            ends = [await scene.ended(ME, job) for job in jobs]
            assert {end.stage for end in ends} == {Stage.READY}
            assert await second.ends_on(signal.SIGINT) == 0
        assert kie.paid_creations == 5
        shown = (await messenger.get(f"/api/users/{ME}/messages")).json()["messages"]
        assert sum("video" in message for message in shown) == 5
        await scene.verified()
        await telegram.close()


async def test_a_worker_that_would_reach_nobody_is_refused(database: Database, tmp_path: Path) -> None:
    ours = settings(database, tmp_path, KIE_API_KEY="a-key-of-kie")
    ran = await run("worker", folder=tmp_path, settings=ours)
    assert (ran.code, ran.sentence) == (2, "BOT_TOKEN is missing: videos would be made and paid for, and reach nobody")


async def test_the_http_side_runs_alone(database: Database, tmp_path: Path) -> None:
    async with running("web", folder=tmp_path, settings=settings(database, tmp_path)) as program:
        up, http, _ = program.said.split("; ")
        assert up == "serving"
        async with httpx.AsyncClient(base_url=http.removeprefix("HTTP at ")) as browser:
            assert (await browser.post("/hooks/kie/42/b.42.1.0/1/forged", json={})).status_code == 403
        assert await program.ends_on(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("KIE_API_KEYS", "short", "KIE_API_KEYS cannot be read: entry 1"),
        ("STORAGE_URL", "ftp://nowhere", "STORAGE_URL begins with ftp:"),
        ("GENERATION_TIMEOUT_S", "100000", "GENERATION_TIMEOUT_S"),
        ("OPENAI_BASE_URL", "nowhere", "OPENAI_BASE_URL is wrong"),
    ],
)
async def test_a_wrong_setting_is_one_sentence(
    database: Database, tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    ran = await run("bot", folder=tmp_path, settings=settings(database, tmp_path, CHAT_PORT="0", **{name: value}))
    last = ran.err.splitlines()[-1]
    assert ran.code == 2
    assert last.startswith(sentence)
    assert value not in last or name == "STORAGE_URL"
