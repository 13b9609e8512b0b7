"""What Telegram's account knows and the ledger does not, on a real log: made good once, and told."""

from __future__ import annotations

from datetime import datetime

import pytest
from structlog.testing import capture_logs

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from domain.invoice import IssueInvoice, payload_of
from domain.stars import StarTransaction
from processors.clock import SystemClock
from processors.execute import Executor
from processors.purchases import receive
from processors.reconciliation import PAGE, Reconciliation
from tests.processors.lives import verified
from tests.processors.rewarding import account_of
from tests.processors.scene import AT
from tests.processors.stars import LONG_AGO, PACKAGES, Shelf, Telegram

NAME = "star transactions of bot"


@pytest.fixture
def telegram() -> Telegram:
    """An account of Stars without a line."""
    return Telegram()


@pytest.fixture
def shelf() -> Shelf:
    """Where the offset is kept."""
    return Shelf()


@pytest.fixture
def reconciliation(store: PostgresEventStore, executor: Executor, telegram: Telegram, shelf: Shelf) -> Reconciliation:
    """The books held against it."""
    return Reconciliation(
        bot="bot",
        transactions=telegram,
        bookmarks=shelf,
        accounts=PostgresAccounts(store),
        executor=executor,
        packages=PACKAGES,
        clock=SystemClock(),
    )


async def test_a_lost_payment_is_credited_by_its_invoice_and_told(
    store: PostgresEventStore, executor: Executor, telegram: Telegram, reconciliation: Reconciliation
) -> None:
    await executor.execute(IssueInvoice(account=42, at=AT, invoice="i1", credits=7, stars=500))
    telegram.paid("c1", 42, payload=payload_of(42, "i1"))
    with capture_logs() as told:
        report = await reconciliation.reconcile()
    assert [line.id for line in report.payments] == ["c1"]
    assert not report.sound
    assert (await account_of(store, 42)).available == 7
    assert [(line["charge"], line["what"]) for line in told if line["log_level"] == "critical"] == [("c1", "payment")]
    assert (await reconciliation.reconcile()).sound
    assert (await account_of(store, 42)).available == 7


async def test_what_the_ledger_knows_is_left_alone(
    store: PostgresEventStore, executor: Executor, telegram: Telegram, reconciliation: Reconciliation
) -> None:
    known = {"payer": 42, "charge": "c1", "payload": None, "stars": 130, "at": AT}
    await receive(executor, PostgresAccounts(store), PACKAGES, **known)  # type: ignore[arg-type]  # as they are named
    telegram.paid("c1", 42, stars=130)
    heads = await store.reader.heads()
    report = await reconciliation.reconcile()
    assert (report.sound, report.read) == (True, 1)
    assert await store.reader.heads() == heads


async def test_a_lost_refund_takes_the_credits_back(
    store: PostgresEventStore, telegram: Telegram, reconciliation: Reconciliation
) -> None:
    telegram.paid("c1", 42)
    assert (await reconciliation.reconcile()).refunds == []
    telegram.returned("c1", 42)
    report = await reconciliation.reconcile()
    assert [line.id for line in report.refunds] == ["c1"]
    assert report.payments == []
    account = await account_of(store, 42)
    assert (account.available, account.debt) == (0, 0)
    assert (await verified(store)).findings == []


async def test_a_line_that_fits_nothing_is_told_and_stops_no_other(
    store: PostgresEventStore, telegram: Telegram, reconciliation: Reconciliation
) -> None:
    telegram.paid("c1", 42)
    telegram.returned("c1", 42, stars=499)
    telegram.paid("no charge at all", 42)
    telegram.paid("c3", None)
    telegram.paid("c4", None, payload=None)
    telegram.paid("c5", 43, stars=60)
    report = await reconciliation.reconcile()
    assert [line.id for line in report.unclear] == ["c1", "no charge at all", "c3"]
    assert (await account_of(store, 43)).available == 1
    assert (await account_of(store, 42)).available == 10


async def test_every_page_is_read_and_the_next_time_begins_one_page_before(
    store: PostgresEventStore, telegram: Telegram, shelf: Shelf, reconciliation: Reconciliation
) -> None:
    for number in range(2 * PAGE + 5):
        telegram.paid(f"c{number}", 42, stars=60)
    report = await reconciliation.reconcile()
    assert len(report.payments) == 2 * PAGE + 5
    assert shelf.numbers == {NAME: 2 * PAGE + 5}
    assert telegram.pages == [0, PAGE, 2 * PAGE]
    telegram.paid("last", 42, stars=60)
    report = await reconciliation.reconcile()
    assert telegram.pages[3:] == [PAGE + 5, 2 * PAGE + 5]
    assert [line.id for line in report.payments] == ["last"]
    assert (await account_of(store, 42)).available == 2 * PAGE + 6


async def test_lines_whose_updates_may_be_on_the_way_wait(
    store: PostgresEventStore, telegram: Telegram, shelf: Shelf, reconciliation: Reconciliation
) -> None:
    telegram.paid("old", 42, stars=60)
    now = datetime.now(LONG_AGO.tzinfo)
    telegram.lines.append(StarTransaction("young", now, 60, 42, None, refund=False))
    report = await reconciliation.reconcile()
    assert (report.too_young, shelf.numbers) == (1, {NAME: 1})
    assert (await account_of(store, 42)).available == 1
    telegram.lines[1] = telegram.lines[1]._replace(at=LONG_AGO)
    assert [line.id for line in (await reconciliation.reconcile()).payments] == ["young"]


async def test_a_reading_that_telegram_ends_goes_on_where_it_was(
    telegram: Telegram, shelf: Shelf, reconciliation: Reconciliation
) -> None:
    for number in range(PAGE):
        telegram.paid(f"c{number}", 42, stars=60)
    await reconciliation.reconcile()
    telegram.down = True
    report = await reconciliation.reconcile()
    assert (report.sound, report.trouble) == (False, "bad gateway")
    assert shelf.numbers == {NAME: PAGE}


async def test_an_account_that_begins_anew_is_read_from_its_beginning(
    store: PostgresEventStore, telegram: Telegram, shelf: Shelf, reconciliation: Reconciliation
) -> None:
    shelf.numbers[NAME] = 5 * PAGE
    telegram.paid("c1", 42, stars=60)
    assert [line.id for line in (await reconciliation.reconcile()).payments] == ["c1"]
    assert shelf.numbers == {NAME: 1}
    assert (await account_of(store, 42)).available == 1
