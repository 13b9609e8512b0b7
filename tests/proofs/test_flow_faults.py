"""Each fault of the sandboxes at each outgoing call of an order: its customer ends with a video or a refund, hears the
truth about it and can go on talking, and the books are right.

The calls are those of an order without faults. Many customers order in one town, each with a trouble of their own. The
short form takes a sample of the troubles, the long form all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from app.outside import PLAY_KEY
from tests.bot.town import Town, town_at_work
from tests.conftest import Database
from tests.proofs.customer import Customer, all_quiet
from tests.proofs.flow_faults import KIE_CALLS, TELEGRAM_CALLS, UNSTEADY, Trouble, sample, troubles

SHORT_FORM: Final = 25
PARTS: Final = 8
AT_ONCE: Final = 25

SETTINGS: Final[Mapping[str, Any]] = {
    "send_timeout_s": 5,
    "generation_timeout_s": 1_800,
    "job_timeout_s": 9_000,
    "queue_timeout_s": 86_400,
}
"""Those of the pipeline pass 30 times as fast."""

BESIDES: Final = frozenset({"getMe", "getStarTransactions", "deleteWebhook"})
"""Calls that belong to nobody's order, as do those that set something."""


@asynccontextmanager
async def busy_town(database: Database, folder: Path) -> AsyncIterator[Town]:
    """A town whose KIE makes the same small video for everybody."""
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=0.2, rendering="off", rate=None))
    async with town_at_work(database, folder, kie=kie, settings=SETTINGS) as town:
        yield town


async def is_as_known(town: Town) -> None:
    """An order that meets no trouble makes the calls that troubles are planned for, and no others."""
    customer = Customer(town, town.resident())
    await customer.orders()
    await all_quiet(town, [customer])
    assert await customer.is_told_the_truth() == "ready"
    made = Counter(str(call.endpoint) for call in town.kie.calls if call.endpoint != "credit")
    made += Counter(
        call.method for call in town.telegram.calls if call.method not in BESIDES and call.method[:3] != "set"
    )
    planned = {**TELEGRAM_CALLS, **KIE_CALLS}
    assert made.keys() == planned.keys()
    steady = planned.keys() - UNSTEADY
    assert {call: made[call] for call in steady} == {call: planned[call] for call in steady}


async def meet(town: Town, chosen: Sequence[Trouble]) -> Counter[str]:
    """Has a customer meet each trouble. Returns how their orders ended."""
    customers = [Customer(town, town.resident(), trouble) for trouble in chosen]
    await _each(customer.orders() for customer in customers)
    await all_quiet(town, customers)
    return Counter(await _each(_end(customer) for customer in customers))


async def _end(customer: Customer) -> str:
    end = await customer.is_told_the_truth()
    await customer.asks_balance(0 if end in ("ready", "maybe_sent") else 1)
    return end


async def _each(works: Iterable[Awaitable[Any]]) -> list[Any]:
    """Their results. Raises AssertionError with everything that is wrong."""
    done = await asyncio.gather(*works, return_exceptions=True)
    wrong = [str(error) or repr(error) for error in done if isinstance(error, BaseException)]
    assert not wrong, "\n\n".join(wrong)
    return done


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The long form has many parts, each in a town of its own, the short form one."""
    if "part" in metafunc.fixturenames:
        metafunc.parametrize("part", range(PARTS if metafunc.config.getoption("--prove") else 1))


@pytest.mark.timeout(3600)
async def test_whatever_breaks_the_customer_has_a_video_or_the_credits_back_and_hears_the_truth(
    database: Database, tmp_path: Path, part: int, *, prove: bool, record_property: Any
) -> None:
    async with busy_town(database, tmp_path) as town:
        await is_as_known(town)
        every = troubles()
        chosen = every[part::PARTS] if prove else sample(every, count=SHORT_FORM)
        ends: Counter[str] = Counter()
        for begin in range(0, len(chosen), AT_ONCE):
            ends += await meet(town, chosen[begin : begin + AT_ONCE])
            town.telegram.faults.clear()
            town.kie.faults.clear()
            town.openai.faults.clear()
        faulted = sum(call.faulted for call in town.telegram.calls) + sum(call.faulted for call in town.kie.calls)
        assert sum(ends.values()) == len(chosen)
        assert len(chosen) * 2 // 3 <= faulted
        await town.verified()
    record_property("troubles", f"{len(chosen)} of {len(every)}")
    record_property("calls that met one", faulted)
    for end, number in sorted(ends.items()):
        record_property(end, number)
