"""Payments come in: credited once, to their payer, for what the invoice sold, whoever's it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from domain.account_words import OpenAccount
from domain.invoice import InvoiceFault, IssueInvoice, Paid, payload_of
from domain.payment import PaymentReceived, RecordPaymentRefund
from processors.execute import Done, Executor
from processors.purchases import fault_before_payment, invoice_of, receive
from tests.processors.lives import verified
from tests.processors.rewarding import account_of
from tests.processors.scene import AT
from tests.processors.stars import PACKAGES

OWNER, FRIEND = 1, 2
PAYLOAD = payload_of(OWNER, "i1")


@pytest.fixture
async def accounts(store: PostgresEventStore, executor: Executor) -> PostgresAccounts:
    """Two open accounts; the first one has an invoice of 7 credits for 500 Stars, which no package sells."""
    for account in (OWNER, FRIEND):
        await executor.execute(OpenAccount(account=account, at=AT))
    await executor.execute(IssueInvoice(account=OWNER, at=AT, invoice="i1", credits=7, stars=500))
    return PostgresAccounts(store)


class Till:
    """Takes payments of a test."""

    def __init__(self, executor: Executor, accounts: PostgresAccounts) -> None:
        self.packages = PACKAGES
        self._executor = executor
        self._accounts = accounts

    async def receives(
        self, payload: str | None = PAYLOAD, *, payer: int = OWNER, charge: str = "c1", stars: int = 500
    ) -> Done:
        return await receive(
            self._executor,
            self._accounts,
            self.packages,
            payer=payer,
            charge=charge,
            payload=payload,
            stars=stars,
            at=AT,
        )


@pytest.fixture
def till(executor: Executor, accounts: PostgresAccounts) -> Till:
    """Where payments come in."""
    return Till(executor, accounts)


async def test_a_payment_is_credited_with_what_its_invoice_sold_and_pays_it(
    store: PostgresEventStore, till: Till, accounts: PostgresAccounts
) -> None:
    with capture_logs() as told:
        await till.receives()
    assert (await account_of(store, OWNER)).available == 7
    assert isinstance(await invoice_of(accounts, OWNER, "i1"), Paid)
    assert told == []


async def test_a_payment_that_is_told_twice_is_credited_once(store: PostgresEventStore, till: Till) -> None:
    first, again = await till.receives(), await till.receives()
    assert first.changes
    assert (again.changes, again.shard) == ((), first.shard)
    assert (await account_of(store, OWNER)).available == 7


async def test_a_payment_keeps_its_credits_when_the_price_list_changes_before_it_is_told_again(
    store: PostgresEventStore, till: Till
) -> None:
    await till.receives("nonsense")
    till.packages = till.packages.model_copy(update={"packages": till.packages.packages[:1]})
    assert (await till.receives("nonsense")).changes == ()
    assert (await account_of(store, OWNER)).available == 10


async def test_a_forwarded_invoice_is_credited_to_who_paid_it_and_stays_unpaid(
    store: PostgresEventStore, till: Till, accounts: PostgresAccounts
) -> None:
    done = await till.receives(payer=FRIEND)
    assert (await account_of(store, FRIEND)).available == 7
    assert (await account_of(store, OWNER)).available == 0
    received = next(event for _, event in done.changes if isinstance(event, PaymentReceived))
    assert (received.invoice, received.invoice_owner) == ("i1", OWNER)
    fault = await fault_before_payment(accounts, payer=OWNER, payload=PAYLOAD, now=AT)
    assert fault is None


async def test_a_stale_invoice_that_was_paid_nevertheless_is_credited(store: PostgresEventStore, till: Till) -> None:
    await till.receives()
    await till.receives(charge="c2")
    assert (await account_of(store, OWNER)).available == 14


@pytest.mark.parametrize("payload", [None, "", "something else", payload_of(OWNER, "nobody"), payload_of(9, "i1")])
@pytest.mark.parametrize(
    ("stars", "bought", "package"), [(500, 10, "ten"), (60, 1, "one"), (130, 2, None), (3, 1, None)]
)
async def test_a_payment_without_an_invoice_is_credited_by_its_price_and_told(
    store: PostgresEventStore, till: Till, *, payload: str | None, stars: int, bought: int, package: str | None
) -> None:
    with capture_logs() as told:
        await till.receives(payload, stars=stars)
    assert (await account_of(store, OWNER)).available == bought
    alarm = [line for line in told if line["log_level"] == "critical"]
    assert [(line["charge"], line["credits"], line["package"]) for line in alarm] == [("c1", bought, package)]


async def test_an_invoice_of_another_price_is_not_what_was_paid(store: PostgresEventStore, till: Till) -> None:
    await till.receives(stars=60)
    assert (await account_of(store, OWNER)).available == 1


async def test_an_unknown_payer_gets_an_account(store: PostgresEventStore, till: Till) -> None:
    await till.receives(payer=77)
    assert (await account_of(store, 77)).available == 7


async def test_a_payment_whose_refund_came_first_credits_nothing(
    store: PostgresEventStore, executor: Executor, till: Till
) -> None:
    await executor.execute(RecordPaymentRefund(account=OWNER, at=AT, charge="c1", stars=500))
    assert (await till.receives()).changes
    assert (await account_of(store, OWNER)).available == 0
    assert (await verified(store)).findings == []


async def test_before_a_payment_only_a_fresh_unpaid_invoice_of_the_payers_own_passes(
    till: Till, accounts: PostgresAccounts
) -> None:
    async def fault(payload: str = PAYLOAD, *, payer: int = OWNER, hours: int = 0) -> InvoiceFault | None:
        return await fault_before_payment(accounts, payer=payer, payload=payload, now=AT + timedelta(hours=hours))

    assert await fault() is None
    assert await fault(hours=24) is InvoiceFault.STALE
    assert await fault(payer=FRIEND) is InvoiceFault.SOMEBODY_ELSES
    assert await fault("nonsense") is InvoiceFault.NO_SUCH
    assert await fault(payload_of(OWNER, "nobody")) is InvoiceFault.NO_SUCH
    await till.receives()
    assert await fault() is InvoiceFault.PAID_ALREADY
