"""A snapshot of an account is the account."""

from __future__ import annotations

from dataclasses import replace

from domain.account import Account
from domain.snapshots import ACCOUNT_FOLD, restore, take
from tests.domain.given_when_then import ACCOUNT
from tests.domain.samples import OPENED, after, granted, paid, part, purchased, reserved, revoked


def account(*, busy: bool) -> Account:
    """An account with everything that one can have."""
    soon = part("g1", 1, expires_at=after(days=1))
    past = (granted("g1", 5, expires_at=after(days=1)), purchased("c1", 9), reserved("j1", soon, paid("c1", 2)))
    state = ACCOUNT.given(OPENED, *(past if busy else (revoked(debt=3),))).state
    assert isinstance(state, Account)
    return state._replace(inviter=7 if busy else None)


def test_a_snapshot_restores_lots_reservations_debt_and_inviter() -> None:
    for known in (account(busy=True), account(busy=False)):
        assert restore(take(known, version=500)) == known


def test_a_restored_account_goes_on_as_the_other_would() -> None:
    known = account(busy=True)
    restored = restore(take(known, version=4))
    assert restored is not None
    event = reserved("j2", paid("c1", 1))
    assert ACCOUNT.evolve(restored, event) == ACCOUNT.evolve(known, event)


def test_a_snapshot_of_another_fold_is_ignored() -> None:
    snapshot = take(account(busy=True), version=500)
    assert (snapshot.version, snapshot.fold) == (500, ACCOUNT_FOLD)
    assert restore(replace(snapshot, fold=ACCOUNT_FOLD + 1)) is None
