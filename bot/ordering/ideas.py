"""What the video is to be like: a template, or a prompt of one's own."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import StateFilter
from aiogram.types import CallbackQuery, Message

from bot.buttons import Idea
from bot.desk import Desk
from bot.ordering.asking import ask_prompt, go_on
from bot.ordering.draft import Step, change, is_present, is_whole, message_of, out_of_date, stands_at
from bot.ordering.keyboards import OWN
from bot.ordering.offer import model_of, outlook_of, title_of
from bot.ordering.typed import answer_in, prompt_max_of
from bot.talk import Talk

router = Router(name="ideas")


@router.callback_query(Idea.filter())
async def picked(query: CallbackQuery, callback_data: Idea, talk: Talk, desk: Desk) -> None:
    """A template, or the wish to write oneself."""
    draft, message = talk.conversation.draft, message_of(query)
    asked = is_whole(draft) or stands_at(talk, Step.IDEA, Step.PROMPT)
    if message is None or not asked or not is_present(talk, callback_data.serial):
        return out_of_date(talk)
    if callback_data.template == OWN:
        return ask_prompt(talk, desk, message=message)
    template = desk.templates.get(callback_data.template)
    if template is None:
        return out_of_date(talk)
    change(talk, template=template.id, prompt=None)
    if not is_whole(draft):
        talk.edit(message, "idea-picked", title=title_of(talk, template), outlook=outlook_of(talk, template))
    await go_on(talk, desk, after=Step.IDEA, message=message)
    return None


@router.message(StateFilter(Step.IDEA, Step.PROMPT), F.text, ~F.text.startswith("/"))
async def written(message: Message, talk: Talk, desk: Desk) -> None:
    """A prompt of one's own; asked for, or instead of a template."""
    limit = prompt_max_of(model_of(talk.conversation.draft, desk.catalogue))
    prompt = answer_in(message, talk, limit=limit)
    if prompt is not None:
        change(talk, prompt=prompt, template=None)
        await go_on(talk, desk, after=Step.IDEA)
