"""What the catalogue offers for a draft: its model, format, length and price. Prices in whole credits."""

from __future__ import annotations

from typing import Final

from bot.conversation import Draft
from bot.desk import Desk
from bot.talk import Talk
from bot.texts import Language
from domain.catalogue import Catalogue, Model
from domain.refusals import AccountInDebt, AccountNotOpen, InsufficientCredits, UnknownModel
from domain.shown import Balance
from domain.templates import Template

COUNTS: Final = (1, 3, 5)
"""So many videos can be ordered at once."""


def open_models(catalogue: Catalogue) -> list[Model]:
    """What can be chosen. Raises UnknownModel when everything is closed."""
    models = [model for model in catalogue.models if model.open]
    if not models:
        raise UnknownModel("any")
    return models


def model_of(draft: Draft, catalogue: Catalogue) -> Model:
    """The draft's model, or the first one when it has none or it is closed by now."""
    models = open_models(catalogue)
    return next((model for model in models if model.id == draft.model), models[0])


def ratio_of(draft: Draft, model: Model) -> str | None:
    """The video's aspect ratio; None: the photo's."""
    if draft.aspect_ratio in model.aspect_ratios:
        return draft.aspect_ratio
    return model.aspect_ratios[0] if model.aspect_ratios else None


def length_of(draft: Draft, model: Model) -> int:
    """The video's length, in seconds."""
    return draft.duration_s if draft.duration_s in model.durations else model.durations[0]


def is_as_shown(draft: Draft, model: Model) -> bool:
    """Whether the model is still what the draft's card shows. False for a card whose price was not kept."""
    shown = (draft.price, draft.aspect_ratio, draft.duration_s)
    return shown == (model.price, ratio_of(draft, model), length_of(draft, model))


async def first_model(desk: Desk) -> Model:
    """What a new draft begins with: the first model that can be had now."""
    models = open_models(desk.catalogue)
    for model in models:
        if not await desk.offers.is_off(model.id):
            return model
    return models[0]


async def is_offered(desk: Desk, model_id: str | None) -> bool:
    """Whether that model can be had now."""
    entry = None if model_id is None else desk.catalogue.entry(model_id)
    return entry is not None and entry.open and not await desk.offers.is_off(entry.id)


async def balance_of(talk: Talk, desk: Desk) -> Balance:
    """The person's credits. Raises AccountNotOpen."""
    balance = await desk.balance(talk.account)
    if balance is None:
        raise AccountNotOpen(talk.account)
    return balance


def affordable(balance: Balance, *, asked: int) -> None:
    """Returns when there are credits enough. Raises AccountInDebt, InsufficientCredits."""
    if balance.debt:
        raise AccountInDebt(balance.debt)
    if balance.available < asked:
        raise InsufficientCredits(available=balance.available, asked=asked)


def title_of(talk: Talk, template: Template) -> str:
    """What the template is called."""
    return template.title_ru if talk.language is Language.RU else template.title_en


def outlook_of(talk: Talk, template: Template) -> str:
    """What a video of the template may be like."""
    return template.example_ru if talk.language is Language.RU else template.example_en
