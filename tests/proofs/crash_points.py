"""The places at which a worker can be killed: before and after every outside call and every append.

A point is named by what happens there and how often that has happened: `before create 1`, `after append VideoStored 1`.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from adapters.postgres.batches import Answer
from adapters.postgres.event_store import PostgresEventStore
from domain.log import Append
from processors.pipeline import Pipeline

OFTEN: Final = 2
"""A point that is passed more often, such as a question asked again and again, is told apart only so many times."""

CALLS: Final = {
    "scripts": ("write",),
    "videos": ("key", "upload", "create", "look_up"),
    "files": ("read",),
    "downloads": ("fetch",),
    "sender": ("send",),
    "callbacks": ("of_job",),
}


class Points:
    """Those that were passed, in order, and the one at which the process kills itself, if any."""

    def __init__(self, kill_at: str | None, passed: Callable[[str], None]) -> None:
        self._kill_at = kill_at
        self._passed = passed
        self._times: Counter[str] = Counter()

    def point(self, name: str) -> None:
        """Passes the point, or never gets past it."""
        self._times[name] += 1
        if self._times[name] > OFTEN:
            return
        numbered = f"{name} {self._times[name]}"
        self._passed(numbered)
        if numbered == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """One of the pipeline's parts, with a point before and after each call of these methods."""

    def __init__(self, part: object, methods: tuple[str, ...], points: Points) -> None:
        self._part = part
        self._methods = methods
        self._points = points

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        if name not in self._methods:
            return method

        async def watched(*arguments: Any, **named: Any) -> Any:
            self._points.point(f"before {name}")
            answer = await method(*arguments, **named)
            self._points.point(f"after {name}")
            return answer

        return watched


def watched(pipeline: Pipeline, points: Points) -> Pipeline:
    """The pipeline with a point around every outside call."""
    parts: dict[str, Any] = {part: Watched(getattr(pipeline, part), methods, points) for part, methods in CALLS.items()}
    return replace(pipeline, **parts)


def watch_appends(points: Points) -> None:
    """Puts a point around every append of this process. An append is named by its first event."""
    usual = PostgresEventStore.append

    def watched_append(self: PostgresEventStore, append: Append, answer: Answer) -> None:
        name = type(append.events[0][2]).__name__

        def watched_answer(what: int | Exception) -> None:
            answer(what)
            points.point(f"after append {name}")

        points.point(f"before append {name}")
        usual(self, append, watched_answer)

    PostgresEventStore.append = watched_append  # type: ignore[method-assign]  # in the proof's own process only
