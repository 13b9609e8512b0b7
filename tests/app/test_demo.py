"""The demo as a person starts it: one address, an answer there, an end without remains, and all of it kept."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from tests.app.program import PROGRAM, run

PATIENCE_S: Final = 60.0
ADDRESS: Final = re.compile(r" +Open +(http://127\.0\.0\.1:\d+)\n")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a database server started by root can reach too."""
    made = Path(tempfile.mkdtemp(prefix="neurocards-demo-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@dataclass
class Demo:
    """The program while it runs. `process` leads a process group of its own, as at a terminal."""

    process: asyncio.subprocess.Process
    said: str
    browser: httpx.AsyncClient

    async def new_user(self) -> str:
        """Somebody with a chat of their own. Returns the path of what they can do."""
        made = await self.browser.post("/api/users", json={"first_name": "Анна", "language_code": "ru"})
        return f"/api/users/{made.raise_for_status().json()['id']}"

    async def messages(self, user: str) -> list[Mapping[str, Any]]:
        """The whole chat."""
        answer = await self.browser.get(f"{user}/messages")
        return list(answer.raise_for_status().json()["messages"])

    async def answer_to(self, user: str, text: str) -> str:
        """Writes it, and waits for the bot's first answer."""
        number = (await self.browser.post(f"{user}/text", json={"text": text})).raise_for_status().json()["message_id"]
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in await self.messages(user):
                    if message["message_id"] > number and message["from"]["is_bot"]:
                        return str(message["text"])
                await asyncio.sleep(0.05)

    def processes(self, folder: Path) -> list[psutil.Process]:
        """Itself and all that it started, the database server and its children among them."""
        server = int((folder / "data" / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])
        first = [psutil.Process(self.process.pid), psutil.Process(server)]
        return list({process for each in first for process in (each, *each.children(recursive=True))})

    async def ends_on_ctrl_c(self) -> tuple[int, str, str]:
        """Its exit code and its last words, on standard output and on standard error."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        os.killpg(self.process.pid, signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            out, err = await asyncio.gather(self.process.stdout.read(), self.process.stderr.read())
            return await self.process.wait(), out.decode(), err.decode()


def lives(process: psutil.Process) -> bool:
    """Whether it still does anything. Who has ended and waits to be noticed by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def group_of(leader: int) -> list[psutil.Process]:
    """All processes of a group."""

    def group(process: psutil.Process) -> int | None:
        try:
            return os.getpgid(process.pid)
        except ProcessLookupError:
            return None

    return [process for process in psutil.process_iter() if group(process) == leader]


@asynccontextmanager
async def demo_in(folder: Path) -> AsyncIterator[Demo]:
    """The demo, once it has told its address; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("demo", "--port", "0"),
        cwd=folder,
        env={"PATH": os.defpath, "TZ": "UTC", "TERM": "dumb", "DATA_DIR": str(folder / "data")},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    said, found = "", None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while found is None:
                line = (await process.stdout.readline()).decode()
                assert line, f"it ended after saying: {said}"
                said += line
                found = ADDRESS.fullmatch(line)
        async with httpx.AsyncClient(base_url=found[1], timeout=PATIENCE_S) as browser:
            yield Demo(process, said, browser)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_answers_at_its_address_ends_without_remains_and_keeps_everything(folder: Path) -> None:
    async with demo_in(folder) as demo:
        assert "no account, no money" in demo.said
        page = await demo.browser.get("/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        anna = await demo.new_user()
        assert "Дарим вам 1 кредит" in await demo.answer_to(anna, "/start")
        balance = await demo.answer_to(anna, "/balance")
        assert "Доступно: 1 кредит" in balance
        kept = await demo.messages(anna)
        assert len(kept) == 4
        started = demo.processes(folder)
        code, last, complaint = await demo.ends_on_ctrl_c()
    assert (code, last.splitlines()[-1], complaint) == (0, "ended; everything is kept", "")
    assert len(started) > 2
    assert [process for process in {*started, *group_of(demo.process.pid)} if lives(process)] == []

    async with demo_in(folder) as again:
        assert await again.messages(anna) == kept
        assert await again.answer_to(anna, "/balance") == balance
        assert (await again.ends_on_ctrl_c())[::2] == (0, "")


async def test_it_does_not_play_in_a_real_ledger(folder: Path) -> None:
    elsewhere = {"DATABASE_URL": "postgresql://somebody@127.0.0.1:9/books", "DATA_DIR": str(folder / "data")}
    ran = await run("demo", folder=folder, settings=elsewhere)
    assert ran.code == 2
    assert ran.sentence.startswith("DATABASE_URL is set")
    assert not (folder / "data").exists()
