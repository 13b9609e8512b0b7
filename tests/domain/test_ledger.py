"""What one command does to several streams of its owner at once."""

from __future__ import annotations

from typing import Any

import pytest

from domain import account, ledger, streams
from domain.account_words import AccountOpened, CaptureCredit, CreditCaptured, ExpireCredits
from domain.bonus import BonusGiven
from domain.invoice import InvoiceIssued, InvoicePaid, IssueInvoice
from domain.job_words import CancelJob, JobCancelled
from domain.ledger import LedgerCommand, Streams
from domain.lots import Draw, LotKind
from domain.payment import PaymentRefunded, PaymentRefundRequested, RequestPaymentRefund
from domain.promo import CodeCommand
from domain.refusals import AccountNotOpen, SameIdOtherContent
from domain.revocation import RevocationMade
from domain.shapes import Event
from tests.domain import samples as s
from tests.domain.every import CODE_COMMANDS, COMMANDS, EVENTS
from tests.domain.given_when_then import NOTHING
from tests.domain.samples import OPENED, granted, paid, part, purchased, received, revoked

MINE = streams.account(s.ME)
CHARGE = streams.payment(s.ME, "c1")
INVOICE = streams.invoice(s.ME, "i1")
PROMO = streams.promo("SPRING")
OFFER = IssueInvoice(account=s.ME, at=s.NOON, invoice="i1", credits=10, stars=50)
OPEN = NOTHING.then_given((MINE, OPENED))
BACK = PaymentRefunded(stars=50)


def taken_back(*draws: Draw, debt: int = 0) -> Event:
    """What a refunded payment takes away."""
    return revoked(*draws, debt=debt, of="c1").model_copy(
        update={"revocation": "c1", "reason": "payment refunded", "by": "telegram"}
    )


# Gifts


def test_a_gift_is_noted_under_its_source_and_comes_in() -> None:
    note = BonusGiven(source="welcome", amount=5, expires_at=None, reason="gift", by="anna")
    OPEN.when(s.gift("welcome", 5)).then((streams.bonus(s.ME, "welcome"), note), (MINE, granted("welcome", 5)))


def test_a_gift_is_given_once_per_source() -> None:
    given = OPEN.after(s.gift("welcome", 5))
    given.when(s.gift("welcome", 5)).then()
    given.when(s.gift("welcome", 6)).then_refused(SameIdOtherContent, what="bonus welcome", field="amount")
    assert len(given.when(s.gift("promo", 5)).events) == 2


def test_a_gift_is_not_given_again_after_it_was_spent() -> None:
    spent = OPEN.after(s.gift("welcome", 1), s.order(), s.capture("bot.42.1001.0"))
    spent.when(s.gift("welcome", 1)).then()


def test_a_gift_needs_an_open_account() -> None:
    NOTHING.when(s.gift("welcome", 5)).then_refused(AccountNotOpen, account=s.ME)


def test_a_gift_settles_the_debt_first() -> None:
    outcome = OPEN.after(s.revocation(3)).when(s.gift("welcome", 5))
    assert outcome.events[1] == (MINE, granted("welcome", 5, debt_settled=3))


# Revocations


def test_a_revocation_is_noted_under_its_id_and_takes_credits() -> None:
    note = RevocationMade(amount=3, of="g1", reason="mistake", by="anna")
    OPEN.after(s.gift("g1", 2)).when(s.revocation(3, of="g1")).then(
        (streams.revocation(s.ME, "r1"), note), (MINE, revoked(part("g1", 2), debt=1, of="g1"))
    )


def test_a_revocation_happens_once_per_id() -> None:
    made = OPEN.after(s.gift("g1", 9), s.revocation(3))
    made.when(s.revocation(3)).then()
    made.when(s.revocation(4)).then_refused(SameIdOtherContent, what="revocation r1", field="amount")
    assert len(made.when(s.revocation(3, name="r2")).events) == 2


def test_a_revocation_needs_an_open_account() -> None:
    NOTHING.when(s.revocation(3)).then_refused(AccountNotOpen, account=s.ME)


# Payments


def test_a_payment_is_credited_to_its_payer() -> None:
    OPEN.when(s.payment("c1", 10)).then((CHARGE, received(10)), (MINE, purchased("c1", 10)))


