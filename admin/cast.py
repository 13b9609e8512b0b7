"""The people of the demo's story and what they can do: each deed is a command on the real ledger, told in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from admin.account import read
from admin.feed import Feed
from admin.notices import fault_in_words
from admin.office import Office
from admin.props import KeptPhoto, Mishap, Props
from admin.words import credits_in_words
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.catalogue import Catalogue, Model
from domain.feedback import Progress, Stage
from domain.invoice import IssueInvoice
from domain.ledger import LedgerCommand
from domain.order import PlaceOrder, job_ids
from domain.payment import ReceivePayment, RecordPaymentRefund
from domain.photo import PhotoRefused
from domain.refusals import Refusal
from processors.execute import Done

FIRST_ACCOUNT: Final = 1001
"""Made-up users: the ids that Telegram gives away have been longer for many years."""

TEMPLATE: Final = "slow-zoom"
WIDTH: Final = 76


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast."""

    name: str
    account: int


@dataclass(frozen=True, slots=True)
class Product:
    """What a video is wanted of: its name, and its photo's name in storage."""

    name: str
    photo: str


class Cast:
    """Does things and tells them. Ids are made of the account and a number, so nothing happens twice."""

    def __init__(self, office: Office, catalogue: Catalogue, props: Props, feed: Feed) -> None:
        self._office = office
        self._catalogue = catalogue
        self._props = props
        self._feed = feed
        self._number = 0
        self._next_account = FIRST_ACCOUNT
        self.delivered: list[tuple[Person, str]] = []
        """Who received the videos of which jobs, in the order in which the story asked."""

    def model(self, model_id: str) -> Model:
        """The catalogue's entry, open or closed."""
        entry = self._catalogue.entry(model_id)
        assert entry is not None, "the story knows the catalogue"
        return entry

    async def opens(self, name: str, *, invited_by: Person | None = None) -> Person:
        """Opens the next account that nobody has, and gives the welcome."""
        inviter = None if invited_by is None else invited_by.account
        while not (await self._do(OpenAccount, Person(name, self._next_account), inviter=inviter)).changes:
            self._next_account += 1
        person = Person(name, self._next_account)
        self._next_account += 1
        self._feed.know(person.account, name)
        come = "" if invited_by is None else f", invited by {invited_by.name}"
        self._feed.say(f"  {name} opens account {person.account}{come}")
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

    async def shows(self, person: Person, photo: Path) -> Product | None:
        """Sends a file as a photo: it is kept, or refused before there is any order."""
        match await self._props.keep(person.account, photo):
            case PhotoRefused() as refused:
                await self._tell(person, f"sends {photo.name}: REFUSED, {fault_in_words(refused)}")
                return None
            case KeptPhoto(name, width, height):
                await self._tell(person, f"sends {photo.name}: kept, {width}x{height}")
                return Product(photo.stem.replace("_", " "), name)

    async def orders(
        self,
        person: Person,
        product: Product,
        model: Model,
        *,
        count: int = 1,
        taps: int = 1,
        mishap: Mishap | None = None,
    ) -> list[str]:
        """Orders videos and returns their jobs; none when the rules refuse. A second tap changes nothing."""
        order = PlaceOrder(
            account=person.account,
            at=_now(),
            order=f"demo.{person.account}.{self._next()}",
            count=count,
            model=model.id,
            price=model.price,
            template=TEMPLATE,
            photo=product.photo,
            product_text=product.name,
        )
        if mishap is not None:
            self._props.arrange(mishap, job_ids(order)[0])
        videos = f"{count} videos" if count > 1 else "a video"
        wish = f"orders {videos} of «{product.name}» by {model.name}, {credits_in_words(model.price)} each"
        async with self._feed.turn:
            try:
                await self._office.executor.execute(order)
            except Refusal as refusal:
                await self._tell(person, f"{wish}: REFUSED, {refusal}")
                return []
            await self._tell(person, wish)
            if mishap is not None:
                self._feed.say(f"      ({mishap.value})")
            for _ in range(taps - 1):
                again = await self._office.executor.execute(order)
                await self._tell(person, f"taps once more: {len(again.changes)} new events, it is the same order")
        return job_ids(order)

    async def hears_out(self, person: Person, jobs: Sequence[str]) -> list[Progress]:
        """Returns once each job has ended and its credits are settled."""
        ends = [await self._feed.until(person.account, job, _is_settled) for job in jobs]
        self.delivered += [(person, job) for job, end in zip(jobs, ends, strict=True) if end.captured]
        return ends

    async def have_scripts(self, person: Person, jobs: Sequence[str]) -> None:
        """Returns once each job has its script."""
        for job in jobs:
            await self._feed.until(person.account, job, _has_script)

    async def _do(self, kind: type[Any], person: Person, **values: Any) -> Done:
        command: LedgerCommand = kind(account=person.account, at=_now(), **values)
        return await self._office.executor.execute(command)

    async def _tell(self, person: Person, deed: str) -> None:
        books = (await read(self._office.accounts, person.account)).books
        debt = f", debt {books.debt}" if books.debt else ""
        line = f"  {person.name} {deed}"
        self._feed.say(f"{line.ljust(WIDTH)}  available {books.available}, reserved {books.reserved}{debt}")

    def _next(self) -> int:
        self._number += 1
        return self._number


def _has_script(progress: Progress) -> bool:
    return progress.stage not in {Stage.UNKNOWN, Stage.ACCEPTED}


def _is_settled(progress: Progress) -> bool:
    return progress.captured or progress.refunded is not None


def _now() -> datetime:
    return datetime.now(UTC)
