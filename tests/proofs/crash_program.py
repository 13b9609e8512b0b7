"""A nursery of workers: for each line of its input it forks one, which works until its job is settled or it is killed.

python -m tests.proofs.crash_program    (settings in the environment, see `Wish`)

A forked worker starts in milliseconds, with everything imported, and dies like any other.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from adapters.sandbox.sender import Fault, FolderSender, Refuse, Vanish
from adapters.storage.files import Storage
from app import logs
from app.company import Company, Instead, company_at
from app.database import Place
from app.settings import Settings
from domain.failures import FailureClass
from domain.feedback import progress_of
from domain.pace import Pace
from processors.clock import FastClock
from processors.pipeline import Pipeline
from tests.conftest import DATA_KEY
from tests.processors.pipeline_scene import life_of
from tests.proofs.crash_points import Points, watch_appends, watched
from tests.proofs.crash_scenarios import ARRIVED_AND_LOST, BLOCKED, LOST, NOT_SENT

PATIENCE_S: Final = 60.0
UNSETTLED: Final = 3

SEND_FAULTS: Final[dict[str, Fault]] = {
    NOT_SENT: Refuse(FailureClass.TEMPORARY),
    BLOCKED: Refuse(FailureClass.UNKNOWN, for_good=True),
    LOST: Vanish(written=False),
    ARRIVED_AND_LOST: Vanish(written=True),
}


@dataclass(frozen=True)
class Wish:
    """What one worker is to do."""

    account: int
    job: str
    kill_at: str | None
    send_faults: dict[str, str]
    late: bool
    folder: str
    url: str
    kie: str
    openai: str
    public_url: str | None
    since: str
    speed: float
    pace: dict[str, float]

    def line(self) -> str:
        """As the nursery reads it."""
        return json.dumps(asdict(self))


async def work(wish: Wish) -> None:
    """Works until the job is settled, and its late video has come if one is waited for."""

    def passed(point: str) -> None:
        os.write(2, f"{point}\n".encode())

    points = Points(wish.kill_at, passed)
    watch_appends(points)
    faults = {(wish.job, int(attempt)): SEND_FAULTS[name] for attempt, name in wish.send_faults.items()}
    clock = FastClock(wish.speed, since=datetime.fromisoformat(wish.since))
    pace = Pace.model_validate({**wish.pace, "callbacks": wish.public_url is not None}, strict=False)

    def around(usual: Pipeline) -> Pipeline:
        assert isinstance(usual.files, Storage)
        sender = FolderSender(usual.files, Path(wish.folder) / "delivered", faults)
        return watched(replace(usual, sender=sender, clock=clock, pace=pace), points)

    async with company_at(
        Place(wish.url, None, None), _settings(wish), web=False, work=True, instead=Instead(pipeline=around)
    ) as company:
        async with asyncio.timeout(PATIENCE_S):
            while not await _over(company, wish):  # noqa: ASYNC110 - others work
                await asyncio.sleep(0.02)


async def _over(company: Company, wish: Wish) -> bool:
    progress = progress_of(await life_of(company.store, wish.account, wish.job))
    settled = progress.captured or progress.refunded is not None
    return settled and (progress.late is not None or not wish.late)


def _settings(wish: Wish) -> Settings:
    own: dict[str, Any] = {
        "data_dir": Path(wish.folder),
        "data_key": SecretStr(DATA_KEY.hex()),
        "kie_api_keys": SecretStr("first@sandbox=sandbox-key,second@sandbox=sandbox-key-2"),
        "kie_api_base": wish.kie,
        "kie_upload_base": wish.kie,
        "kie_result_hosts": "127.0.0.1",
        "kie_creations_per_10s": 0,
        "second_thoughts_s": 0,
        "openai_api_key": SecretStr("sandbox-key"),
        "openai_base_url": wish.openai,
        "public_url": wish.public_url,
    }
    return Settings(_env_file=None, **own)


def main() -> None:
    """Answers each line with the exit status of its worker; points passed go to standard error."""
    logs.configure("warning")
    for line in sys.stdin:
        wish = Wish(**json.loads(line))
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(work(wish))
            except TimeoutError:
                os._exit(UNSETTLED)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
