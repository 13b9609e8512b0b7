"""Owners fall silent in the midst of their jobs, another takes over, and then they are back and know nothing of it.

One's process is stopped, one's connections are cut, and what one says and hears is held up on the way and arrives
later. Nothing is settled or recorded twice, and every job ends. What they did outside when their jobs were already
another's is counted and shown: who is stopped between the look at its lease and the call makes the call when it goes
on. With a generation timeout as short as here the heir has asked again by then; else it would adopt that call's task.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox
from domain import ledger
from domain.job_states import Delivered
from domain.job_words import JobEvent, KieTaskCreated, VideoStored
from domain.streams import job as job_stream
from tests.conftest import Database
from tests.processors.pipeline_scene import PipelineScene, sandbox_settings
from tests.proofs.fleet import Fleet, Owner, fleet_at_work

JOBS: Final = 60
ROUNDS_PROVED: Final = 10
MIDST: Final = 0.3
"""They fall silent when so much of all has been paid for."""

SANDBOX: Final[dict[str, Any]] = {"latency_s": 0.5, "faults": (Fault(latency_s=0.2),)}
SETTINGS: Final = {"poll_every_s": 1, "generation_timeout_s": 3, "resubmissions_max": 3}
STAYS: Final = "stays"


class Silence(NamedTuple):
    """How an owner falls silent, and how it comes back."""

    begin: Callable[[Owner], None]
    end: Callable[[Owner], None]


SILENCES: Final = {
    "stopped": Silence(
        lambda owner: owner.program.process.send_signal(signal.SIGSTOP),
        lambda owner: owner.program.process.send_signal(signal.SIGCONT),
    ),
    "cut off": Silence(lambda owner: owner.line.cut(), lambda owner: owner.line.mend()),
    "held up": Silence(lambda owner: owner.line.hold(), lambda owner: owner.line.mend()),
}


async def wrong_with(scene: PipelineScene, account: int, job: str) -> list[str]:
    """What is not as it must be in the job's life. Raises when its events form no path of the diagram."""
    stream = job_stream(account, job)
    events = [event for event in await scene.events(account, job) if isinstance(event, JobEvent)]
    state = ledger.initial(stream)
    for event in events:
        state = ledger.evolve(stream, state, event)
    numbers = [event.number for event in events if isinstance(event, KieTaskCreated)]
    faults = [] if isinstance(state, Delivered) else [f"{job} ended {state}"]
    faults += [f"{job} has task {number} twice" for number, times in Counter(numbers).items() if times > 1]
    stored = sum(isinstance(event, VideoStored) for event in events)
    return faults if stored == 1 else [*faults, f"{job} was stored {stored} times"]


def outside(fleet: Fleet, owner: Owner, *, after: float) -> Counter[str]:
    """What the owner did outside after that moment and before it took a shard again: requests that came to the video
    service, and the downloads and sends that it tells of."""
    back = min(at for at, _ in owner.logged("shard taken", after=after))
    calls = [call for call in fleet.company.kie.calls if call.marker == owner.name and after < call.at < back]
    did = Counter(str(call.endpoint) for call in calls if call.endpoint in {"upload", "create", "record"})
    for name, message in (("download", "video fetched"), ("send", "sandbox delivery")):
        did[name] += sum(at < back for at, _ in owner.logged(message, after=after))
    return did


async def fallen_silent(fleet: Fleet) -> dict[str, dict[int, float]]:
    """All but one fall silent, and come back as soon as their jobs are another's. Since when they were, by shard."""
    lost = {name: shards for name, shards in (await fleet.held()).items() if name in SILENCES}
    for name, silence in SILENCES.items():
        silence.begin(fleet.owners[name])
    silent_at, heir = time.time(), fleet.owners[STAYS]
    await fleet.until(lambda: all(shards == set(heir.took_up(shards, after=silent_at)) for shards in lost.values()))
    for name, silence in SILENCES.items():
        silence.end(fleet.owners[name])
    return {name: heir.took_up(shards, after=silent_at) for name, shards in lost.items()}


async def one_round(fleet: Fleet, accounts: range) -> tuple[dict[str, float], Counter[str]]:
    """Jobs are ordered, owners fall silent, all is well in the end.

    The seconds until each owner's jobs were another's, and what the silent did outside afterwards, told by call.
    """
    company = fleet.company
    photo, paid = await company.photo(1), company.kie.paid_creations
    ordered = await asyncio.gather(*(company.order(account, photo=photo) for account in accounts))
    jobs = {job: account for account, (job,) in zip(accounts, ordered, strict=True)}
    await fleet.until(lambda: company.kie.paid_creations > paid + MIDST * len(jobs))
    silent_at = time.time()
    taken_up = await fallen_silent(fleet)
    await fleet.settled(jobs)
    await fleet.shared()
    wrong = [fault for job, account in jobs.items() for fault in await wrong_with(company, account, job)]
    assert wrong == []
    did = Counter[str]()
    for name, shards in taken_up.items():
        for call, times in outside(fleet, fleet.owners[name], after=max(shards.values())).items():
            did[f"{call} by the one {name}"] += times
    return {name: round(max(shards.values()) - silent_at, 1) for name, shards in taken_up.items()}, did


@pytest.mark.timeout(600)
async def test_what_silent_owners_did_is_neither_settled_nor_recorded_twice(
    database: Database, tmp_path: Path, prove: bool, record_property: Callable[[str, object], None]
) -> None:
    rounds = ROUNDS_PROVED if prove else 1
    kie = KieSandbox(sandbox_settings(credits=10_000_000, **SANDBOX))
    names = (*SILENCES, STAYS)
    async with fleet_at_work(database, tmp_path, kie=kie, names=names, settings=SETTINGS) as fleet:
        takeovers: list[dict[str, float]] = []
        outside_after = Counter[str]()
        for number in range(rounds):
            seconds, did = await one_round(fleet, range(1 + number * JOBS, 1 + (number + 1) * JOBS))
            takeovers.append(seconds)
            outside_after += did
        await fleet.company.verified()
        figures = {
            "jobs": rounds * JOBS,
            "paid calls": kie.paid_creations,
            "paid calls repeated": kie.paid_creations - rounds * JOBS,
            "longest seconds to a takeover": {name: max(seconds[name] for seconds in takeovers) for name in SILENCES},
            "done outside by silent owners after the takeover": dict(outside_after),
        }
        for name, figure in figures.items():
            record_property(name, figure)
        print(figures)  # noqa: T201 - the proof's figures
