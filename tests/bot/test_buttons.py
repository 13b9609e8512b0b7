"""Every button that there is has a handler of its own, and what it says when tapped fits."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any, Final

import pytest
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery as Tap
from aiogram.types import Chat, Message, User

from app.catalogue import packaged_catalogue
from app.packages import packaged_packages
from app.templates import packaged_templates
from bot import buttons
from bot.ordering.draft import Step
from bot.ordering.keyboards import KEEP, OWN
from bot.ordering.router import router as ordering
from bot.purse.router import catch_all
from bot.purse.router import router as purse
from bot.texts import Language

DATA_MAX_BYTES: Final = 64
KINDS: Final = [
    kind for _, kind in inspect.getmembers(buttons, inspect.isclass)
    if issubclass(kind, CallbackData) and kind is not CallbackData
]  # fmt: skip  # one list

ORDER: Final = buttons.order_id(bot=9_999_999_999, chat=2**52 - 1, message=2**31 - 1)
BY_NAME: Final[dict[str, list[Any]]] = {
    "serial": [1, 2**31 - 1],
    "order": [ORDER],
    "job": [f"{ORDER}.0", f"{ORDER}.4"],
    "skip": [0, 10_000],
    "before": [1, 2**53],
    "template": [*packaged_templates(), OWN],
    "package": [package.id for package in packaged_packages().packages],
    "language": [language.value for language in Language],
    "value": ["1", "3", "5", "9x16", "12", KEEP, *(model.id for model in packaged_catalogue().models)],
}
"""The values of a field that is no choice: all of them, or the shortest and the longest."""


def every(kind: type[CallbackData]) -> Iterator[CallbackData]:
    """The kind's buttons, with all values of their choices."""
    values = []
    for name, field in kind.model_fields.items():
        of = field.annotation
        values.append(list(of) if isinstance(of, type) and issubclass(of, StrEnum) else BY_NAME[name])
    for chosen in product(*values):
        yield kind(**dict(zip(kind.model_fields, chosen, strict=True)))


def routers() -> Iterator[Router]:
    """All routers of the dialogue but the last, which answers whatever nobody else does."""
    for part in (purse, ordering):
        yield from part.chain_tail


def tap(data: str) -> Tap:
    """A tap on a button that says this."""
    person = User(id=42, is_bot=False, first_name="Аня")
    card = Message.model_validate({"message_id": 7, "date": 0, "chat": Chat(id=42, type="private"), "text": "a card"})
    return Tap.model_validate({"id": "q", "from": person, "chat_instance": "1", "data": data, "message": card})


async def handlers_of(query: Tap, state: str | None) -> list[str]:
    """The names of the handlers that take the tap at this step."""
    found = []
    for router in routers():
        for handler in router.callback_query.handlers:
            taken, _ = await handler.check(query, raw_state=state)
            if taken:
                found.append(handler.callback.__name__)
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_every_button_has_a_handler_at_every_step_and_fits(kind: type[CallbackData]) -> None:
    seen = 0
    for button in every(kind):
        packed = button.pack()
        assert len(packed.encode()) <= DATA_MAX_BYTES, packed
        assert kind.unpack(packed) == button
        for step in (None, *Step.__states__):
            assert await handlers_of(tap(packed), None if step is None else step.state), packed
        seen += 1
    assert seen


async def test_what_is_no_button_of_ours_is_left_to_the_catch_all() -> None:
    for data in ("", "zz", "g:nowhere", "i:own", "ok:x", "c:photo:1", "l:xx", "l", "b"):
        query = tap(data)
        assert await handlers_of(query, None) == []
        (last,) = catch_all.callback_query.handlers
        assert (await last.check(query))[0]


def test_no_two_kinds_of_buttons_begin_alike() -> None:
    prefixes = [kind.__prefix__ for kind in KINDS]
    assert len(set(prefixes)) == len(prefixes) >= 15
