"""The menu: both languages, every command and button answered, nothing unanswered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, SetMyCommands
from aiogram.types import Update
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from bot import texts
from bot.buttons import Go, Place
from bot.purse.commands import COMMANDS, commands_in
from bot.refusals import key_of
from bot.texts import Language, bundle_of
from domain.refusals import Refusal
from tests.bot.purse.chat import ANNA, as_it_stands, balance, gets_invoice, is_ordering, payment, refund, tap
from tests.bot.scene import Scene, buttons_of, toast, words

OF_ORDERING = {Go(place=place).pack() for place in (Place.NEW, Place.AGAIN, Place.ORDER, Place.VIDEOS)}
COMMANDS_OF_ORDERING = {"new", "again", "videos", "cancel"}


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every refusal there is."""
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


class Parts(Visitor):
    """What a message is put together from."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: Any) -> None:  # noqa: N802 - the library calls it by this name
        """A value."""
        self.found.add(f"${node.id.name}")

    def visit_MessageReference(self, node: Any) -> None:  # noqa: N802 - the library calls it by this name
        """Another message."""
        self.found.add(node.id.name)


def messages_of(path: Path) -> dict[str, set[str]]:
    """The messages of a file: what each is put together from, the message `credits` being a value of `$n`."""
    found = {}
    for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            parts = Parts()
            parts.visit(entry)
            found[entry.id.name] = {"$n" if part == "credits" else part for part in parts.found}
    return found


def test_both_languages_hold_the_same_texts_with_the_same_values() -> None:
    russian, english = (messages_of(texts.FOLDER / language.value / "purse.ftl") for language in Language)
    assert russian == english


@pytest.mark.parametrize("language", Language)
def test_every_refusal_has_its_words(language: Language) -> None:
    assert [kind for kind in refusals() if not bundle_of(language).has_message(key_of(kind))] == []


@pytest.mark.parametrize("language", Language)
def test_the_list_of_commands_is_as_the_messenger_wants_it(language: Language) -> None:
    for command in commands_in(language):
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.command)
        assert 1 <= len(command.description) <= 256


@pytest.mark.parametrize("command", [*sorted(set(COMMANDS) - COMMANDS_OF_ORDERING), "start", "Menu", "menu@some_bot"])
async def test_every_command_is_answered_in_the_middle_of_an_order(scene: Scene, command: str) -> None:
    await scene.says(ANNA, "/start")
    draft = is_ordering(scene, ANNA)
    said = words(await scene.says(ANNA, f"/{command}"))
    assert said
    assert not said.startswith("wishes")
    assert scene.conversations[ANNA].draft == draft


async def everything_shown(scene: Scene) -> None:
    """Brings up every screen, receipt and refusal that the menu knows."""
    await scene.says(ANNA, "/start")
    for number in range(12):
        invoice = await gets_invoice(scene, ANNA)
        await scene.says(ANNA, message=payment(invoice, f"c{number}"))
        await scene.says(ANNA, message=refund(invoice, f"c{number}"))
    await balance(scene, ANNA)
    for command in sorted(set(COMMANDS) - COMMANDS_OF_ORDERING):
        await scene.says(ANNA, f"/{command}")
    await scene.says(ANNA, "/history")
    await tap(scene, ANNA, "Older")
    await scene.says(ANNA, "/promo ???")
    await scene.says(ANNA, "/promo UNKNOWN")


async def test_every_button_that_is_shown_has_a_handler(scene: Scene) -> None:
    await everything_shown(scene)
    tapped = set()
    for (_, number), shown in list(scene.shown.items()):
        for button in buttons_of(shown):
            data = button.callback_data
            assert (data is not None) + (button.url is not None) + (button.copy_text is not None) == 1
            if data is None:
                continue
            assert len(data.encode()) <= 64
            if data in OF_ORDERING or data in tapped:
                continue
            tapped.add(data)
            replies = await scene.receives(ANNA, as_it_stands(scene, ANNA, number, data))
            assert toast(replies) not in {"Эта кнопка уже не действует.", "This button does nothing any more."}
            assert len(replies) > 1 or toast(replies)
    assert {Go(place=place).pack() for place in Place} - OF_ORDERING <= tapped


async def test_the_language_is_switched_and_kept(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    replies = await tap(scene, ANNA, "English")
    assert "Now in English" in words(replies)
    (commands,) = [reply for reply in replies if isinstance(reply, SetMyCommands)]
    assert commands.commands == commands_in(Language.EN)
    assert commands.model_dump(exclude_unset=True)["scope"] == {"type": "chat", "chat_id": ANNA}
    assert "Available: <b>1 credit</b>" in words(await scene.says(ANNA, "/balance"))
    assert (await gets_invoice(scene, ANNA, "10 credits")).title == "10 credits"
    assert "по-русски" in words(await scene.says(ANNA, "/language"))
    assert "Доступно" in words(await scene.says(ANNA, "/balance"))


async def test_a_language_can_be_picked_by_name(scene: Scene) -> None:
    await scene.says(ANNA, tap=(7, "l:en"))
    assert scene.conversations[ANNA].language is Language.EN
    assert toast(await scene.says(ANNA, tap=(7, "l:tlh"))) == "This button does nothing any more."


@pytest.mark.parametrize(
    "data", ["g:nowhere", "g", "z:1", "h:first", "b", "", "l:ru:en"], ids=lambda data: data or "nothing"
)
async def test_a_button_that_means_nothing_any_more_is_answered(scene: Scene, data: str) -> None:
    (answer,) = await scene.says(ANNA, tap=(7, data))
    assert isinstance(answer, AnswerCallbackQuery)
    assert answer.text == "Эта кнопка уже не действует."
    assert not answer.show_alert


@pytest.mark.parametrize(
    "said",
    [{"text": "hm"}, {"text": "/unknown"}, {"dice": {"emoji": "🎲", "value": 3}}],
    ids=["text", "command", "dice"],
)
async def test_what_nobody_understands_is_answered(scene: Scene, said: dict[str, Any]) -> None:
    assert "Не понял" in words(await scene.says(ANNA, message=said))


async def test_what_the_messenger_notes_is_not_answered(scene: Scene) -> None:
    note = {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}}
    assert await scene.says(ANNA, message=note) == []


async def test_an_edited_message_is_not_answered(scene: Scene) -> None:
    update = scene.update(ANNA, "/balance")
    edited = Update(update_id=update.update_id, edited_message=update.message)
    assert await scene.receives(ANNA, edited) == []


@pytest.mark.parametrize(("status", "blocked"), [("kicked", True), ("member", False)])
async def test_a_block_is_remembered_and_not_answered(scene: Scene, status: str, blocked: bool) -> None:
    person = {"id": ANNA, "is_bot": False, "first_name": "Аня"}
    me = {"id": 7, "is_bot": True, "first_name": "bot"}
    change = {
        "chat": {"id": ANNA, "type": "private"},
        "from": person,
        "date": 0,
        "old_chat_member": {"user": me, "status": "member"},
        "new_chat_member": {"user": me, "status": status, **({"until_date": 0} if blocked else {})},
    }
    update = Update.model_validate({"update_id": 1, "my_chat_member": change})
    assert await scene.receives(ANNA, update) == []
    assert scene.conversations[ANNA].memory["blocked"] is blocked


@pytest.mark.parametrize("command", ["/support", "/paysupport"])
async def test_support_is_named_if_there_is_one(scene: Scene, command: str) -> None:
    assert "Пишите: @neurocards_support" in words(await scene.says(ANNA, command))
    scene.handling._desk = replace(scene.desk, support=None)
    assert "пока не указан" in words(await scene.says(ANNA, command))
