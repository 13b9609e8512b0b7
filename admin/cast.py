"""The people of the demo's story and what they can do: each deed is a command on the real ledger, told in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TextIO

from admin.account import read
from admin.office import Office
from admin.words import credits_in_words
from domain import job_words as words
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.catalogue import Catalogue
from domain.failures import FailureClass
from domain.invoice import IssueInvoice
from domain.ledger import LedgerCommand
from domain.order import PlaceOrder, job_ids
from domain.payment import ReceivePayment, RecordPaymentRefund
from domain.refusals import Refusal
from domain.streams import account as account_stream
from processors.execute import Done

FIRST_ACCOUNT: Final = 1001
"""Made-up users: the ids that Telegram gives away have been longer for many years."""

PATIENCE_S: Final = 30.0
WIDTH: Final = 76


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast."""

    name: str
    account: int


class Cast:
    """Does things and tells them. Ids are made of the account and a number, so nothing happens twice."""

    def __init__(self, office: Office, catalogue: Catalogue, out: TextIO) -> None:
        self._office = office
        self._catalogue = catalogue
        self._out = out
        self._number = 0
        self._next_account = FIRST_ACCOUNT

    def say(self, line: str = "") -> None:
        """Tells a line."""
        self._out.write(f"{line}\n")
        self._out.flush()

    async def opens(self, name: str, *, invited_by: Person | None = None) -> Person:
        """Opens the next account that nobody has, and gives the welcome."""
        inviter = None if invited_by is None else invited_by.account
        while not (await self._do(OpenAccount, Person(name, self._next_account), inviter=inviter)).changes:
            self._next_account += 1
        person = Person(name, self._next_account)
        self._next_account += 1
        come = "" if invited_by is None else f", invited by {invited_by.name}"
        self.say(f"{name} opens account {person.account}{come}")
        await self.is_given(person, self._catalogue.welcome, source="welcome", reason="welcome", by="neurocards")
        return person

    async def is_given(
        self, person: Person, amount: int, *, source: str, reason: str, by: str, days: int | None = None
    ) -> None:
        """A gift, for a number of days or for ever."""
        ends = None if days is None else _now() + timedelta(days=days)
        await self._do(GiveBonus, person, source=source, amount=amount, reason=reason, by=by, expires_at=ends)
        until = "" if days is None else f", to be used within {days} days"
        await self._tell(person, f"is granted {credits_in_words(amount)}: {reason}{until}")

    async def buys(self, person: Person, amount: int, *, stars: int) -> str:
        """A purchase; returns the charge's id."""
        charge = f"charge.{person.account}.{self._next()}"
        invoice = f"invoice.{person.account}.{self._number}"
        await self._do(IssueInvoice, person, invoice=invoice, credits=amount, stars=stars)
        await self._do(ReceivePayment, person, charge=charge, invoice=invoice, credits=amount, stars=stars)
        await self._tell(person, f"purchases {credits_in_words(amount)} for {stars} Stars")
        return charge

    async def is_paid_back(self, person: Person, charge: str, *, stars: int) -> None:
        """A purchase undone: what was spent meanwhile becomes debt."""
        await self._do(RecordPaymentRefund, person, charge=charge, stars=stars)
        await self._tell(person, f"gets {stars} Stars back from Telegram")

    async def orders(self, person: Person, count: int, *, model: str, product: str, taps: int = 1) -> list[str]:
        """Orders videos and returns their jobs; none when the rules refuse. A second tap changes nothing."""
        entry = self._catalogue.model(model)
        order = PlaceOrder(
            account=person.account,
            at=_now(),
            order=f"demo.{person.account}.{self._next()}",
            count=count,
            model=entry.id,
            price=entry.price,
            photo="photo-of-the-product",
            product_text=product,
        )
        wish = f"orders {count} video{'s' if count > 1 else ''} of «{product}» at {credits_in_words(entry.price)} each"
        try:
            await self._office.executor.execute(order)
        except Refusal as refusal:
            await self._tell(person, f"{wish}: refused, {refusal}")
            return []
        await self._tell(person, wish)
        for _ in range(taps - 1):
            again = await self._office.executor.execute(order)
            await self._tell(person, f"taps once more: {len(again.changes)} new events, it is the same order")
        return job_ids(order)

    async def receive(self, person: Person, jobs: Iterable[str]) -> None:
        """The videos are made and delivered, the credits captured."""
        for job in jobs:
            await self._live(person, job)
            await self._end(person, words.ConfirmDelivery, job, attempt=1)
            await self._tell(person, f"receives the video of job {job}: captured")

    async def fails(self, person: Person, job: str, failure: FailureClass, message: str) -> None:
        """The job ends without a video, and its credits come back."""
        await self._end(person, words.FailJob, job, failure=failure, message=message)
        await self._tell(person, f"is told that job {job} failed, {message}: refunded")

    async def cancels(self, person: Person, job: str) -> None:
        """The job is not wanted any more, and its credits come back."""
        await self._end(person, words.CancelJob, job)
        await self._tell(person, f"cancels job {job}: refunded")

    async def _live(self, person: Person, job: str) -> None:
        kling = f"task-{job}"
        await self._do(words.WritePrompt, person, job=job, script="медленный наезд", source=words.ScriptSource.TEMPLATE)
        await self._do(words.RequestTask, person, job=job, number=1, key="demo")
        await self._do(words.RecordTask, person, job=job, number=1, task=kling)
        await self._do(words.AcceptPhoto, person, job=job, number=1)
        await self._do(words.RecordVideo, person, job=job, number=1, url=f"https://example.org/{job}.mp4")
        await self._do(words.StoreVideo, person, job=job, file=f"videos/{job}.mp4")
        await self._do(words.StartDelivery, person, job=job, attempt=1)

    async def _end(self, person: Person, kind: type[words.JobCommand], job: str, **values: Any) -> None:
        await self._do(kind, person, job=job, **values)
        async with asyncio.timeout(PATIENCE_S):
            while await self._office.settlements.settled_by(account_stream(person.account), job) is None:  # noqa: ASYNC110 - the settler does it
                await asyncio.sleep(0.005)

    async def _do(self, kind: type[Any], person: Person, **values: Any) -> Done:
        command: LedgerCommand = kind(account=person.account, at=_now(), **values)
        return await self._office.executor.execute(command)

    async def _tell(self, person: Person, deed: str) -> None:
        books = (await read(self._office.accounts, person.account)).books
        debt = f", debt {books.debt}" if books.debt else ""
        line = f"  {person.name} {deed}"
        self.say(f"{line.ljust(WIDTH)}  available {books.available}, reserved {books.reserved}{debt}")

    def _next(self) -> int:
        self._number += 1
        return self._number


def _now() -> datetime:
    return datetime.now(UTC)
