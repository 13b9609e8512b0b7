"""Holding the books against Telegram's, as an operator reads it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from admin.office import FINDING, OK, Office, WrongUse
from admin.payments import reconcile
from app.desk import office_on
from app.settings import Settings
from processors.clock import SystemClock
from processors.reconciliation import Reconciliation
from tests.processors.stars import PACKAGES, Shelf, Telegram


def with_telegram(office: Office, store: PostgresEventStore, telegram: Telegram) -> Office:
    reconciliation = Reconciliation(
        bot="bot",
        transactions=telegram,
        bookmarks=Shelf(),
        accounts=PostgresAccounts(store),
        executor=office.executor,
        packages=PACKAGES,
        clock=SystemClock(),
    )
    return replace(office, reconciliation=reconciliation)


async def said_of(office: Office) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = await reconcile(office, out)
    return code, out.getvalue().splitlines()


async def test_what_was_missing_is_named_and_the_next_time_nothing_is(
    store: PostgresEventStore, tmp_path: Path
) -> None:
    telegram = Telegram()
    telegram.paid("c1", 42)
    telegram.paid("c2", 43, stars=60)
    telegram.returned("c2", 43, stars=60)
    telegram.returned("c1", 42, stars=1)
    async with office_on(store, Settings(_env_file=None), data_dir=tmp_path) as desk:
        office = with_telegram(desk, store, telegram)
        assert await said_of(office) == (
            FINDING,
            [
                "read 4 of Telegram's lines about payments and refunds",
                "a payment was missing and is credited now: account 42, charge c1, 500 Stars, 2026-01-01 00:00 UTC",
                "a payment was missing and is credited now: account 43, charge c2, 60 Stars, 2026-01-01 00:00 UTC",
                "a refund was missing and is recorded now: account 43, charge c2, 60 Stars, 2026-01-01 00:00 UTC",
                "UNCLEAR, somebody has to look: account 42, charge c1, 1 Stars, 2026-01-01 00:00 UTC",
                "the books did not agree with Telegram's",
            ],
        )
        telegram.lines.pop()
        code, lines = await said_of(office)
        assert (code, lines[-1]) == (OK, "the books agree with Telegram's")
        telegram.down = True
        code, lines = await said_of(office)
        assert (code, lines[1]) == (FINDING, "TELEGRAM DID NOT ANSWER, the rest was not read: bad gateway")


async def test_without_a_telegram_nothing_is_held_against_it(store: PostgresEventStore, tmp_path: Path) -> None:
    async with office_on(store, Settings(_env_file=None), data_dir=tmp_path) as office:
        with pytest.raises(WrongUse, match="BOT_TOKEN"):
            await said_of(office)
