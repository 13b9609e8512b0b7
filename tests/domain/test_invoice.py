"""An offer of credits for Stars: made once, paid by its owner, while it is fresh, once."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain import invoice
from domain.invoice import (
    InvoiceFault,
    InvoiceIssued,
    InvoicePaid,
    InvoiceState,
    IssueInvoice,
    payload_of,
    read_payload,
)
from domain.refusals import SameIdOtherContent
from tests.domain import samples as s
from tests.domain.given_when_then import INVOICE

OFFER = IssueInvoice(account=s.ME, at=s.NOON, invoice="i1", credits=10, stars=50)
ISSUED = InvoiceIssued(credits=10, stars=50, at=s.NOON)
PAID = InvoicePaid(charge="c1")
OF_UNKNOWN_AGE = InvoiceIssued(credits=10, stars=50, at=None)


def test_an_offer_is_made_once_however_late_it_is_repeated() -> None:
    INVOICE.given().when(OFFER).then(ISSUED)
    later = OFFER.model_copy(update={"at": s.after(hours=1)})
    INVOICE.given(ISSUED).when(later).then()
    INVOICE.given(ISSUED, PAID).when(later).then()


@pytest.mark.parametrize(("field", "other"), [("credits", 11), ("stars", 51)])
def test_another_offer_under_the_same_id_is_refused_by_its_field(field: str, other: int) -> None:
    command = OFFER.model_copy(update={field: other})
    INVOICE.given(ISSUED).when(command).then_refused(SameIdOtherContent, what="invoice i1", field=field)


def test_the_first_payment_pays_it() -> None:
    assert invoice.paid_by("c1", INVOICE.given(ISSUED).state) == [PAID]
    assert invoice.paid_by("c2", INVOICE.given(ISSUED, PAID).state) == []
    assert invoice.paid_by("c1", INVOICE.given().state) == []


@pytest.mark.parametrize("past", [(), (ISSUED, PAID)], ids=["never issued", "paid before"])
def test_only_an_offer_that_stands_is_paid(past: tuple[InvoiceIssued | InvoicePaid, ...]) -> None:
    with pytest.raises(AssertionError):
        INVOICE.given(*past, PAID)


LAST_MOMENT = s.NOON + invoice.PAYABLE_FOR


@pytest.mark.parametrize(
    ("state", "now", "fault"),
    [
        (INVOICE.given(ISSUED).state, s.NOON, None),
        (INVOICE.given(ISSUED).state, LAST_MOMENT.replace(hour=11), None),
        (INVOICE.given(ISSUED).state, LAST_MOMENT, InvoiceFault.STALE),
        (INVOICE.given(OF_UNKNOWN_AGE).state, s.NOON, InvoiceFault.STALE),
        (INVOICE.given(ISSUED, PAID).state, s.NOON, InvoiceFault.PAID_ALREADY),
        (INVOICE.given().state, s.NOON, InvoiceFault.NO_SUCH),
    ],
)
def test_an_invoice_may_be_paid_by_its_owner_while_it_is_fresh_and_unpaid(
    state: InvoiceState, now: datetime, fault: InvoiceFault | None
) -> None:
    assert invoice.fault_of(state, owner=s.ME, payer=s.ME, now=now) is fault
    assert invoice.fault_of(state, owner=7, payer=s.ME, now=now) is InvoiceFault.SOMEBODY_ELSES


@pytest.mark.parametrize("account", [1, s.ME, 2**63 - 1])
@pytest.mark.parametrize("name", ["i1", "b.7_x:1+2=-", "a" * 105])
def test_a_payload_comes_back_as_it_was_sent(account: int, name: str) -> None:
    payload = payload_of(account, name)
    assert len(payload.encode()) <= invoice.PAYLOAD_MAX
    assert read_payload(payload) == (account, name)


def test_an_id_too_long_to_travel_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        payload_of(s.ME, "a" * 125)


@pytest.mark.parametrize(
    "payload", ["", "i1", "i1.42", "i1.42.", "i2.42.x", "i1.042.x", "i1.-1.x", "i1.42.a/b", "i1.42.x" * 20, "i1.４２.x"]
)
def test_a_payload_that_is_none_of_ours_is_nobodys(payload: str) -> None:
    assert read_payload(payload) is None