def test_an_unknown_payer_gets_an_account() -> None:
    NOTHING.when(s.payment("c1", 10)).then(
        (CHARGE, received(10)), (MINE, AccountOpened(inviter=None)), (MINE, purchased("c1", 10))
    )


def test_a_payment_is_credited_once() -> None:
    OPEN.after(s.payment("c1", 10)).when(s.payment("c1", 10)).then()
    assert len(OPEN.after(s.payment("c1", 10)).when(s.payment("c2", 10)).events) == 2


def test_a_payment_settles_the_debt_first() -> None:
    outcome = OPEN.after(s.revocation(3)).when(s.payment("c1", 10))
    assert outcome.events[1] == (MINE, purchased("c1", 10, debt_settled=3))


def test_a_refunded_payment_takes_its_own_credits_back() -> None:
    paid_twice = OPEN.after(s.gift("g1", 5), s.payment("c1", 10), s.payment("c2", 10))
    paid_twice.when(s.stars_back("c1")).then((CHARGE, BACK), (MINE, taken_back(paid("c1", 10))))


def test_a_payment_is_refunded_once() -> None:
    OPEN.after(s.payment("c1", 10), s.stars_back("c1")).when(s.stars_back("c1")).then()


def test_a_refunded_payment_is_not_credited_again() -> None:
    OPEN.after(s.payment("c1", 10), s.stars_back("c1")).when(s.payment("c1", 10)).then()


def test_a_refund_before_its_payment_is_noted_and_the_late_payment_credits_nothing() -> None:
    OPEN.when(s.stars_back("c1")).then((CHARGE, BACK))
    OPEN.after(s.stars_back("c1")).when(s.payment("c1", 10)).then((CHARGE, received(10, credited=False)))
    OPEN.after(s.stars_back("c1"), s.payment("c1", 10)).when(s.stars_back("c1")).then()


def test_a_refund_before_its_payment_opens_no_account() -> None:
    NOTHING.when(s.stars_back("c1")).then((CHARGE, BACK))
    NOTHING.after(s.stars_back("c1")).when(s.payment("c1", 10)).then((CHARGE, received(10, credited=False)))


def test_a_refund_after_spending_leaves_a_debt() -> None:
    spent = OPEN.after(s.payment("c1", 3), s.order(price=2), s.capture("bot.42.1001.0"))
    spent.when(s.stars_back("c1")).then((CHARGE, BACK), (MINE, taken_back(paid("c1", 1), debt=2)))


def test_a_refund_while_a_video_is_made_leaves_a_debt_that_the_videos_refund_settles() -> None:
    making = OPEN.after(s.payment("c1", 2), s.order(price=2))
    owing = making.after(s.stars_back("c1"))
    settled = owing.after(s.refund("bot.42.1001.0"))
    assert [known.states[MINE].debt for known in (making, owing, settled)] == [0, 2, 0]
    assert settled.states[MINE] == account.Account(inviter=None)


def test_a_refund_that_was_asked_for_takes_the_credits_when_telegram_says_so() -> None:
    ask = RequestPaymentRefund(account=s.ME, at=s.NOON, charge="c1", request="q1", reason="unhappy", by="anna")
    bought = OPEN.after(s.payment("c1", 3))
    bought.when(ask).then((CHARGE, PaymentRefundRequested(request="q1", reason="unhappy", by="anna")))
    bought.after(ask).when(s.stars_back("c1")).then((CHARGE, BACK), (MINE, taken_back(paid("c1", 3))))


def test_a_gift_and_a_payment_of_one_name_are_counted_apart() -> None:
    both = OPEN.after(s.gift("c1", 1), s.payment("c1", 1), s.revocation(2))
    assert both.states[MINE] == account.Account(inviter=None)


# Invoices, jobs, the account itself


def test_an_invoice_is_written_to_its_own_stream() -> None:
    NOTHING.when(OFFER).then((INVOICE, InvoiceIssued(credits=10, stars=50, at=s.NOON)))


def test_its_owners_payment_pays_the_invoice_once() -> None:
    offered = OPEN.after(OFFER)
    offered.when(s.payment("c1", 10)).then(
        (CHARGE, received(10)), (INVOICE, InvoicePaid(charge="c1")), (MINE, purchased("c1", 10))
    )
    again = offered.after(s.payment("c1", 10)).when(s.payment("c2", 10))
    again.then((streams.payment(s.ME, "c2"), received(10)), (MINE, purchased("c2", 10)))


