"""An account: how it opens, what comes in, what it may reserve, what expires. Settling has its own file."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain import account
from domain.account_words import AccountCommand, AccountOpened, AddCredits, ExpireCredits, OpenAccount
from domain.lots import LotKind
from domain.refusals import (
    AccountInDebt,
    AccountNotOpen,
    InsufficientCredits,
    ReservationOpen,
    SelfReferral,
)
from tests.domain import samples as s
from tests.domain.given_when_then import ACCOUNT
from tests.domain.samples import OPENED, after, expired, granted, paid, part, purchased, reserved, revoked

SOON, LATER = after(days=1), after(days=9)


def add(kind: LotKind, amount: int, **fields: object) -> AddCredits:
    """A wish to let credits come in."""
    content = {"account": s.ME, "at": s.NOON, "source": "new", "reason": "gift", "by": "anna"}
    return AddCredits.model_validate({**content, "kind": kind, "amount": amount, **fields})


def expire(**span: int) -> ExpireCredits:
    """A wish to let go what is over, so much later than noon."""
    return ExpireCredits(account=s.ME, at=after(**span))


# Opening


def test_an_account_is_opened() -> None:
    ACCOUNT.given().when(s.open_account()).then(OPENED)


def test_an_account_opens_once_and_its_inviter_is_fixed() -> None:
    ACCOUNT.given().when(s.open_account(inviter=7)).then(AccountOpened(inviter=7))
    ACCOUNT.given(AccountOpened(inviter=7)).when(s.open_account(inviter=7)).then()
    ACCOUNT.given(AccountOpened(inviter=7)).when(s.open_account(inviter=8)).then()
    ACCOUNT.given(OPENED).when(s.open_account(inviter=8)).then()


def test_nobody_invites_themselves() -> None:
    ACCOUNT.given().when(s.open_account(inviter=s.ME)).then_refused(SelfReferral)


def test_an_open_account_is_told_that_it_is_open_before_it_is_told_about_inviters() -> None:
    ACCOUNT.given(OPENED).when(s.open_account(inviter=s.ME)).then()


@pytest.mark.parametrize("inviter", [0, -1, True, "7", 7.0])
def test_an_inviter_is_a_telegram_user(inviter: object) -> None:
    with pytest.raises(ValidationError):
        OpenAccount.model_validate({"account": s.ME, "at": s.NOON, "inviter": inviter})


@pytest.mark.parametrize(
    "command",
    [add(LotKind.BONUS, 1), s.reserve("j1", 1), s.capture("j1"), s.refund("j1"), s.take(1), expire(days=1)],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_on_an_account_that_is_not_open(command: AccountCommand) -> None:
    ACCOUNT.given().when(command).then_refused(AccountNotOpen, account=s.ME)


# Credits come in


def test_a_gift_is_granted_with_its_expiry() -> None:
    gift = add(LotKind.BONUS, 5, expires_at=SOON)
    ACCOUNT.given(OPENED).when(gift).then(granted("new", 5, expires_at=SOON))


def test_paid_credits_are_purchased_and_never_expire() -> None:
    bought = add(LotKind.PAID, 5, reason="payment", by="telegram")
    ACCOUNT.given(OPENED).when(bought).then(purchased("new", 5))
    state = ACCOUNT.given(OPENED, purchased("new", 5)).state
    assert isinstance(state, account.Account)
    assert [(lot.kind, lot.remaining, lot.expires_at) for lot in state.lots] == [(LotKind.PAID, 5, None)]


@pytest.mark.parametrize(("kind", "event"), [(LotKind.BONUS, granted), (LotKind.PAID, purchased)])
def test_incoming_credits_settle_the_debt_first(kind: LotKind, event: type) -> None:
    owing = ACCOUNT.given(OPENED, revoked(debt=3))
    reason, by = ("gift", "anna") if kind is LotKind.BONUS else ("payment", "telegram")
    owing.when(add(kind, 2, reason=reason, by=by)).then(event("new", 2, debt_settled=2))
    owing.when(add(kind, 3, reason=reason, by=by)).then(event("new", 3, debt_settled=3))
    owing.when(add(kind, 5, reason=reason, by=by)).then(event("new", 5, debt_settled=3))


@pytest.mark.parametrize(("amount", "available", "debt"), [(2, 0, 1), (3, 0, 0), (5, 2, 0)])
def test_what_is_left_after_the_debt_is_available(amount: int, available: int, debt: int) -> None:
    state = ACCOUNT.given(OPENED, revoked(debt=3), purchased("c1", amount, debt_settled=min(3, amount))).state
    assert isinstance(state, account.Account)
    assert (state.available, state.debt) == (available, debt)


# Reserving


def test_a_reservation_draws_bonus_before_paid() -> None:
    known = ACCOUNT.given(OPENED, purchased("bought", 2), granted("gift", 2))
    known.when(s.reserve("j1", 3)).then(reserved("j1", part("gift", 2), paid("bought", 1)))


def test_a_reservation_draws_the_soonest_expiry_first_then_the_oldest() -> None:
    known = ACCOUNT.given(
        OPENED,
        granted("old", 1),
        granted("later", 1, expires_at=LATER),
        granted("young", 1),
        granted("soon", 1, expires_at=SOON),
    )
    soon, later = part("soon", 1, expires_at=SOON), part("later", 1, expires_at=LATER)
    known.when(s.reserve("j1", 4)).then(reserved("j1", soon, later, part("old", 1), part("young", 1)))


def test_a_reservation_may_take_all_and_not_one_more() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2), purchased("c1", 1))
    known.when(s.reserve("j1", 3)).then(reserved("j1", part("g1", 2), paid("c1", 1)))
    known.when(s.reserve("j1", 4)).then_refused(InsufficientCredits, available=3, asked=4)


def test_an_empty_account_reserves_nothing() -> None:
    ACCOUNT.given(OPENED).when(s.reserve("j1", 1)).then_refused(InsufficientCredits, available=0, asked=1)


def test_reserved_credits_cannot_be_reserved_again() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2), reserved("j1", part("g1", 2)))
    known.when(s.reserve("j2", 1)).then_refused(InsufficientCredits, available=0, asked=1)


def test_a_job_reserves_once() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 5), reserved("j1", part("g1", 2)))
    known.when(s.reserve("j1", 2)).then()
    known.when(s.reserve("j1", 1)).then_refused(ReservationOpen, job="j1")


def test_a_repeated_reservation_does_nothing_even_when_nothing_is_left() -> None:
    known = ACCOUNT.given(OPENED, granted("g1", 2), reserved("j1", part("g1", 2)))
    known.when(s.reserve("j1", 2)).then()
    in_debt = ACCOUNT.given(OPENED, granted("g1", 2), reserved("j1", part("g1", 2)), revoked(debt=1))
    in_debt.when(s.reserve("j1", 2)).then()


def test_an_expired_lot_goes_before_a_reservation_that_would_draw_it() -> None:
    known = ACCOUNT.given(OPENED, granted("over", 2, expires_at=SOON), purchased("c1", 1))
    known.when(s.reserve("j1", 1, at=SOON)).then(
        expired(part("over", 2, expires_at=SOON)), reserved("j1", paid("c1", 1))
    )
    known.when(s.reserve("j1", 1, at=after(hours=23))).then(reserved("j1", part("over", 1, expires_at=SOON)))


def test_expired_credits_do_not_count_as_available() -> None:
    known = ACCOUNT.given(OPENED, granted("over", 2, expires_at=SOON), purchased("c1", 1))
    known.when(s.reserve("j1", 2, at=LATER)).then_refused(InsufficientCredits, available=1, asked=2)


def test_in_debt_nothing_is_reserved() -> None:
    known = ACCOUNT.given(OPENED, revoked(debt=1))
    known.when(s.reserve("j1", 1)).then_refused(AccountInDebt, debt=1)


# Expiry


def test_every_lot_whose_time_is_over_goes() -> None:
    known = ACCOUNT.given(
        OPENED,
        granted("a", 2, expires_at=SOON),
        granted("b", 3, expires_at=SOON),
        granted("c", 4, expires_at=LATER),
        purchased("d", 5),
    )
    known.when(expire(days=1)).then(expired(part("a", 2, expires_at=SOON)), expired(part("b", 3, expires_at=SOON)))
    known.when(expire(hours=23)).then()


def test_only_what_is_left_of_a_lot_expires() -> None:
    lot = part("a", 2, expires_at=SOON)
    known = ACCOUNT.given(OPENED, granted("a", 5, expires_at=SOON), reserved("j1", lot))
    known.when(expire(days=1)).then(expired(part("a", 3, expires_at=SOON)))


def test_a_lot_expires_once() -> None:
    known = ACCOUNT.given(OPENED, granted("a", 2, expires_at=SOON), expired(part("a", 2, expires_at=SOON)))
    known.when(expire(days=1)).then()


# Fold


def test_an_account_begins_with_its_opening() -> None:
    with pytest.raises(AssertionError, match="first event is AccountOpened"):
        ACCOUNT.given(granted("g1", 1))


def test_the_amounts_of_an_account_follow_from_its_events() -> None:
    state = ACCOUNT.given(OPENED, granted("g1", 5), reserved("j1", part("g1", 2)), reserved("j2", part("g1", 1))).state
    assert isinstance(state, account.Account)
    assert (state.available, state.reserved, state.debt) == (2, 3, 0)
