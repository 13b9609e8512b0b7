"""Grown logs, made quickly and as the rules would have made them: every event comes from `decide`, through the codec.

Only the appending is skipped: the rows are copied in as the superuser, and the heads set. A log's accounts each live
through the same number of orders: most are delivered, some fail, some are cancelled, and the last of some is left
open. Many accounts live at the same time, so neighbours in the log are strangers, as in a real one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import urandom
from random import Random
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from adapters.codec import PersonalKey, encode
from adapters.postgres.keys import KEY_BYTES
from benchmarks.orders import AT, GIFT, draw_accounts, gift, job_of, order
from benchmarks.surroundings import DATA_KEY, Bench, Database, GrownLog, connected
from domain import account as account_rules
from domain import job_words as words
from domain import ledger, streams
from domain.account_words import AccountCommand, AddCredits, CaptureCredit, OpenAccount, ReserveCredit
from domain.events import EVENT_NAMES
from domain.failures import FailureClass
from domain.ledger import LedgerCommand
from domain.lots import LotKind
from domain.settlement import settlement
from domain.shapes import Event

ORDERS_EACH: Final = 20
EVENTS_EACH: Final = 183
ACCOUNT_EVENTS: Final = 2 + 2 * ORDERS_EACH
"""The length of a settled account's stream: opened, given, and two for each order."""

LIVING_TOGETHER: Final = 512
TICK: Final = timedelta(milliseconds=100)
CHUNK_ROWS: Final = 2_000
COLUMNS: Final = ("shard", "position", "stream", "version", "type", "event_id", "data", "recorded_at")
SCRIPT: Final = (
    "Slow orbit around the mug on a wooden table, warm morning light, light steam rises, shallow depth of field."
)


@dataclass
class Log:
    """A log in the making: rows in the form COPY reads, and the position each shard has reached."""

    heads: list[int]
    keys: dict[str, PersonalKey] = field(default_factory=dict)
    at: datetime = AT

    @property
    def events(self) -> int:
        """How many there are in all shards."""
        return sum(self.heads)

    def key_of(self, stream: str) -> PersonalKey | None:
        """The owner's key."""
        return self.keys[streams.owner_of(stream)]

    def row(self, stream: str, version: int, event: Event) -> bytes:
        """One more event of the log."""
        shard = streams.shard_of(streams.owner_of(stream), len(self.heads))
        self.heads[shard] += 1
        self.at += TICK
        data = encode(event, stream=stream, version=version, key_of=self.key_of).replace(b"\\", b"\\\\")
        place = f"{shard}\t{self.heads[shard]}\t{stream}\t{version}\t{EVENT_NAMES[type(event)]}\t{uuid4()}\t"
        return b"%s%s\t%s\n" % (place.encode(), data, self.at.isoformat().encode())


@dataclass
class Life:
    """One account's streams, as its commands leave them."""

    log: Log
    folds: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def do(self, command: LedgerCommand) -> Iterator[bytes]:
        """Decides the command, and what a job's end asks for after it."""
        wanted = ledger.streams_of(command)
        states = {stream: self._fold(stream)[1] for stream in (*wanted.read, *wanted.new)}
        for stream, event in ledger.decide(command, states):
            version, state = self._fold(stream)
            self.folds[stream] = (version + 1, ledger.evolve(stream, state, event))
            yield self.log.row(stream, version + 1, event)
            settling = settlement(stream, event, self.log.at)
            if settling is not None:
                yield from self.do(settling)
                del self.folds[stream]

    def enter(self, command: AccountCommand) -> Iterator[bytes]:
        """Decides the command on the account's stream alone, to grow that without the streams beside it."""
        stream = streams.account(command.account)
        version, state = self._fold(stream)
        for event in account_rules.decide(command, state):
            version, state = version + 1, account_rules.evolve(state, event)
            yield self.log.row(stream, version, event)
        self.folds[stream] = (version, state)

    def _fold(self, stream: str) -> tuple[int, Any]:
        return self.folds.get(stream) or (0, ledger.initial(stream))


def job_commands(account: int, job: str, at: datetime, *, ending: str) -> list[words.JobCommand]:
    """The commands that take a queued job to its end: delivered, failed or cancelled."""
    common: dict[str, Any] = {"account": account, "at": at, "job": job}
    if ending == "failed":
        return [words.FailJob(**common, failure=FailureClass.UNKNOWN, message="the service said no")]
    if ending == "cancelled":
        return [words.CancelJob(**common)]
    return [
        words.WritePrompt(**common, script=SCRIPT, source=words.ScriptSource.OPENAI),
        words.RequestTask(**common, number=1, key="main"),
        words.RecordTask(**common, number=1, task=job[-40:]),
        words.RecordVideo(**common, number=1, url="https://videos.example.org/outputs/0123456789abcdef.mp4"),
        words.StoreVideo(**common, file=f"videos/{job}.mp4"),
        words.StartDelivery(**common, attempt=1),
        words.ConfirmDelivery(**common, attempt=1),
    ]


