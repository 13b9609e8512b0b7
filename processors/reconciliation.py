"""Reconciliation: what Telegram's own account of the Stars knows and the ledger does not is made good, and told.

The account is read a page at a time, oldest first, from where it was read to before, and one page before that. Its
latest lines are left to the next time: their updates are on the way, and a payment that is on the way is not missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from domain.packages import Packages
from domain.payment import RecordPaymentRefund
from domain.refusals import Refusal
from domain.stars import StarsUnknown, StarTransaction
from processors import purchases
from processors.clock import Clock
from processors.execute import Executor
from processors.ports import Bookmarks, StarTransactions, StreamReader

PAGE: Final = 100
EVERY: Final = timedelta(minutes=10)
GRACE: Final = timedelta(minutes=5)
"""How old a line has to be before its update counts as lost."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reconciled:
    """What one reading found. Its lines were made good, except the unclear ones."""

    read: int = 0
    """Lines of users' payments and refunds, those that were read before included."""
    payments: list[StarTransaction] = field(default_factory=list)
    """Payments that the ledger did not know."""
    refunds: list[StarTransaction] = field(default_factory=list)
    """Refunds that the ledger did not know."""
    unclear: list[StarTransaction] = field(default_factory=list)
    """Lines that fit nothing: a person has to look."""
    too_young: int = 0
    """Left to the next time."""
    trouble: str | None = None
    """Why the reading ended early, if it did."""

    @property
    def sound(self) -> bool:
        """Whether everything was read and nothing was missing."""
        return not (self.payments or self.refunds or self.unclear or self.trouble)


class Reconciliation:
    """Holds the ledger against Telegram's account. `bot` names the bot whose account it is."""

    def __init__(
        self,
        *,
        bot: str,
        transactions: StarTransactions,
        bookmarks: Bookmarks,
        accounts: StreamReader,
        executor: Executor,
        packages: Packages,
        clock: Clock,
    ) -> None:
        self._name = f"star transactions of {bot}"
        self._transactions = transactions
        self._bookmarks = bookmarks
        self._accounts = accounts
        self._executor = executor
        self._packages = packages
        self._clock = clock

    async def run(self, *, every: timedelta = EVERY) -> None:
        """Reconciles for ever. Several processes that do so at once do no harm."""
        log.info("reconciliation starts")
        try:
            while True:
                await self.reconcile()
                await asyncio.sleep(self._clock.seconds_until(self._clock.now() + every))
        finally:
            log.info("reconciliation ends")

    async def reconcile(
        self, *, grace: timedelta = GRACE, on_page: Callable[[Reconciled], None] | None = None
    ) -> Reconciled:
        """Reads on to the end, and says what was missing. `on_page` is called after each page."""
        report = Reconciled()
        before = await self._bookmarks.read(self._name)
        offset = max(0, before - PAGE)
        while (page := await self._page(offset, report)) is not None:
            if not page and 0 < offset < before:  # another account, or a shorter one: it is read from its beginning
                offset = before = 0
                continue
            settled = await self._take(page, report, grace)
            offset += settled
            await self._bookmarks.keep(self._name, offset)
            if on_page is not None:
                on_page(report)
            if settled < PAGE:
                break
        log.info(
            "stars reconciled",
            read=report.read,
            payments=len(report.payments),
            refunds=len(report.refunds),
            unclear=len(report.unclear),
            trouble=report.trouble,
        )
        return report

    async def _page(self, offset: int, report: Reconciled) -> list[StarTransaction] | None:
        page = await self._transactions.page(offset, PAGE)
        if isinstance(page, StarsUnknown):
            report.trouble = page.message
            return None
        return list(page)

    async def _take(self, page: list[StarTransaction], report: Reconciled, grace: timedelta) -> int:
        """Makes good what is missing, up to the first line that is too young. Returns how many lines that were."""
        old_enough = self._clock.now() - grace
        for number, line in enumerate(page):
            if line.at > old_enough:
                report.too_young += len(page) - number
                return number
            if line.payer is not None:
                report.read += 1
                await self._settle(line, line.payer, report)
            elif line.payload is not None:
                self._unclear(line, "it names no payer", report)
        return len(page)

    async def _settle(self, line: StarTransaction, payer: int, report: Reconciled) -> None:
        try:
            found = await (self._refund(line, payer) if line.refund else self._payment(line, payer))
        except Refusal as refusal:
            self._unclear(line, str(refusal), report)
        except ValidationError as error:
            self._unclear(line, error.errors(include_url=False, include_input=False)[0]["msg"], report)
        else:
            if found:
                missing = report.refunds if line.refund else report.payments
                missing.append(line)
                what = "refund" if line.refund else "payment"
                log.critical("a line was missing", what=what, account=payer, charge=line.id, stars=line.stars)

    async def _payment(self, line: StarTransaction, payer: int) -> bool:
        done = await purchases.receive(
            self._executor,
            self._accounts,
            self._packages,
            payer=payer,
            charge=line.id,
            payload=line.payload,
            stars=line.stars,
            at=line.at,
        )
        return bool(done.changes)

    async def _refund(self, line: StarTransaction, payer: int) -> bool:
        command = RecordPaymentRefund(account=payer, at=line.at, charge=line.id, stars=line.stars)
        return bool((await self._executor.execute(command, attempts_max=None)).changes)

    def _unclear(self, line: StarTransaction, why: str, report: Reconciled) -> None:
        report.unclear.append(line)
        log.critical("a line is unclear", charge=line.id, account=line.payer, refund=line.refund, why=why)
