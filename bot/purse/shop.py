"""The shop: what there is, what more of it costs, and an invoice for what is picked.

An invoice is named by the message whose button was tapped, the package, and how many of that name were paid, went stale
or had another price before. So ten taps on one button are one invoice.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from aiogram import F, Router
from aiogram.methods import SendInvoice
from aiogram.types import CallbackQuery, LabeledPrice, Message

from bot.buttons import Buy, Go, Place
from bot.desk import Desk
from bot.purse.commands import typed
from bot.purse.screens import button, row, show, with_menu
from bot.talk import Talk
from bot.texts import Language
from domain.invoice import IssueInvoice, NoInvoice, fault_of, payload_of
from domain.packages import Package
from domain.refusals import AccountNotOpen
from processors.purchases import invoice_of

STARS: Final = "XTR"
START_PARAMETER: Final = "buy"
"""What a forwarded invoice leads to, instead of being paid by whoever gets it."""

SENT: Final = "invoices sent"
"""In memory: the latest ones, so that another tap does not send them again."""
SENT_MAX: Final = 8

router = Router(name="shop")


@router.message(typed("balance"))
@router.callback_query(Go.filter(F.place == Place.BALANCE))
async def balance(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """What can be ordered for, what is set aside, and what is owed if anything is."""
    has = await desk.balance(talk.account)
    if has is None:
        raise AccountNotOpen(talk.account)
    lines = [talk.text("balance-available", n=has.available)]
    if has.reserved:
        lines.append(talk.text("balance-reserved", n=has.reserved))
    if has.debt:
        lines.append(talk.text("balance-debt", n=has.debt))
    show(talk, event, "\n".join(lines), with_menu(talk, row(talk, (Place.PACKAGES, Place.HISTORY))))


@router.message(typed("buy"))
@router.callback_query(Go.filter(F.place == Place.PACKAGES))
async def packages(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """Everything for sale."""
    show_packages(event, talk, desk)


def show_packages(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """The packages with their prices, and a button for each."""
    lines, rows = [talk.text("packages")], []
    for package in desk.packages.packages:
        each = price_per_credit(package, talk.language)
        lines.append(talk.text("packages-line", n=package.credits, stars=package.stars, each=each))
        label = {"n": package.credits, "stars": package.stars}
        rows.append([button(talk, "packages-button", Buy(package=package.id), **label)])
    show(talk, event, "\n".join(lines), with_menu(talk, *rows))


def price_per_credit(package: Package, language: Language) -> str:
    """In Stars, to a tenth."""
    each = (Decimal(package.stars) / package.credits).quantize(Decimal("0.1"))
    words = f"{each:f}".removesuffix(".0")
    return words.replace(".", ",") if language is Language.RU else words


class Offer(NamedTuple):
    """An invoice's name, and whether it stands already."""

    invoice: str
    stands: bool


@router.callback_query(Buy.filter())
async def buy(query: CallbackQuery, callback_data: Buy, talk: Talk, desk: Desk) -> None:
    """An invoice for the package; the one that stands, when it can still be paid."""
    package = desk.packages.package(callback_data.package)
    if package is None or query.message is None:
        talk.toast("package-gone")
        return
    offer = await _offer(package, query.message.message_id, talk, desk)
    sent = talk.conversation.memory.get(SENT, [])
    if offer.stands and offer.invoice in sent:
        talk.toast("invoice-below")
        return
    issue = IssueInvoice(
        account=talk.account, at=talk.received_at, invoice=offer.invoice, credits=package.credits, stars=package.stars
    )
    await desk.do(issue, talk)
    talk.send(_invoice(package, offer.invoice, talk))
    talk.conversation.memory[SENT] = [*(name for name in sent if name != offer.invoice), offer.invoice][-SENT_MAX:]


async def _offer(package: Package, message: int, talk: Talk, desk: Desk) -> Offer:
    """The first name, counting up, that is free or can be paid as it stands."""
    number = 0
    while True:
        name = f"b{talk.bot}.{talk.account}.{message}.{package.id}.{number}"
        state = await invoice_of(desk.accounts, talk.account, name)
        if isinstance(state, NoInvoice):
            return Offer(name, stands=False)
        issued = state.invoice
        fault = fault_of(state, owner=talk.account, payer=talk.account, now=talk.received_at)
        if fault is None and (issued.credits, issued.stars) == (package.credits, package.stars):
            return Offer(name, stands=True)
        number += 1


def _invoice(package: Package, name: str, talk: Talk) -> SendInvoice:
    title = package.title_ru if talk.language is Language.RU else package.title_en
    return SendInvoice(
        chat_id=talk.account,
        title=title,
        description=talk.plain("invoice-about", n=package.credits),
        payload=payload_of(talk.account, name),
        provider_token="",
        currency=STARS,
        prices=[LabeledPrice(label=title, amount=package.stars)],
        start_parameter=START_PARAMETER,
    )
