"""The draft in hand: what its person is asked for, and which buttons still belong to it.

The step is kept twice: as aiogram's state, which the filters of typed answers ask for, and in memory, so that the
buttons of an order go on working when another dialogue has had the state in between.
"""

from __future__ import annotations

from typing import Any, Final

from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery

from bot.conversation import Draft
from bot.talk import Talk


class Step(StatesGroup):
    """What the person is asked for. CARD: for nothing more, the confirmation card is there."""

    PHOTO = State()
    IDEA = State()
    PROMPT = State()
    PRODUCT = State()
    WISHES = State()
    COUNT = State()
    CARD = State()


STEP: Final = "order_step"
OLD_CARD: Final = "order_card"
"""The message of the card that is being changed. When the next card is another message, this one says so."""

RENEWED: Final = "order_card_renewed"
"""The message of the card that was shown anew in its own place, as the offer had changed since."""

LAST_ORDER: Final = "last_order"
"""The id of the order that was placed last. The view that knows all of them may lag behind."""


def stand_at(talk: Talk, step: State) -> None:
    """Takes the person to the step."""
    talk.conversation.state = step.state
    talk.conversation.memory[STEP] = step.state


def stands_at(talk: Talk, *steps: State) -> bool:
    """Whether the person is asked for one of these, whatever else was talked about since."""
    return talk.conversation.memory.get(STEP) in {step.state for step in steps}


def begin(talk: Talk, **fields: Any) -> None:
    """A new draft of these fields. All buttons of the one before are out of date."""
    talk.conversation.draft = Draft(serial=talk.conversation.draft.serial + 1, **fields)
    for card in (OLD_CARD, RENEWED):
        talk.conversation.memory.pop(card, None)


def forget(talk: Talk) -> None:
    """No draft, and nothing is asked for."""
    begin(talk)
    talk.conversation.state = None
    talk.conversation.memory.pop(STEP, None)


def change(talk: Talk, **fields: Any) -> None:
    """Changes these fields of the draft."""
    talk.conversation.draft = talk.conversation.draft.model_copy(update=fields)


def is_present(talk: Talk, serial: int) -> bool:
    """Whether a button of that serial belongs to the draft as it is now."""
    return talk.conversation.draft.photo is not None and talk.conversation.draft.serial == serial


def is_whole(draft: Draft) -> bool:
    """Whether everything was said, so that there is a card."""
    return draft.photo is not None and draft.count is not None


def message_of(query: CallbackQuery) -> int | None:
    """The message whose button was tapped; None when the messenger does not tell."""
    return None if query.message is None else query.message.message_id


def out_of_date(talk: Talk) -> None:
    """Answers a button that does nothing any more."""
    talk.toast("out-of-date")
