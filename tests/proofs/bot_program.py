"""A bot and worker as `neurocards bot` and `neurocards worker` are, in one process of its own that a proof can end.

    python -m tests.proofs.bot_program WISH

Its services are at the addresses of the wish, so that they and the people in the chats outlive it. It works until it is
told to stop or is killed, and writes its log to standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from app import logs
from app.company import Instead, company_at, told_to_stop
from app.database import Place
from app.outside import PLAY_KEY
from app.settings import Settings
from processors.clock import FastClock
from processors.pipeline import Pipeline
from tests.conftest import DATA_KEY
from tests.proofs.programs import Program, start


@dataclass(frozen=True)
class Wish:
    """Where the bot works. The pipeline's rests and deadlines pass `speed` times as fast, since a moment that all
    processes of a proof share, in ISO's form.

    `settings` are more of the program's own.
    """

    folder: str
    url: str
    telegram: str
    token: str
    kie: str
    openai: str
    since: str
    speed: float = 30
    log_level: str = "warning"
    settings: dict[str, Any] = field(default_factory=dict)

    def started(self) -> Program:
        """A process that works like this."""
        return start(Path(self.folder), "tests.proofs.bot_program", json.dumps(asdict(self)))

    def as_settings(self) -> Settings:
        """The program's settings; services are as real to it as any."""
        own: dict[str, Any] = {
            "data_dir": Path(self.folder),
            "data_key": SecretStr(DATA_KEY.hex()),
            "bot_token": SecretStr(self.token),
            "telegram_api_base": self.telegram,
            "kie_api_keys": SecretStr(f"first@sandbox={PLAY_KEY}"),
            "kie_api_base": self.kie,
            "kie_upload_base": self.kie,
            "kie_result_hosts": "127.0.0.1",
            "kie_creations_per_10s": 0,
            "second_thoughts_s": 0,
            "openai_api_key": SecretStr(PLAY_KEY),
            "openai_base_url": f"{self.openai}/v1",
            "support_contact": "@neurocards_support",
            "shutdown_s": 10,
        }
        return Settings(_env_file=None, **{**own, **self.settings})


async def talk(wish: Wish) -> None:
    """Talks and works until it is told to stop."""

    clock = FastClock(wish.speed, since=datetime.fromisoformat(wish.since))

    def fast(usual: Pipeline) -> Pipeline:
        return replace(usual, clock=clock)

    place = Place(wish.url, None, None)
    async with company_at(place, wish.as_settings(), work=True, talk=True, instead=Instead(pipeline=fast)):
        await told_to_stop()


if __name__ == "__main__":
    given = Wish(**json.loads(sys.argv[1]))
    logs.configure(given.log_level)
    asyncio.run(talk(given))
