"""Confirming a card: its order is placed, once, however often and from how many taps it is confirmed.

The card becomes the order's status message. Cards of earlier drafts order nothing.
"""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.buttons import Cancel, Confirm, Discard, Place, order_id
from bot.desk import Desk
from bot.ordering.card import show_card
from bot.ordering.changes import offer_models
from bot.ordering.draft import LAST_ORDER, OLD_CARD, forget, is_present, is_whole, message_of, out_of_date
from bot.ordering.keyboards import button, keyboard
from bot.ordering.offer import is_offered, length_of, model_of, ratio_of
from bot.refusals import button_to
from bot.talk import Talk
from domain.order import PlaceOrder
from domain.refusals import AccountInDebt, InsufficientCredits, SameIdOtherContent

router = Router(name="confirming")


@router.callback_query(Confirm.filter())
async def confirm(query: CallbackQuery, callback_data: Confirm, talk: Talk, desk: Desk) -> None:
    """Orders what the card shows. Raises AccountNotOpen, AccountInDebt, InsufficientCredits: the card stays then."""
    draft, message = talk.conversation.draft, message_of(query)
    if message is None:
        return out_of_date(talk)
    order = order_id(bot=talk.bot, chat=talk.account, message=message)
    if not is_present(talk, callback_data.serial) or not is_whole(draft):
        return await _old_card(talk, desk, order)
    # An order that was placed before a crash stays placed, though its model may not be on offer any more.
    if not await is_offered(desk, draft.model) and not await desk.orders.standing(talk.account, order):
        entry = desk.catalogue.entry(draft.model or "")
        return await offer_models(talk, desk, message=message, gone="-" if entry is None else entry.name)
    command = _command(talk, desk, order)
    try:
        await desk.do(command, talk)
    except SameIdOtherContent:  # the message is the card of another order, and became its status long ago
        return talk.toast("order-already-accepted")
    except (InsufficientCredits, AccountInDebt):  # until it is paid the card may come again further below
        talk.conversation.memory[OLD_CARD] = message
        raise
    _accept(talk, command, message=message)
    return None


@router.callback_query(Discard.filter())
async def discard(query: CallbackQuery, callback_data: Discard, talk: Talk) -> None:
    """Forgets the draft."""
    message = message_of(query)
    if message is None or not is_present(talk, callback_data.serial):
        return out_of_date(talk)
    forget(talk)
    talk.edit(message, "draft-forgotten", _onwards(talk))
    return None


@router.message(Command("cancel", ignore_mention=True), F.text)
async def cancel(_: Message, talk: Talk) -> None:
    """Forgets the draft, whatever was being asked for."""
    had_one = talk.conversation.draft.photo is not None
    forget(talk)
    talk.say("draft-forgotten" if had_one else "draft-none", _onwards(talk))


async def _old_card(talk: Talk, desk: Desk, order: str) -> None:
    if await desk.orders.standing(talk.account, order):
        return talk.toast("order-already-accepted")
    out_of_date(talk)
    if is_whole(talk.conversation.draft):
        await show_card(talk, desk)
    return None


def _command(talk: Talk, desk: Desk, order: str) -> PlaceOrder:
    draft = talk.conversation.draft
    model = model_of(draft, desk.catalogue)
    assert draft.photo is not None
    assert draft.count is not None
    return PlaceOrder(
        account=talk.account,
        at=talk.received_at,
        order=order,
        count=draft.count,
        model=model.id,
        price=model.price,
        template=draft.template,
        photo=draft.photo,
        prompt=draft.prompt,
        product_text=draft.product_text,
        wishes=draft.wishes,
        aspect_ratio=ratio_of(draft, model),
        duration_s=length_of(draft, model),
    )


def _accept(talk: Talk, placed: PlaceOrder, *, message: int) -> None:
    cancelling = keyboard([button(talk, "order-cancel-button", Cancel(order=placed.order))])
    talk.edit(message, "order-accepted", cancelling, count=placed.count, n=placed.count * placed.price)
    talk.conversation.memory[LAST_ORDER] = placed.order
    forget(talk)
    talk.toast("order-accepted-toast")


def _onwards(talk: Talk) -> InlineKeyboardMarkup | None:
    return keyboard([button_to(talk, Place.NEW)], [button_to(talk, Place.MENU)])
