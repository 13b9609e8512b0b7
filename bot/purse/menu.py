"""The menu and what is only read: how it works, the terms, where help is. And the language to read it in."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.methods import SetMyCommands
from aiogram.types import BotCommandScopeChat, CallbackQuery, ChatMemberUpdated, Message

from bot.buttons import Go, Place, Speak
from bot.desk import Desk
from bot.purse.commands import commands_in, typed
from bot.purse.screens import main_menu, show, with_menu
from bot.talk import Talk
from bot.texts import Language

router = Router(name="menu")


@router.message(typed("menu"))
@router.callback_query(Go.filter(F.place == Place.MENU))
async def menu(event: Message | CallbackQuery, talk: Talk) -> None:
    """The main menu."""
    show(talk, event, talk.text("menu"), main_menu(talk))


@router.message(typed("help"))
@router.callback_query(Go.filter(F.place == Place.HELP))
async def how_it_works(event: Message | CallbackQuery, talk: Talk) -> None:
    """How it works."""
    show(talk, event, talk.text("help"), with_menu(talk))


@router.message(typed("terms"))
@router.callback_query(Go.filter(F.place == Place.TERMS))
async def terms(event: Message | CallbackQuery, talk: Talk) -> None:
    """What is agreed on by using the bot."""
    show(talk, event, talk.text("terms"), with_menu(talk))


@router.message(typed("support"))
@router.callback_query(Go.filter(F.place == Place.SUPPORT))
async def support(event: Message | CallbackQuery, talk: Talk, desk: Desk) -> None:
    """Whom to write to."""
    show(talk, event, f"{talk.text('support')}\n\n{contact(talk, desk)}", with_menu(talk))


@router.message(typed("paysupport"))
async def support_with_payments(message: Message, talk: Talk, desk: Desk) -> None:
    """What becomes of payments, and whom to write to about them."""
    show(talk, message, f"{talk.text('paysupport')}\n\n{contact(talk, desk)}", with_menu(talk))


@router.message(typed("language"))
@router.callback_query(Go.filter(F.place == Place.LANGUAGE))
async def other_language(event: Message | CallbackQuery, talk: Talk) -> None:
    """The other language, from now on."""
    speak(talk, event, Language.EN if talk.language is Language.RU else Language.RU)


@router.callback_query(Speak.filter(F.language.in_({language.value for language in Language})))
async def this_language(query: CallbackQuery, callback_data: Speak, talk: Talk) -> None:
    """This language, from now on."""
    speak(talk, query, Language(callback_data.language))


@router.my_chat_member()
async def comes_or_goes(update: ChatMemberUpdated, talk: Talk) -> None:
    """Somebody blocked the bot, or lets it in again. There is nobody to answer."""
    talk.conversation.memory["blocked"] = update.new_chat_member.status == "kicked"


def contact(talk: Talk, desk: Desk) -> str:
    """Where help is, as HTML."""
    return talk.text("no-contact") if desk.support is None else talk.text("contact", contact=desk.support)


def speak(talk: Talk, event: Message | CallbackQuery, language: Language) -> None:
    """Changes the language: of everything that is said from here on, and of the list of commands in this chat."""
    talk.conversation.language = language
    show(talk, event, talk.text("language-is"), main_menu(talk))
    here = BotCommandScopeChat(type="chat", chat_id=talk.account)  # type: ignore[arg-type]  # kept only if it is named
    talk.send(SetMyCommands(commands=commands_in(language), scope=here))
