"""A person in a chat, without the chat: updates go through the real dispatcher on a real ledger, and what would be
sent is given back. Photos are files of the test's own, handed over as the messenger would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, cast

from aiogram import Bot, Router
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage
from aiogram.types import InlineKeyboardButton, Update
from obstore.store import LocalStore

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.rests import PostgresRests
from adapters.postgres.screens import PostgresScreens
from adapters.postgres.verification import PostgresVerification
from adapters.postgres.views import PostgresViews
from adapters.storage.files import Storage
from adapters.storage.user_photos import UserPhotos
from app.catalogue import packaged_catalogue
from app.packages import packaged_packages
from app.templates import packaged_templates
from app.workers import at_work
from bot.balances import Balances
from bot.conversation import Conversation
from bot.desk import Desk
from bot.handling import Handling, dispatcher_of
from bot.storage import BufferedStorage
from bot.talk import Reply, as_json, reply_of
from domain.outside import Fetched, NotFetched, WhyNot
from processors.clock import SystemClock
from processors.execute import Executor
from processors.offers import Offers
from processors.services import VideoService
from processors.verify import verify

PHOTOS: Final = Path(__file__).parents[1] / "data" / "photos"
BOT_ID: Final = 7_000_000_001
TOKEN: Final = f"{BOT_ID}:a-token-of-tests"


@dataclass
class Folder:
    """The files that users send, by the file ids of tests: paths below the test photos, or bytes put in here."""

    files: dict[str, bytes] = field(default_factory=dict)

    async def fetch(self, file_id: str, *, size_max: int) -> Fetched | NotFetched:
        """The file's bytes."""
        data = self.files.get(file_id)
        if data is None and (PHOTOS / file_id).is_file():
            data = (PHOTOS / file_id).read_bytes()
        if data is None:
            return NotFetched(WhyNot.NO_FILE, "there is no such file")
        return NotFetched(WhyNot.TOO_LARGE, "too large") if len(data) > size_max else Fetched(data)


