"""What people order in a run: accounts drawn as Telegram numbers them, and orders of one video with ordinary texts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.order import PlaceOrder
from processors.execute import Executor

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
LATER: Final = AT + timedelta(days=365)
GIFT: Final = 1_000_000

MODEL: Final = "kling-2.5"
PRICE: Final = 1
PHOTO: Final = "AgACAgIAAxkBAAIBQ2cVd8hV5mTnR0v1aZ0kqv7yJm3BAAJ-4DEbq2ipSGm4m1Xr0Q7nAQADAgADeQADNgQ"
PRODUCT_TEXT: Final = "Кружка керамическая «Северное сияние», 350 мл, глубокий синий цвет, можно мыть в посудомойке"
WISHES: Final = (
    "Медленный облёт камеры вокруг кружки, тёплый утренний свет, лёгкий пар над чаем, без людей и без текста"
)

TOGETHER: Final = 256

_drawn = Random(20_260_101)


def draw_accounts(count: int) -> list[int]:
    """Accounts that no earlier draw of this process gave, scattered as real ones are."""
    return [_drawn.randrange(10**8, 9 * 10**15) for _ in range(count)]


def order(account: int, number: int, *, at: datetime = AT) -> PlaceOrder:
    """The account's order of that number: one video."""
    return PlaceOrder(
        account=account,
        at=at,
        order=f"b7.{account}.{number}",
        count=1,
        model=MODEL,
        price=PRICE,
        photo=PHOTO,
        product_text=PRODUCT_TEXT,
        wishes=WISHES,
    )


def job_of(account: int, number: int) -> str:
    """The id of the job that `order` makes."""
    return f"b7.{account}.{number}.0"


def gift(account: int, *, at: datetime = AT) -> GiveBonus:
    """Credits that last for a whole run."""
    return GiveBonus(account=account, at=at, source="welcome", amount=GIFT, reason="a gift", by="benchmarks")


async def open_accounts(executor: Executor, accounts: Sequence[int]) -> None:
    """Opens the accounts and fills them with credits."""
    for first in range(0, len(accounts), TOGETHER):
        some = accounts[first : first + TOGETHER]
        await asyncio.gather(*(executor.execute(OpenAccount(account=account, at=AT)) for account in some))
        await asyncio.gather(*(executor.execute(gift(account)) for account in some))