def test_somebody_elses_payment_is_credited_and_pays_no_invoice_of_theirs() -> None:
    foreign = OPEN.after(OFFER).when(s.payment("c1", 10, invoice_owner=7))
    foreign.then((CHARGE, received(10).model_copy(update={"invoice_owner": 7})), (MINE, purchased("c1", 10)))


def test_a_payment_that_was_refunded_before_it_came_pays_its_invoice_and_credits_nothing() -> None:
    OPEN.after(OFFER, s.stars_back("c1")).when(s.payment("c1", 10)).then(
        (CHARGE, received(10, credited=False)), (INVOICE, InvoicePaid(charge="c1"))
    )


def test_a_promo_code_is_created_and_claimed_on_its_own_stream() -> None:
    NOTHING.when(s.promo()).then((PROMO, s.promo_created()))
    NOTHING.after(s.promo()).when(s.claim()).then((PROMO, s.claimed()))


def test_a_job_moves_without_touching_the_account() -> None:
    cancel = CancelJob(account=s.ME, at=s.NOON, job="bot.42.1001.0")
    placed = OPEN.after(s.gift("g1", 1), s.order())
    placed.when(cancel).then((streams.job(s.ME, "bot.42.1001.0"), JobCancelled()))


def test_an_end_is_settled_on_the_account() -> None:
    placed = OPEN.after(s.gift("g1", 1), s.order())
    job = "bot.42.1001.0"
    capture = CaptureCredit(account=s.ME, at=s.NOON, job=job)
    placed.when(capture).then((MINE, CreditCaptured(job=job, amount=1, draws=(part("g1", 1),))))
    OPEN.when(ExpireCredits(account=s.ME, at=s.NOON)).then()


@pytest.mark.parametrize("command", [s.reserve("j1", 1), s.take(1), s.queue()], ids=lambda one: type(one).__name__)
def test_what_nothing_makes_happen_once_is_no_wish_from_outside(command: Any) -> None:
    known = OPEN.after(s.gift("g1", 1))
    states = {stream: known.states.get(stream, ledger.initial(stream)) for stream in ledger.streams_of(command).read}
    with pytest.raises(AssertionError):
        ledger.decide(command, states)


# The map


WISHES = [command for command in (*COMMANDS, *CODE_COMMANDS) if isinstance(command, LedgerCommand)]


@pytest.mark.parametrize("command", WISHES, ids=lambda command: type(command).__name__)
def test_every_command_is_decided_on_streams_of_its_owner_alone(command: LedgerCommand) -> None:
    named = ledger.streams_of(command)
    assert {streams.owner_of(stream) for stream in (*named.read, *named.new)} == {ledger.owner_of(command)}
    assert ledger.owner_of(command) == (PROMO if isinstance(command, CodeCommand) else MINE)
    assert not set(named.read) & set(named.new)
    assert len(NOTHING.when(command).events) <= 3


def test_new_streams_are_named_apart_from_those_to_be_read() -> None:
    assert ledger.streams_of(s.order(count=3)) == Streams(
        read=(MINE,), new=tuple(streams.job(s.ME, f"bot.42.1001.{index}") for index in range(3))
    )
    assert ledger.streams_of(s.gift("g1", 1)) == Streams(read=(MINE,), new=(streams.bonus(s.ME, "g1"),))
    assert ledger.streams_of(s.revocation(1)) == Streams(read=(MINE,), new=(streams.revocation(s.ME, "r1"),))
    assert ledger.streams_of(s.payment("c1", 1)) == Streams(read=(MINE, CHARGE, INVOICE))
    assert ledger.streams_of(s.payment("c1", 1, invoice_owner=7)) == Streams(read=(MINE, CHARGE))
    assert ledger.streams_of(s.payment("c1", 1, invoice=None)) == Streams(read=(MINE, CHARGE))
    assert ledger.streams_of(s.claim()) == Streams(read=(PROMO,))


def test_every_event_lies_in_a_stream_that_can_be_folded() -> None:
    assert set(ledger.FOLDS) == {"account", "job", "payment", "invoice", "bonus", "revocation", "promo"}
    assert {kind.value for kind in LotKind} == {"paid", "bonus"}
    assert len({type(event) for event in EVENTS}) == len(EVENTS)
