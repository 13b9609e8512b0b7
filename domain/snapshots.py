"""Snapshots: the fold of a long stream, kept so that loading need not start at its first event.

A snapshot is a cache. It carries the version of the fold that made it; one made by another fold is ignored, and
`verify` compares every one with a fresh fold. Only accounts are long enough to have any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rpds import HashTrieMap

from domain.account import Account
from domain.lots import Draw, Lot, LotKind
from domain.shapes import Moment, Value

ACCOUNT_FOLD: Final = 1
"""To be raised whenever `domain.account.evolve` gives another state for the same events."""

SNAPSHOT_EVERY: Final = 500
"""A snapshot is taken at every multiple of this; of a larger state, less often."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fold of a stream up to and with `version`, as JSON text."""

    version: int
    fold: int
    state: str


class _Lot(Value):
    id: str
    kind: LotKind
    remaining: int
    expires_at: Moment | None


class _Account(Value):
    inviter: int | None
    lots: tuple[_Lot, ...]
    reservations: dict[str, tuple[Draw, ...]]
    debt: int


def due(account: Account, *, before: int, after: int) -> bool:
    """Whether the account is worth a snapshot when its events above version `before`, up to `after`, were folded in.

    To restore an open reservation costs what folding an event does, and keeping it as much again: a state with many of
    them is worth it only at steps of more than twice as many events.
    """
    if before // SNAPSHOT_EVERY == after // SNAPSHOT_EVERY:
        return False
    step = SNAPSHOT_EVERY << (2 * (len(account.reservations) // SNAPSHOT_EVERY)).bit_length()
    return before // step < after // step


def take(account: Account, version: int) -> Snapshot:
    """The snapshot of an account whose last event is `version`."""
    state = _Account(
        inviter=account.inviter,
        lots=tuple(
            _Lot(id=lot.id, kind=lot.kind, remaining=lot.remaining, expires_at=lot.expires_at) for lot in account.lots
        ),
        reservations=dict(account.reservations.items()),
        debt=account.debt,
    )
    return Snapshot(version=version, fold=ACCOUNT_FOLD, state=state.model_dump_json())


def restore(snapshot: Snapshot) -> Account | None:
    """The account that was folded; None when another fold made the snapshot."""
    if snapshot.fold != ACCOUNT_FOLD:
        return None
    state = _Account.model_validate_json(snapshot.state)
    return Account(
        inviter=state.inviter,
        lots=tuple(Lot(lot.id, lot.kind, lot.remaining, lot.expires_at) for lot in state.lots),
        reservations=HashTrieMap(state.reservations),
        debt=state.debt,
    )
