"""A worker as `neurocards worker` is one, in a process of its own: python -m tests.proofs.worker_program WISH

Only its scripts are written here and not by a service, and how much it does at once is set. It works until it is told
to stop or is killed, and writes its log to standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import Semaphore
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from app import logs
from app.company import Instead, company_at, told_to_stop
from app.database import Place
from app.settings import Settings
from domain.job_words import ScriptSource
from domain.outside import Script, ScriptWish
from processors.pipeline import Pipeline, Slots
from tests.conftest import DATA_KEY
from tests.proofs.programs import Program, start


@dataclass(frozen=True)
class Wish:
    """Where the worker works, and how. `at_once` is how many calls to each service may be under way.

    `settings` are more of the program's own.
    """

    folder: str
    url: str
    kie: str
    public_url: str | None
    at_once: int
    log_level: str = "info"
    settings: dict[str, Any] = field(default_factory=dict)

    def hired(self) -> Program:
        """A process that works like this."""
        return start(Path(self.folder), "tests.proofs.worker_program", json.dumps(asdict(self)))


class Writer:
    """Writes every script at once."""

    async def write(self, wish: ScriptWish) -> Script:
        """The same for everybody."""
        return Script(f"A slow zoom: {wish.product_text}", ScriptSource.OPENAI)

    async def close(self) -> None:
        """Has nothing to close."""


async def work(wish: Wish) -> None:
    """Works until it is told to stop."""

    def around(usual: Pipeline) -> Pipeline:
        return replace(usual, scripts=Writer(), slots=Slots(*(Semaphore(wish.at_once) for _ in range(5))))

    own: dict[str, Any] = {
        "data_dir": Path(wish.folder),
        "data_key": SecretStr(DATA_KEY.hex()),
        "kie_api_keys": SecretStr("first@sandbox=sandbox-key"),
        "kie_api_base": wish.kie,
        "kie_upload_base": wish.kie,
        "kie_result_hosts": "127.0.0.1",
        "kie_creations_per_10s": 0,
        "second_thoughts_s": 0,
        "openai_api_key": SecretStr("sandbox-key"),
        "public_url": wish.public_url,
        **wish.settings,
    }
    place, settings = Place(wish.url, None, None), Settings(_env_file=None, **own)
    async with company_at(place, settings, web=False, work=True, instead=Instead(pipeline=around)):
        await told_to_stop()


if __name__ == "__main__":
    given = Wish(**json.loads(sys.argv[1]))
    logs.configure(given.log_level)
    asyncio.run(work(given))
