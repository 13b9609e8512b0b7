"""The history: every credit operation of an account, newest first, a page at a time, in words that need no glossary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.buttons import Go, HistoryAfter, Place
from bot.desk import Desk
from bot.purse.commands import typed
from bot.purse.opening import WELCOME
from bot.purse.screens import button, show, with_menu
from bot.talk import Talk
from domain.failures import FailureClass
from domain.shown import Line

PAGE: Final = 10

GIFT_OF_A_CODE: Final = "promo."
GIFT_OF_A_FRIEND: Final = "referral."
PAYMENT_REFUNDED: Final = "payment refunded"
CANCELLED: Final = "cancelled"
AGAINST_THE_RULES: Final = f"failed: {FailureClass.USER_VIOLATION}"

router = Router(name="history")


class Told(NamedTuple):
    """A line in words: the key of its text and what goes into it, and -1, 0 or 1 for what it does to `available`."""

    sign: int
    key: str
    values: Mapping[str, str] = {}


@router.message(typed("history"))
@router.callback_query(Go.filter(F.place == Place.HISTORY))
async def newest(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """The newest page."""
    await _page(event, talk, desk, below=None)


@router.callback_query(HistoryAfter.filter())
async def older(query: CallbackQuery, callback_data: HistoryAfter, talk: Talk, desk: Desk) -> None:
    """An older page."""
    await _page(query, talk, desk, below=callback_data.before)


async def _page(event: Message | CallbackQuery, talk: Talk, desk: Desk, *, below: int | None) -> None:
    found = await desk.screens.lines(talk.account, below=below, limit=PAGE + 1)
    lines, turns = found[:PAGE], []
    if below is not None:
        turns.append(button(talk, "history-newest", Go(place=Place.HISTORY)))
    if len(found) > PAGE:
        turns.append(button(talk, "history-older", HistoryAfter(before=lines[-1].version)))
    text = [talk.text("history"), *(line_in_words(line, talk) for line in lines)]
    if not lines:
        text.append(talk.text("history-none"))
    show(talk, event, "\n\n".join(text), with_menu(talk, *([turns] if turns else [])))


def line_in_words(line: Line, talk: Talk) -> str:
    """When, how much, why, and what there was after it; as HTML."""
    told = TOLD[line.type](line)
    change = f"{'+' if told.sign > 0 else '−'}{line.amount}" if told.sign else "0"
    after = talk.text("history-after", n=line.available)
    if line.debt:
        after += talk.text("history-debt", n=line.debt)
    return f"{line.recorded_at:%d.%m.%y}  <b>{change}</b>  {talk.text(told.key, **told.values)}\n{after}"


def _granted(line: Line) -> Told:
    if line.subject == WELCOME:
        return Told(1, "history-welcome")
    if line.subject.startswith(GIFT_OF_A_CODE):
        return Told(1, "history-promo", {"code": line.subject.removeprefix(GIFT_OF_A_CODE)})
    return Told(1, "history-referral" if line.subject.startswith(GIFT_OF_A_FRIEND) else "history-gift")


def _refunded(line: Line) -> Told:
    if line.reason == CANCELLED:
        return Told(1, "history-cancelled", _video(line))
    key = "history-refunded-rules" if line.reason == AGAINST_THE_RULES else "history-refunded"
    return Told(1, key, _video(line))


def _revoked(line: Line) -> Told:
    if line.subject.startswith(GIFT_OF_A_FRIEND):
        return Told(-1, "history-referral-undone")
    return Told(-1, "history-payment-refunded" if line.reason.startswith(PAYMENT_REFUNDED) else "history-revoked")


def _video(line: Line) -> Mapping[str, str]:
    """Which video it is: its order's number and its own, as the ids of orders and jobs end."""
    order, _, index = line.subject.rpartition(".")
    return {"order": order.rpartition(".")[2], "video": str(int(index) + 1) if index.isdecimal() else index}


TOLD: Final[Mapping[str, Callable[[Line], Told]]] = {
    "CreditsGranted": _granted,
    "CreditsPurchased": lambda _: Told(1, "history-purchased"),
    "CreditReserved": lambda line: Told(-1, "history-reserved", _video(line)),
    "CreditCaptured": lambda line: Told(0, "history-captured", _video(line)),
    "CreditRefunded": _refunded,
    "CreditsRevoked": _revoked,
    "CreditsExpired": lambda _: Told(-1, "history-expired"),
}
"""By the event's name. An opening is no line."""