def _lifetime(log: Log, account: int, *, leaves_open: bool, chance: Random) -> Iterator[list[bytes]]:
    """The account's rows, as they are appended together."""
    life = Life(log)
    yield list(life.do(OpenAccount(account=account, at=log.at)))
    yield list(life.do(gift(account, at=log.at)))
    for number in range(1, ORDERS_EACH + 1):
        yield list(life.do(order(account, number, at=log.at)))
        if leaves_open and number == ORDERS_EACH:
            return
        ending = chance.choices(("delivered", "failed", "cancelled"), (85, 10, 5))[0]
        for command in job_commands(account, job_of(account, number), log.at, ending=ending):
            yield list(life.do(command))


def _lifetimes(log: Log, accounts: Sequence[int]) -> Iterator[list[bytes]]:
    """All accounts' rows: some of them live at the same time, in no order."""
    chance = Random(len(accounts))
    waiting = [
        _lifetime(log, account, leaves_open=_leaves_open(n), chance=chance) for n, account in enumerate(accounts)
    ]
    waiting.reverse()
    living = [waiting.pop() for _ in range(min(LIVING_TOGETHER, len(waiting)))]
    while living:
        chosen = chance.randrange(len(living))
        rows = next(living[chosen], None)
        if rows is not None:
            yield rows
        elif waiting:
            living[chosen] = waiting.pop()
        else:
            living[chosen] = living[-1]
            living.pop()


def _one_long_life(log: Log, account: int, events: int) -> Iterator[list[bytes]]:
    """One account whose own stream has exactly so many events: opened, given, then reserved and captured in turns."""
    life = Life(log)
    yield list(life.do(OpenAccount(account=account, at=log.at)))
    come_in = AddCredits(
        account=account, at=log.at, source="welcome", kind=LotKind.BONUS, amount=GIFT, reason="a gift", by="benchmarks"
    )
    yield list(life.enter(come_in))
    for version in range(3, events + 1):
        job, at = job_of(account, (version - 1) // 2), log.at
        if version % 2:
            yield list(life.enter(ReserveCredit(account=account, at=at, job=job, amount=1)))
        else:
            yield list(life.do(CaptureCredit(account=account, at=at, job=job)))


async def grown_log(bench: Bench, events: int) -> GrownLog:
    """A log of about so many events; made at the first call, the same one later."""
    if events not in bench.logs:
        bench.say(f"  growing a log of {events:,} events")
        database = await bench.migrated(f"log_{events}")
        accounts = draw_accounts(max(2, events // EVENTS_EACH))
        log = Log([0] * database.shards)
        await _copy(bench, database, log, accounts, _lifetimes(log, accounts))
        settled = [account for number, account in enumerate(accounts) if not _leaves_open(number)]
        bench.logs[events] = GrownLog(database, settled, log.events)
    return bench.logs[events]


async def long_account(bench: Bench, account: int, events: int) -> Database:
    """A log that holds one account with so many events in its stream."""
    database = await bench.migrated("long")
    log = Log([0] * database.shards)
    await _copy(bench, database, log, [account], _one_long_life(log, account, events))
    return database


def _leaves_open(number: int) -> bool:
    return number % 10 == 9


async def _copy(
    bench: Bench, database: Database, log: Log, accounts: Sequence[int], appends: Iterator[list[bytes]]
) -> None:
    keys = []
    for account in accounts:
        owner, secret, key_id = streams.account(account), urandom(KEY_BYTES), uuid4()
        log.keys[owner] = PersonalKey(str(key_id), AESGCM(secret))
        wrapped = aes_key_wrap(DATA_KEY, secret)
        keys.append((streams.shard_of(owner, database.shards), owner, key_id, wrapped))
    async with connected(database.superuser_url) as connection:
        columns = ("shard", "owner", "key_id", "wrapped")
        await connection.copy_records_to_table("personal_keys", records=keys, columns=columns)
        await connection.copy_to_table("events", source=_chunks(bench, log, appends), columns=COLUMNS)
        heads = list(enumerate(log.heads))
        await connection.executemany("UPDATE heads SET head = $2 WHERE shard = $1", heads)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")


async def _chunks(bench: Bench, log: Log, appends: Iterator[list[bytes]]) -> AsyncIterator[bytes]:
    rows: list[bytes] = []
    told = 0
    for append in appends:
        rows += append
        if len(rows) >= CHUNK_ROWS:
            yield b"".join(rows)
            rows.clear()
            if log.events - told >= 500_000:
                told = log.events
                bench.say(f"  {told:,} events written")
    yield b"".join(rows)
