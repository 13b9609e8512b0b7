"""Telegram's Stars as far as a test needs them: what it answers is set, what it was asked is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.packages import Packages
from domain.stars import StarsKept, StarsReturned, StarsUnknown, StarTransaction

PACKAGES = Packages.model_validate(
    {
        "packages": (
            {"id": "one", "credits": 1, "stars": 60, "title_ru": "р", "title_en": "e"},
            {"id": "ten", "credits": 10, "stars": 500, "title_ru": "р", "title_en": "e"},
        )
    }
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Telegram:
    """Keeps account of Stars, gives them back, and fails when it is told to."""

    lines: list[StarTransaction] = field(default_factory=list)
    answers: dict[str, list[StarsReturned | StarsKept | StarsUnknown]] = field(default_factory=dict)
    """By charge: what the next refunds of it are answered; after those they succeed."""
    asked: Counter[str] = field(default_factory=Counter)
    down: bool = False
    pages: list[int] = field(default_factory=list)
    waits: asyncio.Event | None = None
    """While it is not set, no refund is answered."""

    async def refund(self, account: int, charge: str) -> StarsReturned | StarsKept | StarsUnknown:
        """Gives the Stars back, or whatever was set."""
        self.asked[charge] += 1
        if self.waits is not None:
            await self.waits.wait()
        answers = self.answers.get(charge, [])
        return answers.pop(0) if answers else StarsReturned()

    async def page(self, offset: int, limit: int) -> Sequence[StarTransaction] | StarsUnknown:
        """The lines after the first `offset`."""
        self.pages.append(offset)
        return StarsUnknown("bad gateway") if self.down else self.lines[offset : offset + limit]

    def paid(self, charge: str, payer: int | None, *, stars: int = 500, payload: str | None = "i1.1.x") -> None:
        """Somebody paid."""
        self.lines.append(StarTransaction(charge, LONG_AGO, stars, payer, payload, refund=False))

    def returned(self, charge: str, payer: int | None, *, stars: int = 500) -> None:
        """Stars went back."""
        self.lines.append(StarTransaction(charge, LONG_AGO, stars, payer, None, refund=True))


@dataclass
class Shelf:
    """Numbers by name."""

    numbers: dict[str, int] = field(default_factory=dict)

    async def read(self, name: str) -> int:
        """The number, 0 when none was kept."""
        return self.numbers.get(name, 0)

    async def keep(self, name: str, number: int) -> None:
        """Keeps it."""
        self.numbers[name] = number
