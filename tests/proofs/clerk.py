"""A program that works on five accounts until it is told to stop or is killed.

    python -m tests.proofs.clerk URL SEED COMMANDS

It prints one line of JSON for every command that was answered with an acceptance, only after the answer:
{"command": id, "shard": n, "position": last, "events": count}. A parent compares the lines with the log.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from adapters.postgres.event_store import PostgresEventStore
from domain import job_words as words
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.failures import FailureClass
from domain.ledger import LedgerCommand
from domain.log import Cause, LogError
from domain.order import PlaceOrder
from domain.payment import ReceivePayment, RecordPaymentRefund
from domain.refusals import Refusal
from domain.revocation import RevokeCredits
from processors.execute import Executor
from tests.conftest import DATA_KEY
from tests.processors.scene import life_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS = range(1, 6)
AT_ONCE = 8


@dataclass
class Clerk:
    """Draws sensible commands from what it has seen."""

    chance: random.Random
    queued: list[tuple[int, str]] = field(default_factory=list)
    paid: list[tuple[int, str, int]] = field(default_factory=list)

    def commands(self) -> Iterator[LedgerCommand]:
        """What to do next: one or several commands in a row."""
        account = self.chance.choice(ACCOUNTS)
        what = self.chance.choices(
            ["order", "deliver", "fail", "gift", "pay", "refund", "revoke"], [8, 6, 4, 2, 2, 1, 1]
        )
        match what[0]:
            case "order":
                yield self._order(account)
            case "deliver" if self.queued:
                yield from life_of(*self.queued.pop())
            case "fail" if self.queued:
                account, job = self.queued.pop()
                yield words.FailJob(account=account, at=AT, job=job, failure=FailureClass.UNKNOWN, message="no luck")
            case "pay":
                charge = uuid4().hex
                self.paid.append((account, charge, 10))
                yield ReceivePayment(account=account, at=AT, charge=charge, invoice=None, credits=3, stars=10)
            case "refund" if self.paid:
                account, charge, stars = self.paid.pop()
                yield RecordPaymentRefund(account=account, at=AT, charge=charge, stars=stars)
            case "revoke":
                yield RevokeCredits(
                    account=account, at=AT, revocation=uuid4().hex, amount=2, reason="a test", by="clerk"
                )
            case _:
                yield GiveBonus(account=account, at=AT, source=uuid4().hex, amount=5, reason="a gift", by="clerk")

    def _order(self, account: int) -> PlaceOrder:
        order, count = uuid4().hex, self.chance.choice([1, 3, 5])
        self.queued += [(account, f"{order}.{index}") for index in range(count)]
        self.chance.shuffle(self.queued)
        return PlaceOrder(
            account=account, at=AT, order=order, count=count, model="m", price=1, photo="photo", wishes="light"
        )


async def carry_out(executor: Executor, command: LedgerCommand) -> None:
    """Executes the command until it is answered, and says so."""
    name = uuid4().hex
    while True:
        try:
            done = await executor.execute(command, cause=Cause(command_id=name), attempts_max=None)
        except Refusal:
            return
        except LogError as error:
            print(f"asked again: {error}", file=sys.stderr)  # noqa: T201 - for whoever reads a failed test's output
            continue
        if done.changes:
            answer = {"command": name, "shard": done.shard, "position": done.position, "events": len(done.changes)}
            print(json.dumps(answer), flush=True)  # noqa: T201 - this is what the parent reads
        return


async def work(url: str, seed: int, commands: int) -> None:
    """Carries out about that many commands, several at once."""
    clerk = Clerk(random.Random(seed))
    async with PostgresEventStore.opened(url, DATA_KEY) as store:
        executor = Executor(store)
        for account in ACCOUNTS:
            await carry_out(executor, OpenAccount(account=account, at=AT))

        async def hand(share: int) -> None:
            for _ in range(share):
                for command in clerk.commands():
                    await carry_out(executor, command)

        await asyncio.gather(*(hand(commands // AT_ONCE) for _ in range(AT_ONCE)))
        await executor.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
