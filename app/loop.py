"""The event loop, uvloop where there is one, and a garbage collector that suits it.

A process here keeps many small long-lived values (folds of streams) and makes many short-lived ones, few of them in
cycles. Python's collector would walk all of them again and again; measured, that doubled the cost of a command.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

try:
    import uvloop
except ImportError:  # there is none for Windows
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    new_loop = uvloop.new_event_loop

COLLECT_AFTER: Final = (50_000, 20, 50)
"""New containers before a young collection, and collections of one generation before one of the next."""

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work to its end on a loop of its own. Ctrl-C cancels it and raises KeyboardInterrupt."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)
