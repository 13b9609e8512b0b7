"""A charge: paid once, refunded once, in whichever order Telegram tells it."""

from __future__ import annotations

from itertools import product

import pytest

from domain.payment import (
    PaymentCommand,
    PaymentEvent,
    PaymentReceived,
    PaymentRefunded,
    PaymentRefundRefused,
    PaymentRefundRequested,
    RefusePaymentRefund,
    RequestPaymentRefund,
)
from domain.refusals import OutOfTurn, SameIdOtherContent
from tests.domain import samples as s
from tests.domain.every import descendants
from tests.domain.given_when_then import PAYMENT
from tests.domain.samples import received

PAY = s.payment("c1", 10)
ASK = RequestPaymentRefund(account=s.ME, at=s.NOON, charge="c1", request="q1", reason="unhappy", by="anna")
BACK = s.stars_back("c1")
REFUSE = RefusePaymentRefund(account=s.ME, at=s.NOON, charge="c1", request="q1", message="too late")

ASKED = PaymentRefundRequested(request="q1", reason="unhappy", by="anna")
REFUSED = PaymentRefundRefused(request="q1", message="too late")
REFUNDED = PaymentRefunded(stars=50)

PASTS: dict[str, tuple[PaymentEvent, ...]] = {
    "NoPayment": (),
    "Received": (received(10),),
    "RefundRequested": (received(10), ASKED),
    "Refunded": (received(10), ASKED, REFUNDED),
    "Refunded unseen": (REFUNDED,),
    "Refunded before it was paid": (REFUNDED, received(10, credited=False)),
}
MOVES: dict[tuple[str, type[PaymentCommand]], tuple[PaymentEvent, ...]] = {
    ("NoPayment", type(PAY)): (received(10),),
    ("NoPayment", type(BACK)): (REFUNDED,),
    ("Received", type(PAY)): (),
    ("Received", type(ASK)): (ASKED,),
    ("Received", type(BACK)): (REFUNDED,),
    ("RefundRequested", type(PAY)): (),
    ("RefundRequested", type(ASK)): (),
    ("RefundRequested", type(BACK)): (REFUNDED,),
    ("RefundRequested", type(REFUSE)): (REFUSED,),
    ("Refunded", type(PAY)): (),
    ("Refunded", type(ASK)): (),
    ("Refunded", type(BACK)): (),
    ("Refunded unseen", type(PAY)): (received(10, credited=False),),
    ("Refunded unseen", type(ASK)): (),
    ("Refunded unseen", type(BACK)): (),
    ("Refunded before it was paid", type(PAY)): (),
    ("Refunded before it was paid", type(ASK)): (),
    ("Refunded before it was paid", type(BACK)): (),
}
"""What follows from which command after which past. A pair that is not here is out of turn."""

COMMANDS = (PAY, ASK, BACK, REFUSE)


@pytest.mark.parametrize(("past", "command"), list(product(PASTS, COMMANDS)), ids=lambda case: str(case)[:30])
def test_a_charge_moves_as_its_table_says(past: str, command: PaymentCommand) -> None:
    outcome = PAYMENT.given(*PASTS[past]).when(command)
    allowed = MOVES.get((past, type(command)))
    if allowed is None:
        state = past.partition(" ")[0]
        outcome.then_refused(OutOfTurn, command=type(command).__name__, state=state)
    else:
        outcome.then(*allowed)


def test_the_table_speaks_of_every_command() -> None:
    assert {type(command) for command in COMMANDS} == set(descendants(PaymentCommand))


def test_after_telegram_refused_a_refund_the_payment_stands() -> None:
    known = PAYMENT.given(received(10), ASKED, REFUSED)
    known.when(PAY).then()
    known.when(BACK).then(REFUNDED)


def test_one_request_asks_once_however_late_it_is_repeated() -> None:
    another = ASK.model_copy(update={"request": "q2"})
    refused = PAYMENT.given(received(10), ASKED, REFUSED)
    refused.when(ASK).then()
    refused.when(another).then(ASKED.model_copy(update={"request": "q2"}))
    refused.after(another).when(ASK).then()
    refused.after(another).when(another).then()


def test_one_refund_is_asked_for_at_a_time() -> None:
    another = ASK.model_copy(update={"request": "q2"})
    known = PAYMENT.given(received(10), ASKED)
    known.when(another).then_refused(OutOfTurn, command="RequestPaymentRefund", state="RefundRequested")


def test_a_late_answer_to_an_earlier_request_says_nothing_about_the_present_one() -> None:
    known = PAYMENT.given(received(10), ASKED, REFUSED).after(ASK.model_copy(update={"request": "q2"}))
    known.when(REFUSE).then_refused(OutOfTurn, command="RefusePaymentRefund", state="RefundRequested")


@pytest.mark.parametrize(("field", "other"), [("invoice", None), ("invoice_owner", 7), ("credits", 11), ("stars", 51)])
@pytest.mark.parametrize("past", ["Received", "RefundRequested", "Refunded", "Refunded before it was paid"])
def test_the_same_charge_with_other_content_is_refused_by_its_field(past: str, field: str, other: object) -> None:
    command = PAY.model_copy(update={field: other})
    outcome = PAYMENT.given(*PASTS[past]).when(command)
    outcome.then_refused(SameIdOtherContent, what="payment c1", field=field)


@pytest.mark.parametrize("past", ["Received", "RefundRequested", "Refunded", "Refunded before it was paid"])
def test_telegram_gives_all_stars_back_or_none(past: str) -> None:
    outcome = PAYMENT.given(*PASTS[past]).when(s.stars_back("c1", stars=49))
    outcome.then_refused(SameIdOtherContent, what="payment c1", field="stars")


def test_a_refund_that_comes_first_is_taken_at_its_word() -> None:
    PAYMENT.given().when(s.stars_back("c1", stars=49)).then(PaymentRefunded(stars=49))


def test_a_payment_needs_no_invoice() -> None:
    unknown = PaymentReceived(invoice=None, invoice_owner=None, credits=10, stars=50, credited=True)
    PAYMENT.given().when(s.payment("c1", 10, invoice=None)).then(unknown)


@pytest.mark.parametrize("event", [ASKED, REFUSED], ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("past", ["NoPayment", "Refunded unseen"])
def test_a_refund_is_asked_for_or_refused_only_after_its_payment(past: str, event: PaymentEvent) -> None:
    with pytest.raises(AssertionError):
        PAYMENT.given(*PASTS[past], event)
