"""The last line of every proof."""

from __future__ import annotations

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.verification import PostgresVerification
from processors.verify import verify


async def the_books_are_right(store: PostgresEventStore) -> None:
    """Asserts that `verify` finds nothing wrong in the whole log."""
    report = await verify(PostgresVerification(store.pool), pace=0)
    assert report.sound, report
    assert report.settlements_pending == 0, report
