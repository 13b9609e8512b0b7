"""The number of videos, and every change that the card offers."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import StateFilter
from aiogram.types import CallbackQuery, Message

from bot.buttons import Change, Choose, Go, Part, Place
from bot.desk import Desk
from bot.ordering import keyboards
from bot.ordering.asking import ask_again, ask_count, ask_idea, ask_photo, ask_words
from bot.ordering.card import show_card
from bot.ordering.draft import OLD_CARD, Step, change, is_present, is_whole, message_of, out_of_date, stands_at
from bot.ordering.keyboards import KEEP
from bot.ordering.offer import COUNTS, affordable, balance_of, length_of, model_of, open_models, ratio_of
from bot.talk import Talk

router = Router(name="changes")


@router.callback_query(Go.filter(F.place == Place.ORDER))
async def go_order(_: CallbackQuery, talk: Talk, desk: Desk) -> None:
    """The card, or the question that is open: where other things came in between it is far above."""
    await ask_again(talk, desk)


@router.callback_query(Change.filter())
async def asked(query: CallbackQuery, callback_data: Change, talk: Talk, desk: Desk) -> None:
    """A part is to be changed: choices are shown in the card's place, what is typed or sent is asked for anew."""
    part, message = callback_data.part, message_of(query)
    draft = talk.conversation.draft
    back_to_ideas = part is Part.IDEA and stands_at(talk, Step.IDEA, Step.PROMPT)
    if message is None or not is_present(talk, callback_data.serial) or not (is_whole(draft) or back_to_ideas):
        return out_of_date(talk)
    if is_whole(draft):
        talk.conversation.memory.setdefault(OLD_CARD, message)
    model = model_of(draft, desk.catalogue)
    match part:
        case Part.PHOTO | Part.PRODUCT | Part.WISHES:
            ask_photo(talk) if part is Part.PHOTO else ask_words(talk, part)
        case Part.IDEA:
            ask_idea(talk, desk, message=message)
        case Part.MODEL:
            await offer_models(talk, desk, message=message)
        case Part.RATIO:
            talk.edit(message, "ratio-ask", keyboards.ratios(talk, model, present=ratio_of(draft, model)))
        case Part.LENGTH:
            talk.edit(message, "length-ask", keyboards.lengths(talk, model, present=length_of(draft, model)))
        case Part.COUNT:
            await ask_count(talk, desk, message=message)
    return None


@router.callback_query(Choose.filter(F.value == KEEP))
async def kept(query: CallbackQuery, callback_data: Choose, talk: Talk, desk: Desk) -> None:
    """The part stays as it is."""
    message = message_of(query)
    if message is None or not is_present(talk, callback_data.serial) or not is_whole(talk.conversation.draft):
        return out_of_date(talk)
    await show_card(talk, desk, message=message)
    return None


@router.callback_query(Choose.filter(F.part == Part.COUNT))
async def count_chosen(query: CallbackQuery, callback_data: Choose, talk: Talk, desk: Desk) -> None:
    """So many videos."""
    message = message_of(query)
    asked_for = is_whole(talk.conversation.draft) or stands_at(talk, Step.COUNT)
    known = callback_data.value in map(str, COUNTS)
    if message is None or not (known and asked_for and is_present(talk, callback_data.serial)):
        return out_of_date(talk)
    await _order_so_many(talk, desk, int(callback_data.value), message=message)
    return None


@router.callback_query(Choose.filter())
async def chosen(query: CallbackQuery, callback_data: Choose, talk: Talk, desk: Desk) -> None:
    """Another model, format or length."""
    draft, message, value = talk.conversation.draft, message_of(query), callback_data.value
    if message is None or not is_present(talk, callback_data.serial) or not is_whole(draft):
        return out_of_date(talk)
    model = model_of(draft, desk.catalogue)
    ratio = value.replace("x", ":")
    match callback_data.part:
        case Part.MODEL:
            return await _take_model(talk, desk, value, message=message)
        case Part.RATIO if ratio in model.aspect_ratios:
            change(talk, aspect_ratio=ratio)
        case Part.LENGTH if value in map(str, model.durations):
            change(talk, duration_s=int(value))
        case _:
            return out_of_date(talk)
    await show_card(talk, desk, message=message)
    return None


@router.message(StateFilter(Step.COUNT), F.text, ~F.text.startswith("/"))
async def count_written(message: Message, talk: Talk, desk: Desk) -> None:
    """The number, typed."""
    text = (message.text or "").strip()
    if text in map(str, COUNTS):
        await _order_so_many(talk, desk, int(text))
    else:
        await ask_count(talk, desk, said=talk.text("count-press"))


@router.message(StateFilter(Step.CARD), F.text, ~F.text.startswith("/"))
async def words_at_card(_: Message, talk: Talk, desk: Desk) -> None:
    """A text where nothing is asked for: what can be done stands on the card."""
    talk.say("card-press")
    await show_card(talk, desk)


async def offer_models(talk: Talk, desk: Desk, *, message: int, gone: str | None = None) -> None:
    """Shows the models in that message; `gone` is one that was wanted and cannot be had now."""
    models = open_models(desk.catalogue)
    off = [model.id for model in models if await desk.offers.is_off(model.id)]
    buttons = keyboards.models(talk, models, off=off)
    if gone is None:
        talk.edit(message, "model-ask", buttons)
    else:
        talk.edit(message, "model-gone", buttons, name=gone)


async def _order_so_many(talk: Talk, desk: Desk, count: int, *, message: int | None = None) -> None:
    """Raises AccountNotOpen, AccountInDebt, InsufficientCredits; the question stays then."""
    price = model_of(talk.conversation.draft, desk.catalogue).price
    affordable(await balance_of(talk, desk), asked=count * price)
    change(talk, count=count)
    await show_card(talk, desk, message=message)


async def _take_model(talk: Talk, desk: Desk, model_id: str, *, message: int) -> None:
    """Makes it the draft's model, with the format and length that it shares with the one before, or its first."""
    draft = talk.conversation.draft
    entry = desk.catalogue.entry(model_id)
    if entry is None:
        return out_of_date(talk)
    if not entry.open or await desk.offers.is_off(entry.id):
        talk.toast("model-gone-toast", alert=True, name=entry.name)
        return await offer_models(talk, desk, message=message)
    if draft.prompt is not None and len(draft.prompt) > entry.prompt_max:
        over = len(draft.prompt) - entry.prompt_max
        return talk.toast("model-prompt-too-long", alert=True, name=entry.name, limit=entry.prompt_max, over=over)
    change(talk, model=entry.id, aspect_ratio=ratio_of(draft, entry), duration_s=length_of(draft, entry))
    await show_card(talk, desk, message=message)
    return None
