"""The questions of an order, one after another, and the way on from an answer.

While the card has not been reached the next question follows; afterwards every answer leads back to the card.
"""

from __future__ import annotations

from typing import Final

from aiogram.fsm.state import State

from bot.buttons import Change, Part, Skip
from bot.desk import Desk
from bot.ordering import keyboards
from bot.ordering.card import shortened, show_card
from bot.ordering.draft import Step, is_whole, stand_at, stands_at
from bot.ordering.keyboards import button, keep, keyboard
from bot.ordering.offer import balance_of, model_of
from bot.ordering.typed import prompt_max_of
from bot.talk import Talk
from domain.photo import PhotoLimits

TEXT_MAX: Final = 1000
"""Characters of what is said about the product, and of the wishes."""

ASKED: Final = {Part.PRODUCT: Step.PRODUCT, Part.WISHES: Step.WISHES}
"""The parts that are typed and may be left out."""

MEBIBYTE: Final = 1024 * 1024


def ask_photo(talk: Talk, key: str = "photo-ask", *, message: int | None = None, said: str | None = None) -> None:
    """Asks for a photo, in that message or in a new one that begins with what was `said`.

    For another one when there is a card, for the same or another one when its file is there no more.
    """
    stand_at(talk, Step.PHOTO)
    draft = talk.conversation.draft
    key = "photo-another" if is_whole(draft) else "photo-gone" if draft.lacks_photo else key
    question = talk.text(key, size_max=PhotoLimits().size_bytes_max // MEBIBYTE)
    if message is not None:
        talk.edit_text(message, question, keyboard(keep(talk, Part.PHOTO)))
    else:
        talk.say_text("\n\n".join(filter(None, (said, question))), keyboard(keep(talk, Part.PHOTO)))


def ask_idea(talk: Talk, desk: Desk, *, message: int | None = None, said: str | None = None) -> None:
    """Asks what the video is to be like, in that message or in a new one that begins with what was `said`."""
    stand_at(talk, Step.IDEA)
    if message is not None:
        talk.edit(message, "idea-ask", keyboards.ideas(talk, desk))
    else:
        talk.say_text("\n\n".join(filter(None, (said, talk.text("idea-ask")))), keyboards.ideas(talk, desk))


def ask_prompt(talk: Talk, desk: Desk, *, message: int) -> None:
    """Asks for a prompt of one's own, in the message that offered it."""
    stand_at(talk, Step.PROMPT)
    draft = talk.conversation.draft
    limit = prompt_max_of(model_of(draft, desk.catalogue))
    back = [button(talk, "idea-back-button", Change(part=Part.IDEA, serial=draft.serial))]
    talk.edit(message, "idea-own-ask", keyboard(back, keep(talk, Part.IDEA)), limit=limit)


def ask_words(talk: Talk, part: Part) -> None:
    """Asks about the product or for wishes; shows what was said before, to be changed."""
    stand_at(talk, ASKED[part])
    draft = talk.conversation.draft
    said = draft.product_text if part is Part.PRODUCT else draft.wishes
    if said is None:
        skip = [] if is_whole(draft) else [button(talk, "skip-button", Skip(part=part, serial=draft.serial))]
        talk.say(f"{part}-ask", keyboard(skip, keep(talk, part)), limit=TEXT_MAX)
    else:
        remove = [button(talk, "remove-button", Skip(part=part, serial=draft.serial))]
        talk.say(f"{part}-change", keyboard(remove, keep(talk, part)), text=shortened(said), limit=TEXT_MAX)


async def ask_count(talk: Talk, desk: Desk, *, message: int | None = None, said: str | None = None) -> None:
    """Asks how many, in that message or in a new one that begins with what was `said`. Raises AccountNotOpen."""
    stand_at(talk, Step.COUNT)
    model = model_of(talk.conversation.draft, desk.catalogue)
    balance = await balance_of(talk, desk)
    question = talk.text("count-ask", n=model.price, name=model.name, available=balance.available)
    buttons = keyboards.counts(talk, model, available=balance.available)
    if message is not None:
        talk.edit_text(message, question, buttons)
    else:
        talk.say_text("\n\n".join(filter(None, (said, question))), buttons)


async def go_on(talk: Talk, desk: Desk, *, after: State, message: int | None = None) -> None:
    """What follows on an answer: the card, in that message or in a new one, or the next question."""
    draft = talk.conversation.draft
    if is_whole(draft):
        await show_card(talk, desk, message=message)
    elif after is Step.IDEA and draft.product_text is None:
        ask_words(talk, Part.PRODUCT)
    elif after in (Step.IDEA, Step.PRODUCT):
        ask_words(talk, Part.WISHES)
    else:
        await ask_count(talk, desk)


async def ask_again(talk: Talk, desk: Desk) -> None:
    """Asks once more for what the person was asked for before something else came in between."""
    draft = talk.conversation.draft
    if draft.photo is None:
        ask_photo(talk, "photo-first")
    elif is_whole(draft):
        await show_card(talk, desk)
    elif stands_at(talk, Step.PRODUCT):
        ask_words(talk, Part.PRODUCT)
    elif stands_at(talk, Step.WISHES):
        ask_words(talk, Part.WISHES)
    elif stands_at(talk, Step.COUNT):
        await ask_count(talk, desk)
    else:
        ask_idea(talk, desk)
