"""Three walls against the double refund, each alone with the other two switched off, and what happens with all off.

the fold       a refund needs an open reservation, and closes it
the stream     of two writers who decided on the same state, one is written
the database   one CreditCaptured or CreditRefunded for a job, whatever its version
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from adapters.postgres.event_store import PostgresEventStore
from domain import account
from domain.account_words import CaptureCredit, CreditCaptured, CreditRefunded, CreditReserved, RefundCredit
from domain.log import AppendRejected, VersionConflict
from domain.lots import Draw, Lot, LotKind
from domain.refusals import NoOpenReservation
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, SWALLOWS_CONFLICTS, Fault, plant, run_as_superuser
from tests.adapters.postgres.raw import OWNER, append_directly, connected, log_of, row, settlement
from tests.conftest import DATA_KEY, Database

SHARD = shard_of(OWNER, 8)
AT = datetime(2026, 1, 1, tzinfo=UTC)
SETTLED_TWICE: Final = (
    ("CreditCaptured", "CreditRefunded"),
    ("CreditRefunded", "CreditCaptured"),
    ("CreditRefunded", "CreditRefunded"),
    ("CreditCaptured", "CreditCaptured"),
)
DRAW = Draw(lot="gift", kind=LotKind.BONUS, amount=1)
OPEN = account.evolve(
    account.Account(inviter=None, lots=(Lot("gift", LotKind.BONUS, 1, None),)),
    CreditReserved(job="j1", amount=1, draws=(DRAW,)),
)
COMMANDS: Final[dict[str, CaptureCredit | RefundCredit]] = {
    "CreditCaptured": CaptureCredit(account=42, at=AT, job="j1"),
    "CreditRefunded": RefundCredit(account=42, at=AT, job="j1", reason="failed"),
}
WITHOUT_THE_WALL_OF_THE_DATABASE = "DROP INDEX settled_once"
WITHOUT_THE_WALL_OF_THE_STREAM: Fault = {
    "append_events": (
        SWALLOWS_CONFLICTS["append_events"][0],
        (
            "SELECT to_shard, before + e.number, e.stream, e.version,",
            "SELECT to_shard, before + e.number, e.stream, before + e.number,",
        ),
    )
}
"""Whatever version an event is decided for, it gets the next one."""


def the_fold_refuses_it(first: str, second: str) -> None:
    """No database here: the first settlement closes the reservation that the second needs."""
    (settled,) = account.decide(COMMANDS[first], OPEN)
    assert isinstance(settled, CreditCaptured | CreditRefunded)
    with pytest.raises(NoOpenReservation):
        account.decide(COMMANDS[second], account.evolve(OPEN, settled))


async def one_of_two_writers_is_written(database: Database, first: str, second: str) -> None:
    """Both decided on version 1, in two programs, and neither decides again."""
    async with (
        PostgresEventStore.opened(database.url, DATA_KEY) as here,
        PostgresEventStore.opened(database.url, DATA_KEY) as there,
    ):
        await here.append_rows(OWNER, [row(OWNER, 1)], None)
        await here.append_rows(OWNER, [settlement(2, name=first)], None)
        with pytest.raises(VersionConflict):
            await there.append_rows(OWNER, [settlement(2, name=second)], None)
    assert len(await log_of(database, SHARD)) == 2


async def the_database_refuses_it(database: Database, first: str, second: str) -> None:
    """Nobody decides anything: the second settlement comes with the version that is next."""
    async with PostgresEventStore.opened(database.url, DATA_KEY) as store:
        await store.append_rows(OWNER, [settlement(1, name=first)], None)
        with pytest.raises(AppendRejected, match="settled_once"):
            await store.append_rows(OWNER, [settlement(2, name=second)], None)
        assert await store.append_rows(OWNER, [settlement(2, name=second, job="j2")], None) == 2
    assert len(await log_of(database, SHARD)) == 2


@pytest.mark.parametrize(("first", "second"), SETTLED_TWICE)
def test_the_fold_alone_refuses_it(first: str, second: str) -> None:
    the_fold_refuses_it(first, second)


@pytest.mark.parametrize(("first", "second"), SETTLED_TWICE)
async def test_the_stream_alone_refuses_it(first: str, second: str, database: Database) -> None:
    await run_as_superuser(database, WITHOUT_THE_WALL_OF_THE_DATABASE)
    await one_of_two_writers_is_written(database, first, second)


@pytest.mark.parametrize(("first", "second"), SETTLED_TWICE)
async def test_the_database_alone_refuses_it(first: str, second: str, database: Database) -> None:
    await plant(database, WITHOUT_THE_WALL_OF_THE_STREAM)
    await the_database_refuses_it(database, first, second)


def test_a_fold_that_leaves_the_reservation_open_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "evolve", lambda state, event: state)
    with pytest.raises(SEEN):
        the_fold_refuses_it("CreditRefunded", "CreditRefunded")


async def test_a_stream_that_takes_both_is_seen(database: Database) -> None:
    await run_as_superuser(database, WITHOUT_THE_WALL_OF_THE_DATABASE)
    await plant(database, WITHOUT_THE_WALL_OF_THE_STREAM)
    with pytest.raises(SEEN):
        await one_of_two_writers_is_written(database, "CreditRefunded", "CreditRefunded")


async def test_a_database_without_the_index_is_seen(database: Database) -> None:
    await run_as_superuser(database, WITHOUT_THE_WALL_OF_THE_DATABASE)
    with pytest.raises(SEEN):
        await the_database_refuses_it(database, "CreditRefunded", "CreditRefunded")


async def test_the_index_looks_at_one_account_at_a_time(store: PostgresEventStore) -> None:
    for owner in (OWNER, "account/43"):
        await store.append_rows(owner, [settlement(1, name="CreditRefunded", owner=owner)], None)


async def test_the_function_called_by_hand_is_refused_too(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [settlement(1, name="CreditCaptured")], None)
    async with connected(database.url) as connection:
        with pytest.raises(Exception, match="settled_once"):
            await append_directly(connection, SHARD, [settlement(2, name="CreditRefunded")])
