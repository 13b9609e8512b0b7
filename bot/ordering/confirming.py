"""Confirming a card: its order is placed, once, however often and from how many taps it is confirmed.

The card becomes the order's status message. Cards of earlier drafts order nothing.
"""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.buttons import Cancel, Confirm, Discard, Place, order_id
from bot.conversation import Draft
from bot.desk import Desk
from bot.ordering.asking import ask_photo
from bot.ordering.card import show_card
from bot.ordering.changes import offer_models
from bot.ordering.draft import (
    LAST_ORDER,
    OLD_CARD,
    RENEWED,
    change,
    forget,
    is_present,
    is_whole,
    message_of,
    out_of_date,
)
from bot.ordering.keyboards import button, keyboard
from bot.ordering.offer import is_as_shown, is_offered, model_of
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
        return await _old_card(talk, desk, order, message=message)
    # An order that was placed before a crash stays placed, whatever is on offer by now.
    if not await _is_to_be_had(draft, desk) and not await desk.orders.standing(talk.account, order):
        return await _renew(talk, desk, message=message)
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
    had_one = talk.conversation.draft.is_begun
    forget(talk)
    talk.say("draft-forgotten" if had_one else "draft-none", _onwards(talk))


async def _is_to_be_had(draft: Draft, desk: Desk) -> bool:
    """Whether it is all as the card shows it."""
    offered = await is_offered(desk, draft.model) and is_as_shown(draft, model_of(draft, desk.catalogue))
    return offered and await desk.photos.is_kept(draft.photo or "")


async def _renew(talk: Talk, desk: Desk, *, message: int) -> None:
    """Shows in the card's place what can be had instead, or asks for what is missing. Nothing is ordered."""
    draft = talk.conversation.draft
    if not await is_offered(desk, draft.model):
        entry = desk.catalogue.entry(draft.model or "")
        return await offer_models(talk, desk, message=message, gone="-" if entry is None else entry.name)
    if not await desk.photos.is_kept(draft.photo or ""):
        change(talk, photo=None)
        return ask_photo(talk, message=message)
    price = model_of(draft, desk.catalogue).price
    if draft.price is None or draft.price == price:
        said = talk.text("card-offer-changed")
    else:
        said = talk.text("card-price-changed", was=draft.price, n=price)
    await show_card(talk, desk, message=message, said=said)
    talk.conversation.memory[RENEWED] = message
    talk.toast("card-changed-toast", alert=True)
    return None


async def _old_card(talk: Talk, desk: Desk, order: str, *, message: int) -> None:
    if await desk.orders.standing(talk.account, order):
        return talk.toast("order-already-accepted")
    if talk.conversation.memory.get(RENEWED) == message:  # tapped twice, before the new card was there to be read
        return talk.toast("card-changed-toast", alert=True)
    out_of_date(talk)
    if is_whole(talk.conversation.draft):
        await show_card(talk, desk)
    return None


def _command(talk: Talk, desk: Desk, order: str) -> PlaceOrder:
    draft = talk.conversation.draft
    assert draft.photo is not None
    assert draft.count is not None
    assert draft.model is not None
    return PlaceOrder(
        account=talk.account,
        at=talk.received_at,
        order=order,
        count=draft.count,
        model=draft.model,
        price=draft.price or model_of(draft, desk.catalogue).price,
        template=draft.template,
        photo=draft.photo,
        prompt=draft.prompt,
        product_text=draft.product_text,
        wishes=draft.wishes,
        aspect_ratio=draft.aspect_ratio,
        duration_s=draft.duration_s,
    )


def _accept(talk: Talk, placed: PlaceOrder, *, message: int) -> None:
    cancelling = keyboard([button(talk, "order-cancel-button", Cancel(order=placed.order))])
    talk.edit(message, "order-accepted", cancelling, count=placed.count, n=placed.count * placed.price)
    talk.conversation.memory[LAST_ORDER] = placed.order
    forget(talk)
    talk.toast("order-accepted-toast")


def _onwards(talk: Talk) -> InlineKeyboardMarkup | None:
    return keyboard([button_to(talk, Place.NEW)], [button_to(talk, Place.MENU)])
