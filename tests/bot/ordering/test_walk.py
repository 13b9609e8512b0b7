"""Commands at any step, and a walk over every button that the dialogue can show."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import InlineKeyboardButton

from bot import buttons
from bot.buttons import Part, Place
from bot.conversation import Conversation
from bot.ordering.draft import Step
from bot.ordering.keyboards import KEEP, OWN
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene, buttons_of

OURS = {Place.NEW, Place.AGAIN, Place.VIDEOS}
OF_THE_PURSE = {Place.MENU, Place.PACKAGES, Place.SUPPORT}


async def to_photo(person: Person) -> None:
    await person.says("/new")


async def to_idea(person: Person) -> None:
    await person.says(photo=COFFEE)


async def to_prompt(person: Person) -> None:
    await to_idea(person)
    await person.taps("Своя идея")


async def to_product(person: Person) -> None:
    await to_idea(person)
    await person.taps("Левитация")


async def to_wishes(person: Person) -> None:
    await to_product(person)
    await person.says("Кофе")


async def to_count(person: Person) -> None:
    await to_wishes(person)
    await person.says("Тёплый свет")


async def to_card(person: Person) -> None:
    await person.at_card()


WAYS: dict[str, Callable[[Person], Awaitable[None]]] = {
    "PHOTO": to_photo, "IDEA": to_idea, "PROMPT": to_prompt, "PRODUCT": to_product, "WISHES": to_wishes,
    "COUNT": to_count, "CARD": to_card,
}  # fmt: skip  # a table reads better in lines


@pytest.mark.parametrize("step", WAYS)
async def test_a_command_is_never_taken_for_an_answer(anna: Person, step: str) -> None:
    await WAYS[step](anna)
    assert anna.step == f"Step:{step}"
    before = anna.draft
    for command in ("/videos", "/balance", "/start x", "/nonsense"):
        await anna.says(command)
        assert anna.words
        assert (anna.step, anna.draft) == (f"Step:{step}", before)
    await anna.says("/again")
    assert "Повторять пока нечего" in anna.words
    assert (anna.step, anna.draft) == (f"Step:{step}", before)
    await anna.says("/new")
    assert anna.step == Step.PHOTO.state
    await WAYS[step](anna)
    await anna.says("/cancel")
    assert not anna.step
    assert anna.draft.photo is None


@pytest.mark.parametrize("step", [step for step in WAYS if step != "PHOTO"])
async def test_after_another_dialogue_the_order_goes_on_where_it_was(scene: Scene, anna: Person, step: str) -> None:
    await WAYS[step](anna)
    question = anna.shows()
    scene.conversations[42].state = None
    await anna.says("Где я?")
    assert anna.step == ("Step:IDEA" if step == "PROMPT" else f"Step:{step}")
    assert step == "PROMPT" or question.endswith(anna.shows())
    if step in ("PRODUCT", "WISHES"):
        scene.conversations[42].state = None
        await anna.taps("Пропустить")
        assert anna.step == ("Step:WISHES" if step == "PRODUCT" else "Step:COUNT")


@dataclass
class Walk:
    """Where a walk has been: by kind of button and step, and what it saw."""

    person: Person
    seen: set[tuple[str, str | None]] = field(default_factory=set)
    ahead: deque[tuple[Conversation, int, str]] = field(default_factory=deque)
    places: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Takes up every button that was shown last and was not tapped at this step before."""
        scene, number = self.person.scene, self.person.number
        now = scene.conversations[number]
        for reply in self.person.replies:
            for button in buttons_of(reply):
                data = checked(button)
                kind = (re.sub(r":\d+$", "", data) if data[:2] != "v:" else data, now.state)
                kind = (re.sub(r"b\d+\.\d+\.\d+", "order", kind[0]), kind[1])
                if data.startswith("g:") and Place(data[2:]) not in OURS:
                    self.places.add(data[2:])
                elif kind not in self.seen:
                    self.seen.add(kind)
                    message = getattr(reply, "message_id", None) or self.person.newest
                    self.ahead.append((now.model_copy(deep=True), message, data))

    async def go(self) -> None:
        """Taps everything, each from where it was seen."""
        self.look()
        while self.ahead:
            conversation, message, data = self.ahead.popleft()
            self.person.scene.conversations[self.person.number] = conversation
            replies = await self.person.taps_data(data, message=message)
            answers = [reply for reply in replies if isinstance(reply, AnswerCallbackQuery)]
            assert len(answers) == 1, data
            assert answers[0].text or len(replies) > 1, f"{data} is answered by silence"
            assert answers[0].text != "Эта кнопка уже не действует.", f"{data} was just shown"
            self.look()


def checked(button: InlineKeyboardButton) -> str:
    """What the button says when tapped, which fits."""
    assert button.callback_data is not None
    assert len(button.callback_data.encode()) <= 64
    assert button.text.strip()
    return button.callback_data


async def test_every_button_that_is_shown_has_an_answer(scene: Scene, anna: Person) -> None:
    await anna.given(500, source="more")
    for _ in range(6):
        await anna.with_video()
    walk = Walk(anna)
    for start in ("/new", "/videos", "/again", "/cancel"):
        await anna.says(start)
        walk.look()
    await anna.says(photo=COFFEE)
    await walk.go()
    await anna.taps_data(f"w:{await anna.with_order(3)}")
    await walk.go()
    for part in Part:
        await anna.says("/cancel")
        await anna.at_card()
        await anna.taps_data(anna.data(f"e:{part}"))
        await walk.go()
    kinds = {kind for kind, _ in walk.seen}
    for part in Part:
        assert {f"e:{part}", f"c:{part}:{KEEP}"} <= kinds, part
    assert {f"i:{name}" for name in (*scene.desk.templates, OWN)} <= kinds
    assert {"s:product", "s:wishes", "c:count:1", "c:count:3", "c:count:5", "c:ratio:16x9", "c:length:12"} <= kinds
    assert {f"c:model:{model.id}" for model in scene.desk.catalogue.models if model.open} <= kinds
    assert {"ok", "x", "xo:order", "r:order.0", "v:5", "v:0"} <= kinds
    assert walk.places <= OF_THE_PURSE
    await scene.verified()


def test_the_longest_ids_fit_into_a_button() -> None:
    order = buttons.order_id(bot=9_999_999_999, chat=2**52 - 1, message=2**31 - 1)
    for data in (
        buttons.Cancel(order=order), buttons.Again(order=order), buttons.Rework(order=order),
        buttons.AsFile(job=f"{order}.4"), buttons.Resent(job=f"{order}.4"),
    ):  # fmt: skip  # a list of names
        assert len(data.pack().encode()) <= 64


def test_the_longest_choices_fit_into_a_button(scene: Scene) -> None:
    serial = 10**9
    packed = [buttons.Idea(template=name, serial=serial).pack() for name in scene.desk.templates]
    packed += [buttons.Choose(part=Part.MODEL, value=m.id, serial=serial).pack() for m in scene.desk.catalogue.models]
    assert max(len(data.encode()) for data in packed) <= 64
