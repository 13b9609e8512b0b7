"""An account: what settles a reservation, what is taken away, and the debt that is left."""

from __future__ import annotations

import pytest

from domain import account
from domain.account_words import AccountCommand, AccountEvent
from domain.refusals import NoOpenReservation
from domain.shapes import AMOUNT_MAX
from tests.domain import samples as s
from tests.domain.given_when_then import ACCOUNT
from tests.domain.samples import OPENED, after, expired, granted, paid, part, purchased, refunded, reserved, revoked

SOON, LATER = after(days=1), after(days=9)


# Settling


def test_a_capture_spends_what_the_job_reserved() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 1), purchased("c1", 1), reserved("j1", part("g1", 1), paid("c1", 1)))
    known.when(s.capture("j1")).then(s.captured("j1", part("g1", 1), paid("c1", 1)))


def test_a_refund_goes_back_to_the_lots_it_came_from() -> None:
    draws = (part("soon", 1, expires_at=SOON), part("g1", 1), paid("c1", 1))
    gifts = (granted("soon", 1, expires_at=SOON), granted("g1", 1), purchased("c1", 2))
    known = ACCOUNT.given(OPENED, *gifts, reserved("j1", *draws))
    known.when(s.refund("j1")).then(refunded("j1", *draws))
    assert ACCOUNT.given(OPENED, *gifts, reserved("j1", *draws), refunded("j1", *draws)).state == (
        ACCOUNT.given(OPENED, *gifts).state
    )


def test_a_refund_of_an_expired_lot_comes_back_with_a_fresh_short_term() -> None:
    over, good = part("over", 1, expires_at=SOON), part("good", 1, expires_at=LATER)
    known = ACCOUNT.given(
        OPENED,
        granted("over", 1, expires_at=SOON),
        granted("good", 1, expires_at=LATER),
        reserved("j1", over, good),
    )
    fresh = part("over", 1, expires_at=SOON + account.REFUND_TERM)
    known.when(s.refund("j1", at=SOON)).then(refunded("j1", fresh, good))
    known.when(s.refund("j1", at=after(hours=23))).then(refunded("j1", over, good))


def test_refunded_credits_can_be_reserved_again() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 1), reserved("j1", part("g1", 1)), refunded("j1", part("g1", 1)))
    known.when(s.reserve("j2", 1)).then(reserved("j2", part("g1", 1)))


@pytest.mark.parametrize("settle", [s.capture("j1"), s.refund("j1")], ids=["capture", "refund"])
@pytest.mark.parametrize("end", [s.captured("j1", part("g1", 1)), refunded("j1", part("g1", 1))], ids=["spent", "back"])
def test_a_reservation_is_settled_once(settle: AccountCommand, end: AccountEvent) -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 1), reserved("j1", part("g1", 1)), end)
    known.when(settle).then_refused(NoOpenReservation, job="j1")


def test_settling_needs_an_open_reservation() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2), reserved("j1", part("g1", 1)))
    known.when(s.refund("j2")).then_refused(NoOpenReservation, job="j2")
    known.when(s.capture("j2")).then_refused(NoOpenReservation, job="j2")


def test_a_refund_settles_the_debt_first() -> None:
    known = ACCOUNT.given(OPENED, purchased("c1", 3), reserved("j1", paid("c1", 3)), revoked(debt=2))
    known.when(s.refund("j1")).then(refunded("j1", paid("c1", 1), to_debt=(paid("c1", 2),)))


def test_a_refund_may_go_to_the_debt_altogether() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 1), reserved("j1", part("g1", 1)), revoked(debt=5))
    known.when(s.refund("j1")).then(refunded("j1", to_debt=(part("g1", 1),)))
    state = ACCOUNT.given(
        OPENED,
        granted("g1", 1),
        reserved("j1", part("g1", 1)),
        revoked(debt=5),
        refunded("j1", to_debt=(part("g1", 1),)),
    ).state
    assert state == account.Account(inviter=None, debt=4)


# Taking away


def test_a_revocation_takes_the_named_lot_first_then_the_others_and_the_rest_is_debt() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2), purchased("c1", 2), purchased("c2", 2))
    known.when(s.take(1, of="c2")).then(revoked(paid("c2", 1), of="c2"))
    known.when(s.take(3, of="c2")).then(revoked(paid("c2", 2), part("g1", 1), of="c2"))
    known.when(s.take(9, of="c2")).then(revoked(paid("c2", 2), part("g1", 2), paid("c1", 2), debt=3, of="c2"))


def test_a_revocation_of_no_lot_takes_in_the_order_of_a_draw() -> None:
    known = ACCOUNT.given(OPENED, purchased("c1", 2), granted("g1", 2))
    known.when(s.take(3)).then(revoked(part("g1", 2), paid("c1", 1)))


def test_a_revocation_of_a_lot_that_is_gone_takes_the_others() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2))
    known.when(s.take(1, of="gone")).then(revoked(part("g1", 1), of="gone"))


def test_a_revocation_leaves_reserved_credits_alone() -> None:
    known = ACCOUNT.given(OPENED, purchased("c1", 2), reserved("j1", paid("c1", 2)))
    known.when(s.take(2, of="c1")).then(revoked(debt=2, of="c1"))


def test_an_expired_lot_is_not_revoked() -> None:
    known = ACCOUNT.given(OPENED, granted("over", 2, expires_at=SOON), granted("g1", 1))
    known.when(s.take(2, at=SOON)).then(expired(part("over", 2, expires_at=SOON)), revoked(part("g1", 1), debt=1))


def test_debts_add_up() -> None:
    state = ACCOUNT.given(OPENED, revoked(debt=2), revoked(debt=3)).state
    assert state == account.Account(inviter=None, debt=5)


def test_the_largest_amount_can_be_revoked_as_a_debt() -> None:
    ACCOUNT.given(OPENED).when(s.take(AMOUNT_MAX)).then(revoked(debt=AMOUNT_MAX))