@dataclass
class Scene:
    """What a test does and looks at. A message that is sent gets the next number of its chat."""

    handling: Handling
    desk: Desk
    store: PostgresEventStore
    storage: Storage
    folder: Folder
    conversations: dict[int, Conversation] = field(default_factory=dict)
    languages: dict[int, str] = field(default_factory=dict)
    shown: dict[tuple[int, int], SendMessage | EditMessageText] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))
    """Of messages and of updates."""

    async def says(
        self,
        user: int,
        text: str | None = None,
        *,
        photo: str | None = None,
        document: dict[str, Any] | None = None,
        caption: str | None = None,
        album: str | None = None,
        tap: tuple[int, str] | None = None,
        message: dict[str, Any] | None = None,
    ) -> list[Reply]:
        """One update of the user: a text, a photo (a file id of the folder), a document, a tap on (message, data), or
        a message of other fields. The replies are what would be sent, as kept and read again."""
        return await self.receives(
            user, self.update(user, text, photo=photo, document=document, caption=caption, album=album, tap=tap,
                              message=message)
        )  # fmt: skip  # one line of names

    def update(
        self,
        user: int,
        text: str | None = None,
        *,
        photo: str | None = None,
        document: dict[str, Any] | None = None,
        caption: str | None = None,
        album: str | None = None,
        tap: tuple[int, str] | None = None,
        message: dict[str, Any] | None = None,
    ) -> Update:
        """The update, as the messenger tells it."""
        number = next(self.numbers)
        person = {
            "id": user, "is_bot": False, "first_name": "Аня", "language_code": self.languages.get(user, "ru"),
        }  # fmt: skip  # a person is one thing
        chat = {"id": user, "type": "private", "first_name": "Аня"}
        now = int(datetime.now(UTC).timestamp())
        if tap is not None:
            of, data = tap
            card = {"message_id": of, "date": now, "chat": chat, "text": "a card"}
            query = {"id": f"q{number}", "from": person, "chat_instance": "1", "data": data, "message": card}
            return Update.model_validate({"update_id": number, "callback_query": query})
        said: dict[str, Any] = {"message_id": number, "date": now, "chat": chat, "from": person, **(message or {})}
        if text is not None:
            said["text"] = text
            if text.startswith("/"):
                length = len(text.split(" ", maxsplit=1)[0])
                said["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if photo is not None:
            size = {"file_id": photo, "file_unique_id": photo, "width": 1280, "height": 960}
            said["photo"] = [{**size, "file_id": "thumb", "width": 90, "height": 67}, size]
        if document is not None:
            said["document"] = {"file_unique_id": "u", **document}
        if caption is not None:
            said["caption"] = caption
        if album is not None:
            said["media_group_id"] = album
        return Update.model_validate({"update_id": number, "message": said})

    async def receives(self, user: int, update: Update) -> list[Reply]:
        """As `says`, with an update that is made already; the same one again is one that is handled again."""
        before = self.conversations.get(user, Conversation())
        kept = Conversation.model_validate_json(before.model_dump_json())
        after, replies = await self.handling.handle(update, kept, received_at=datetime.now(UTC))
        self.conversations[user] = after
        told = [reply_of(as_json(reply)) for reply in replies]
        for reply in told:
            if isinstance(reply, SendMessage):
                self.shown[user, next(self.numbers)] = reply
            elif isinstance(reply, EditMessageText) and reply.message_id is not None:
                self.shown[user, reply.message_id] = reply
        return told

    def last(self, user: int) -> tuple[int, SendMessage | EditMessageText]:
        """The newest message of ours in the chat: its number and what it shows."""
        number = max(number for account, number in self.shown if account == user)
        return number, self.shown[user, number]

    async def taps(self, user: int, label: str, *, message: int | None = None) -> list[Reply]:
        """Taps the first button whose label holds this text, on the newest message or on that one."""
        number = self.last(user)[0] if message is None else message
        for button in buttons_of(self.shown[user, number]):
            if label in button.text and button.callback_data is not None:
                return await self.says(user, tap=(number, button.callback_data))
        msg = f"no button {label} among {[button.text for button in buttons_of(self.shown[user, number])]}"
        raise AssertionError(msg)

    async def verified(self) -> None:
        """The books are right."""
        report = await verify(PostgresVerification(self.store.pool), pace=0)
        assert list(report.findings) == []


def buttons_of(reply: Reply) -> list[InlineKeyboardButton]:
    """The buttons beneath what is sent."""
    markup = getattr(reply, "reply_markup", None)
    return [] if markup is None else [button for row in markup.inline_keyboard for button in row]


def words(replies: list[Reply]) -> str:
    """All texts of the replies, one below the other."""
    return "\n".join(text for reply in replies if (text := getattr(reply, "text", None)) is not None)


def toast(replies: list[Reply]) -> str | None:
    """What the tap was answered with."""
    (answer,) = [reply for reply in replies if isinstance(reply, AnswerCallbackQuery)]
    return answer.text


@asynccontextmanager
async def scene_of(
    store: PostgresEventStore, folder: Path, *routers: Router, **desk_fields: Any
) -> AsyncIterator[Scene]:
    """The bot with these routers on the log, its ledger at work. `desk_fields` replace or add to the desk's."""
    executor, rests, files = Executor(store), PostgresRests(store.pool), Folder()
    (folder / "storage").mkdir(exist_ok=True)
    storage = Storage(LocalStore(folder / "storage"))
    screens = PostgresScreens(store.pool, shards=store.shards)
    usual: dict[str, Any] = {
        "executor": executor,
        "accounts": PostgresAccounts(store),
        "balances": Balances(screens, PostgresViews(store.pool)),
        "screens": screens,
        "orders": PostgresOrders(store),
        "photos": UserPhotos(files, storage),
        "offers": Offers(rests, cast("VideoService", NoService())),
        "catalogue": packaged_catalogue(),
        "templates": packaged_templates(),
        "packages": packaged_packages(),
        "clock": SystemClock(),
        "support": "@neurocards_support",
        "bot_username": "neurocards_bot",
    }
    desk = Desk(**{**usual, **desk_fields})
    buffered = BufferedStorage()
    dispatcher = dispatcher_of(buffered, *routers)
    bot = Bot(TOKEN)
    async with at_work(store, executor):
        yield Scene(Handling(dispatcher, buffered, bot=bot, desk=desk), desk, store, storage, files)
    await executor.close()


class NoService:
    """A video service that is asked nothing: nobody works here."""

    async def alive(self, model: str) -> bool:
        """Never asked."""
        raise AssertionError(model)
