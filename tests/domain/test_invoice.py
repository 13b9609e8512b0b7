"""An offer of credits for Stars stands once it is written."""

from __future__ import annotations

import pytest

from domain.invoice import InvoiceIssued, IssueInvoice
from domain.refusals import SameIdOtherContent
from tests.domain import samples as s
from tests.domain.given_when_then import INVOICE

OFFER = IssueInvoice(account=s.ME, at=s.NOON, invoice="i1", credits=10, stars=50)
ISSUED = InvoiceIssued(credits=10, stars=50)


def test_an_offer_is_made_once() -> None:
    INVOICE.given().when(OFFER).then(ISSUED)
    INVOICE.given(ISSUED).when(OFFER).then()


@pytest.mark.parametrize(("field", "other"), [("credits", 11), ("stars", 51)])
def test_another_offer_under_the_same_id_is_refused_by_its_field(field: str, other: int) -> None:
    command = OFFER.model_copy(update={field: other})
    INVOICE.given(ISSUED).when(command).then_refused(SameIdOtherContent, what="invoice i1", field=field)
