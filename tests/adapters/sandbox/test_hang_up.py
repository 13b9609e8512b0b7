"""Letting go of a caller works on both event loops that the program may run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
import uvloop

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from app.serving import serving


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_dropped_caller_gets_no_answer(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def ask() -> None:
        sandbox = KieSandbox(KieSandboxSettings())
        sandbox.faults.add(Fault(endpoint="credit", drop="after", times=1))
        async with (
            serving(sandbox.app) as url,
            httpx.AsyncClient(headers={"Authorization": "Bearer sandbox-key"}) as caller,
        ):
            with pytest.raises(httpx.RemoteProtocolError):
                await caller.get(f"{url}/api/v1/chat/credit")
            assert (await caller.get(f"{url}/api/v1/chat/credit")).json()["code"] == 200

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ask())
