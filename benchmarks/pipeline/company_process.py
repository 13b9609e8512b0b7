"""A part of the company as it runs in production, a worker or the HTTP side or all of it, in a process of its own.

Its first line of input is a `Wish`. A worker answers each `report` with what it carries and how it is, and `all 500`
as soon as it has read that many jobs and begun the next step of each. It logs as it would, to standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from time import monotonic, thread_time
from typing import Any, Final

import psutil
from pydantic import SecretStr

from app import logs, loop
from app.company import Company, Instead, company_at
from app.database import Place
from app.outside import PLAY_KEY
from app.settings import Settings
from benchmarks.pipeline.lines import heard, say
from benchmarks.surroundings import DATA_KEY
from domain.job_states import NoJob
from processors.pipeline import Pipeline, Slots

TICK_S: Final = 0.01
LOOK_ROUND_EVERY: Final = 25
"""Ticks."""


@dataclass(frozen=True)
class Wish:
    """What is to run, and where everything else is. `folder` is shared by all. `at_once` bounds the calls to each
    service; None: as usual. `settings` are more of the program's own. `talk`: everything runs, the bot too."""

    folder: str
    url: str = field(repr=False)
    kie: str
    openai: str
    public_url: str | None
    work: bool
    talk: bool = False
    at_once: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """As the process reads it."""
        return json.dumps(asdict(self))


class Ticker:
    """Wakes every 10 ms and notes how much too late and how long the loop's thread has worked since.

    Also how much memory and how many jobs there were at most.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._late_ms = array("d")
        self._worked_ms = array("d")
        self._rss_bytes = 0
        self._jobs = 0

    async def run(self) -> None:
        """Ticks for ever."""
        now, process = asyncio.get_running_loop().time, psutil.Process()
        while True:
            before, worked = now(), thread_time()
            await asyncio.sleep(TICK_S)
            self._late_ms.append((now() - before - TICK_S) * 1000)
            self._worked_ms.append((thread_time() - worked) * 1000)
            if len(self._late_ms) % LOOK_ROUND_EVERY == 1:
                self._rss_bytes = max(self._rss_bytes, process.memory_info().rss)
                self._jobs = max(self._jobs, _under_way(self._company))

    def report(self) -> dict[str, float]:
        """What was seen since the last report."""
        late = {f"lag_{name}_ms": value for name, value in _cuts(self._late_ms).items()}
        worked = {f"worked_{name}_ms": value for name, value in _cuts(self._worked_ms).items()}
        most = {"rss_bytes": self._rss_bytes, "jobs_max": self._jobs}
        self._late_ms, self._worked_ms = array("d"), array("d")
        self._rss_bytes = self._jobs = 0
        return {**late, **worked, **most}


def _cuts(values: array[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100) if len(values) > 1 else [0.0] * 99
    return {"p50": cuts[49], "p99": cuts[98], "max": max(values, default=0.0)}


async def main(wish: Wish) -> None:
    """Runs until standard input is closed."""

    def as_wished(usual: Pipeline) -> Pipeline:
        if wish.at_once is None:
            return usual
        return replace(usual, slots=Slots(*(asyncio.Semaphore(wish.at_once) for _ in range(5))))

    place, settings = Place(wish.url, None, None), _settings(wish)
    parts = {"web": wish.talk or not wish.work, "work": wish.work, "talk": wish.talk}
    async with company_at(place, settings, **parts, instead=Instead(pipeline=as_wished)) as company:
        ticker = Ticker(company)
        ticking = asyncio.create_task(ticker.run())
        say({"web": company.web_url})
        async for question in heard():
            if question == "report":
                say({"shards": _shards(company), "jobs": _under_way(company), **ticker.report()})
            else:
                await _have_all(company, int(question.removeprefix("all ")))
                say({"at": monotonic()})
        ticking.cancel()


async def _have_all(company: Company, jobs: int) -> None:
    while _under_way(company) < jobs:  # noqa: ASYNC110 - the jobs tell nobody
        await asyncio.sleep(0.005)


def _under_way(company: Company) -> int:
    """The jobs that were read here, so that their next steps have begun."""
    at_hand = [] if company.workers is None else company.workers.at_hand()
    return sum(not isinstance(job.state, NoJob) for job in at_hand)


def _shards(company: Company) -> int:
    return 0 if company.workers is None else len(company.workers.ownership.owned)


def _settings(wish: Wish) -> Settings:
    own: dict[str, Any] = {
        "data_dir": Path(wish.folder),
        "data_key": SecretStr(DATA_KEY.hex()),
        "http_port": 0,
        "kie_api_keys": SecretStr(f"first@sandbox={PLAY_KEY}"),
        "kie_api_base": wish.kie,
        "kie_upload_base": wish.kie,
        "kie_result_hosts": "127.0.0.1",
        "kie_creations_per_10s": 0,
        "second_thoughts_s": 2 if wish.talk else 0,
        "openai_api_key": SecretStr(PLAY_KEY),
        "openai_base_url": wish.openai,
        "public_url": wish.public_url,
        "shutdown_s": 2,
        **wish.settings,
    }
    return Settings(_env_file=None, **own)


if __name__ == "__main__":
    wished = Wish(**json.loads(sys.stdin.readline()))
    logs.configure("info")
    loop.run(main(wished))
