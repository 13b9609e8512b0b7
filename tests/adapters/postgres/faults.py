"""Faults to plant, so that a check can be seen to fail when the guarantee it checks is broken."""

from __future__ import annotations

from typing import Any

import pytest

from domain.log import LogError
from tests.adapters.postgres.raw import connected
from tests.conftest import Database

SEEN: tuple[type[BaseException], ...] = (AssertionError, LogError, TimeoutError, pytest.fail.Exception)
"""How a check says that a guarantee does not hold."""

Fault = dict[str, tuple[tuple[str, str], ...]]
"""By function of the database: what it says, and what it is to say instead."""

TAKES_POSITIONS_FROM_A_SEQUENCE: Fault = {
    "append_events": (
        (
            "UPDATE heads SET head = head + count_all WHERE shard = to_shard RETURNING head - count_all INTO before;",
            "before := nextval('planted_positions') - 1;",
        ),
        ("IF NOT FOUND THEN\n        RAISE", "IF before IS NULL THEN\n        RAISE"),
    )
}
SWALLOWS_CONFLICTS: Fault = {
    "append_events": (
        ("IF NOT FOUND THEN\n            INSERT", "IF true THEN\n            INSERT"),
        ("events_of(batch) AS e;\n", "events_of(batch) AS e ON CONFLICT DO NOTHING;\n"),
    )
}


def named(part: object) -> str:
    """How a fault or a check is called in the test's output."""
    if isinstance(part, dict):
        return "+".join(part)
    return getattr(part, "__name__", str(part))


async def plant(database: Database, fault: Fault) -> None:
    """Puts faulty texts of functions into the test's database."""
    async with connected(database.superuser_url) as connection:
        await connection.execute("CREATE SEQUENCE planted_positions; GRANT USAGE ON planted_positions TO PUBLIC")
        for function, replaced in fault.items():
            text: str = await connection.fetchval("SELECT pg_get_functiondef($1::text::regproc)", function)
            for right, wrong in replaced:
                assert right in text, f"{function} no longer says: {right}"
                text = text.replace(right, wrong)
            await connection.execute(text)


async def run_as_superuser(database: Database, statement: str, *arguments: Any) -> None:
    """For faults that are no function's."""
    async with connected(database.superuser_url) as connection:
        await connection.execute(statement, *arguments)
