"""Work beside what a program does otherwise: it is stopped when the program leaves, and ends it when it fails."""

from __future__ import annotations

import asyncio

import pytest

from app.alongside import alongside

PATIENCE_S = 30.0


class Work:
    """Goes on until it is stopped, or fails when it is told to."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.fails = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        stopped, fails = (asyncio.create_task(event.wait()) for event in (self.stopped, self.fails))
        await asyncio.wait((stopped, fails), return_when=asyncio.FIRST_COMPLETED)
        for waiting in (stopped, fails):
            waiting.cancel()
        if self.fails.is_set():
            raise ExceptionGroup("in a group of its own", [LookupError("the work cannot go on")])
        self.ended = True

    async def stop(self) -> None:
        self.stopped.set()


async def test_work_is_stopped_and_waited_for() -> None:
    work = Work()
    async with alongside(work.run(), name="work", stop=work.stop):
        assert not work.ended
    assert work.ended


async def test_work_that_fails_ends_the_program() -> None:
    work, others = Work(), Work()

    async def program() -> None:
        async with (
            alongside(others.run(), name="others", stop=others.stop),
            alongside(work.run(), name="work", stop=work.stop),
        ):
            work.fails.set()
            await asyncio.Event().wait()

    with pytest.raises(LookupError, match="the work cannot go on"):
        await asyncio.wait_for(program(), PATIENCE_S)
    assert others.ended, "it was stopped as gently as ever"


async def test_an_error_of_the_programs_own_is_raised_as_it_is() -> None:
    work = Work()
    with pytest.raises(ZeroDivisionError):
        async with alongside(work.run(), name="work", stop=work.stop):
            raise ZeroDivisionError
    assert work.ended
