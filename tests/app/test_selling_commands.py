"""The commands of promo codes and payments as operators type them, each in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.postgres.event_store import PostgresEventStore
from domain import streams
from domain.account_words import OpenAccount
from domain.payment import PaymentRefundRequested, ReceivePayment
from domain.promo import ClaimCode, code_of
from domain.refusals import CodeUsedUp
from processors.execute import Executor
from tests.adapters.postgres.raw import tails_of
from tests.app.program import Ran, run, settings_of
from tests.conftest import Database
from tests.processors.scene import AT


class Terminal:
    """Types commands against one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._settings = settings_of(database)
        self._folder = folder

    async def types(self, *arguments: str) -> Ran:
        return await run(*arguments, folder=self._folder, settings=self._settings)


@pytest.fixture
def terminal(database: Database, tmp_path: Path) -> Terminal:
    """A terminal on the test's database."""
    return Terminal(database, tmp_path)


CREATE = ("promo", "create", "--amount", "3", "--reason", "fair", "--by", "olga")


async def claim(executor: Executor, code: str, account: int) -> None:
    await executor.execute(ClaimCode(code=code, at=AT, account=account, claim=f"tap.{account}"))


async def test_a_named_code_is_made_once_and_shown_with_its_claims(terminal: Terminal, executor: Executor) -> None:
    words = (*CREATE, "spring-26", "--limit", "5", "--expires", "2999-01-01", "--bonus-days", "7")
    first, again = await terminal.types(*words), await terminal.types(*words)
    terms = (
        "promo code SPRING-26: 3 credits each for at most 5 accounts, until 2999-01-01 00:00 UTC, "
        "to be used within 7 days; campaign SPRING-26: fair, by olga\n"
    )
    assert (first.code, first.out) == (0, terms)
    assert (again.code, "nothing was done" in again.out) == (0, True)
    other = await terminal.types(*words, "--campaign", "another")
    assert (other.code, other.sentence) == (
        1,
        "refused: promo code SPRING-26 exists already with another campaign",
    )
    await claim(executor, "SPRING-26", 42)
    shown = await terminal.types("promo", "show", "Spring-26", "--zone", "UTC")
    assert shown.out.startswith(terms)
    assert "account 42, 3 credits\n" in shown.out
    assert shown.out.endswith("claimed 1 times, 4 left\n")


async def test_many_codes_are_printed_alone_on_their_lines_and_each_is_for_one(
    terminal: Terminal, executor: Executor
) -> None:
    ran = await terminal.types(*CREATE, "--count", "20", "--prefix", "SPRING")
    codes = ran.out.splitlines()
    assert ran.code == 0
    assert len(set(codes)) == 20
    assert all(code_of(code) == code and code.startswith("SPRING-") for code in codes)
    assert not any(set("01OIL") & set(code.removeprefix("SPRING-")) for code in codes)
    await claim(executor, codes[3], 42)
    with pytest.raises(CodeUsedUp):
        await claim(executor, codes[3], 43)


async def test_a_refund_is_noted_once_for_the_workers(
    terminal: Terminal, store: PostgresEventStore, executor: Executor
) -> None:
    await executor.execute(OpenAccount(account=42, at=AT))
    await executor.execute(ReceivePayment(account=42, at=AT, charge="c1", invoice=None, credits=5, stars=50))
    words = ("refund-payment", "42", "c1", "--reason", "unhappy", "--by", "olga", "--id", "q1")
    first, again = await terminal.types(*words), await terminal.types(*words)
    assert (first.code, first.out.splitlines()[0]) == (0, "refund id: q1")
    assert "asked for: the workers tell Telegram" in first.out
    assert "asked for already" in again.out
    events = (await tails_of(store, streams.payment(42, "c1")))[1:]
    assert [one.event for one in events] == [PaymentRefundRequested(request="q1", reason="unhappy", by="olga")]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (CREATE, 2, "say which CODE to make, or else both --count and --prefix"),
        ((*CREATE, "SPRING", "--count", "3"), 2, "say which CODE to make"),
        ((*CREATE, "--count", "3"), 2, "say which CODE to make"),
        ((*CREATE, "abc"), 2, "CODE is wrong: a code is 4 to 32"),
        ((*CREATE, "--count", "3", "--prefix", "S" * 30), 2, "--prefix is wrong"),
        ((*CREATE, "SPRING", "--expires", "2020-01-01"), 2, "--expires 2020-01-01 is past"),
        ((*CREATE, "SPRING", "--bonus-days", "9999"), 2, "--bonus-days is wrong"),
        ((*CREATE, "SPRING", "--limit", "0"), 2, "Invalid value for '--limit'"),
        (("promo", "show", "NOBODY"), 1, "there is no promo code NOBODY"),
        (("refund-payment", "42", "c9", "--reason", "r"), 1, "account 42 has no payment c9"),
        (("refund-payment", "42", "c 9", "--reason", "r"), 2, "CHARGE is a name of 1 to 255 letters"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(
    terminal: Terminal, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = await terminal.types(*arguments)
    assert (ran.code, ran.sentence[: len(sentence)]) == (code, sentence)
