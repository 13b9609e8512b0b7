"""What is typed as an answer: cleaned, and refused in words when it is nothing, too long, or a piece of a longer text.

A message holds 4,096 UTF-16 units. Of a longer text the messenger's programs make several and send them at once: they
part it in the last 300 units on a phone, and at a paragraph's end in the second half on a desktop.
"""

from __future__ import annotations

from typing import Final

from aiogram.types import Message

from bot.talk import Talk
from domain.catalogue import Model
from domain.script import cleaned

TYPED_MAX: Final = 3500
"""Characters that are asked for at most, so that they fit into one message."""

CUT_UNITS: Final = 4096 - 300
"""A text of so many UTF-16 units has probably lost its end to the next message."""

PIECE_UNITS: Final = 4096 // 2
"""The first piece of a longer text has more than so many UTF-16 units."""

REST_WITHIN_S: Final = 2
"""The messenger dates messages to the second. Nobody reads a question and answers it in so little time."""

PIECE_AT: Final = "piece_at"
"""In memory: the Unix time of the latest text that may be the beginning of a longer one."""


def prompt_max_of(model: Model) -> int:
    """Characters of a prompt of one's own: what the model takes and a message holds."""
    return min(model.prompt_max, TYPED_MAX)


def answer_in(message: Message, talk: Talk, *, limit: int) -> str | None:
    """The text of at most so many characters; None when there is none, and the person hears why."""
    text = message.text or ""
    answer, units = cleaned(text), len(text.encode("utf-16-le")) // 2
    is_rest = _is_rest(message, talk, units)
    if units >= CUT_UNITS:
        talk.say("text-cut", limit=limit)
    elif is_rest:
        talk.say("text-rest")
    elif not answer:
        talk.say("text-wanted")
    elif len(answer) > limit:
        talk.say("words-too-long", over=len(answer) - limit, limit=limit)
    else:
        return answer
    return None


def _is_rest(message: Message, talk: Talk, units: int) -> bool:
    """Whether it came right behind what may be its beginning. From now on it may be one itself."""
    sent_at, piece_at = int(message.date.timestamp()), talk.conversation.memory.pop(PIECE_AT, None)
    if units > PIECE_UNITS:
        talk.conversation.memory[PIECE_AT] = sent_at
    return piece_at is not None and 0 <= sent_at - piece_at <= REST_WITHIN_S
