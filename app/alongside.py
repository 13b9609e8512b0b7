"""Work that goes on beside what a program does otherwise, and neither without the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def alongside(
    work: Coroutine[Any, Any, None], *, name: str, stop: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Does the work until it is left; then stops it and waits for its end.

    Work that fails ends the body too, by cancelling it, and what it failed with is raised: a program whose work has
    ended must not live on as if it were at work.
    """
    try:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work, name=name)
            try:
                yield
            finally:
                if not working.done():
                    await stop()
                    await asyncio.wait((working,))
    except ExceptionGroup as failed:
        raise _first(failed) from None


def _first(error: Exception) -> Exception:
    """What the others only followed from."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
