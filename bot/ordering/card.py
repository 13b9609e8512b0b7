"""The confirmation card: everything that would be ordered, each part to be changed, and what it costs."""

from __future__ import annotations

from typing import Final

from aiogram.types import InlineKeyboardMarkup

from bot.buttons import Change, Confirm, Discard, Part, Place
from bot.conversation import Draft
from bot.desk import Desk
from bot.ordering.draft import OLD_CARD, RENEWED, Step, change, stand_at
from bot.ordering.keyboards import button, keyboard
from bot.ordering.offer import balance_of, length_of, model_of, open_models, outlook_of, ratio_of, title_of
from bot.refusals import button_to
from bot.talk import Talk
from domain.catalogue import Model
from domain.shown import Balance

SHOWN_MAX: Final = 300
"""Characters of each of the person's texts."""


async def show_card(talk: Talk, desk: Desk, *, message: int | None = None, said: str | None = None) -> None:
    """Shows the draft, in that message or in a new one, below what was `said`.

    Only this card's buttons work from now on, and they order what it shows of the offer or nothing.
    Raises AccountNotOpen, UnknownModel.
    """
    draft = talk.conversation.draft
    model = model_of(draft, desk.catalogue)
    balance = await balance_of(talk, desk)
    paused = await desk.offers.is_off(model.id)
    offer = {"price": model.price, "aspect_ratio": ratio_of(draft, model), "duration_s": length_of(draft, model)}
    change(talk, serial=draft.serial + 1, model=model.id, **offer)
    stand_at(talk, Step.CARD)
    talk.conversation.memory.pop(RENEWED, None)
    old = talk.conversation.memory.pop(OLD_CARD, None)
    if old is not None and old != message:
        talk.edit(old, "card-replaced")
    html = "\n\n".join(filter(None, (said, _text(talk, desk, model, balance, paused=paused))))
    buttons = _buttons(talk, desk, model, short=_total(talk, model) > balance.available)
    if message is None:
        talk.say_text(html, buttons)
    else:
        talk.edit_text(message, html, buttons)


def shortened(text: str) -> str:
    """So much of a person's text as a card shows."""
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1].rstrip() + "…"


def _total(talk: Talk, model: Model) -> int:
    return (talk.conversation.draft.count or 1) * model.price


def _text(talk: Talk, desk: Desk, model: Model, balance: Balance, *, paused: bool) -> str:
    draft = talk.conversation.draft
    total = _total(talk, model)
    sections = [
        talk.text("card-title"),
        "\n".join((*_idea(talk, desk, draft), _words(talk, "product"), _words(talk, "wishes"))),
        "\n".join(_video(talk, draft, model, paused=paused)),
        talk.text("card-price", count=draft.count or 1, each=model.price, n=total),
        _balance_after(talk, balance, total=total),
        talk.text("card-money"),
    ]
    return "\n\n".join(sections)


def _idea(talk: Talk, desk: Desk, draft: Draft) -> list[str]:
    lines = []
    template = desk.templates.get(draft.template or "")
    if template is not None:
        title, outlook = title_of(talk, template), shortened(outlook_of(talk, template))
        lines.append(talk.text("card-idea", title=title, outlook=outlook))
    if draft.prompt is not None:
        lines.append(talk.text("card-prompt", text=shortened(draft.prompt)))
    return lines or [talk.text("card-no-idea")]


def _words(talk: Talk, part: str) -> str:
    said = talk.conversation.draft.product_text if part == "product" else talk.conversation.draft.wishes
    return talk.text(f"card-no-{part}") if said is None else talk.text(f"card-{part}", text=shortened(said))


def _video(talk: Talk, draft: Draft, model: Model, *, paused: bool) -> list[str]:
    ratio = ratio_of(draft, model)
    lines = [
        talk.text("card-model", name=model.name),
        talk.text("card-ratio-of-photo") if ratio is None else talk.text("card-ratio", ratio=ratio),
        talk.text("card-length", seconds=length_of(draft, model)),
    ]
    return [*lines, talk.text("card-model-off")] if paused else lines


def _balance_after(talk: Talk, balance: Balance, *, total: int) -> str:
    if balance.debt:
        return talk.text("card-debt", n=balance.debt)
    if balance.available < total:
        return talk.text("card-short", n=total - balance.available)
    return talk.text("card-left", left=balance.available - total)


def _buttons(talk: Talk, desk: Desk, model: Model, *, short: bool) -> InlineKeyboardMarkup | None:
    serial = talk.conversation.draft.serial
    choices = [Part.MODEL] if len(open_models(desk.catalogue)) > 1 else []
    choices += [Part.RATIO] if len(model.aspect_ratios) > 1 else []
    choices += [Part.LENGTH] if len(model.durations) > 1 else []
    changes = [
        [button(talk, f"change-{part}", Change(part=part, serial=serial)) for part in parts]
        for parts in ([Part.PHOTO, Part.IDEA], [Part.PRODUCT, Part.WISHES], choices, [Part.COUNT])
    ]
    return keyboard(
        [button(talk, "confirm-button", Confirm(serial=serial), n=_total(talk, model))],
        [button_to(talk, Place.PACKAGES)] if short else [],
        *changes,
        [button(talk, "discard-button", Discard(serial=serial))],
    )
