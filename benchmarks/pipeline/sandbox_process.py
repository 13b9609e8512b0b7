"""The services outside, KIE and OpenAI, played in a process of their own.

Its first line of input says how long KIE's tasks take and how long it thinks before it answers a creation, both in
seconds. It says where it can be reached, and for each line
`count` how often it was called.
"""

from __future__ import annotations

import sys

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_sandbox import OpenAISandbox
from app import logs, loop
from app.outside import PLAY_KEY
from app.serving import serving
from benchmarks.pipeline.lines import heard, say


async def main(*, latency_s: float, answer_s: float) -> None:
    """Plays until standard input is closed."""
    faults = (Fault(endpoint="create", latency_s=answer_s),) if answer_s else ()
    settings = KieSandboxSettings(
        keys={PLAY_KEY: "sandbox"},
        latency_s=latency_s,
        rate=None,
        rendering="off",
        credits=1e9,
        calls_kept=1_000_000,
        faults=faults,
    )
    kie, openai = KieSandbox(settings), OpenAISandbox()
    async with serving(kie.app) as kie_url, serving(openai.app) as openai_url:
        say({"kie": kie_url, "openai": f"{openai_url}/v1"})
        async for _ in heard():
            callbacks = sum(task.callbacks_sent for task in kie.tasks.values())
            calls = len(kie.calls) + len(openai.requests)
            say({"calls": calls, "callbacks": callbacks, "paid": kie.paid_creations})


if __name__ == "__main__":
    logs.configure("warning")
    seconds = [float(number) for number in sys.stdin.readline().split()]
    loop.run(main(latency_s=seconds[0], answer_s=seconds[1]))
