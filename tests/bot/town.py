"""The whole product with every service outside a sandbox, and people who chat with the bot there as with any other."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from adapters.postgres.verification import PostgresVerification
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.telegram_people import Payment
from adapters.sandbox.telegram_requests import Upload
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from app.company import Company, Instead, company_at
from app.database import Place
from app.outside import PLAY_KEY
from app.settings import Settings
from domain import ledger
from domain.account import Account
from domain.streams import account as account_stream
from processors.clock import FastClock
from processors.pipeline import Pipeline
from processors.verify import verify
from tests.adapters.postgres.raw import tails_of
from tests.conftest import DATA_KEY, Database

PHOTOS: Final = Path(__file__).parents[1] / "data" / "photos"
PATIENCE_S: Final = 60.0
SPEED: Final = 30.0
"""The pipeline's rests and deadlines pass so many times as fast; the chat runs in real time."""

Message = Mapping[str, Any]


class Listening:
    """Somebody who hears the bot, in whichever Telegram."""

    @property
    @abstractmethod
    def heard(self) -> list[Message]:
        """What the bot said, oldest first."""

    async def sees(self, holds: Callable[[Message], bool], *, after: int = 0) -> Message:
        """The newest message of the bot that is so, above that number; waits until there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in reversed(self.heard):
                    if message["message_id"] > after and holds(message):
                        return message
                await asyncio.sleep(0.01)

    async def reads(self, words: str, *, after: int = 0) -> Message:
        """The newest message of the bot with these words in it."""
        return await self.sees(lambda message: words in text_of(message), after=after)


@dataclass
class Resident(Listening):
    """Somebody in a chat with the bot."""

    id: int
    telegram: TelegramSandbox

    @property
    def messages(self) -> list[Message]:
        """Everything in the chat, oldest first."""
        return list(self.telegram.messages(self.id))

    @property
    def heard(self) -> list[Message]:
        """What the bot said, oldest first."""
        return [message for message in self.messages if message["from"]["is_bot"]]

    @property
    def words(self) -> str:
        """All words of the bot, one message below the other."""
        return "\n".join(text_of(message) for message in self.heard)

    def says(self, text: str) -> Message:
        """Writes."""
        return self.telegram.text(self.id, text)

    async def sends(self, photo: str = "coffee.jpg", *, caption: str = "", as_file: bool = False) -> Message:
        """Sends one of the test photos."""
        upload = Upload(photo, "image/jpeg", (PHOTOS / photo).read_bytes())
        (message,) = await self.telegram.files(self.id, [upload], caption=caption, as_file=as_file)
        return message

    async def taps(self, label: str, *, after: int = 0, times: int = 1) -> Message:
        """Taps a button on the newest message that has it, so many times at once. Returns the message as it was."""
        message = await self.sees(lambda message: button_of(message, label) is not None, after=after)
        button = button_of(message, label)
        assert button is not None
        for _ in range(times):
            self.telegram.tap(self.id, message["message_id"], button["callback_data"])
        return message

    async def pays(self, invoice: Message) -> Payment:
        """Pays an invoice in this chat."""
        return await self.telegram.pay(self.id, invoice["message_id"])

    async def orders(self, *, count: int = 1, photo: str = "coffee.jpg") -> int:
        """A whole order up to the tap on its confirmation card. Returns the card's number."""
        last = (await self.sends(photo))["message_id"]
        await self.taps("Медленный наезд", after=last)
        await self.reads("Что это за товар", after=last)
        last = self.says("Кофе в зёрнах")["message_id"]
        await self.taps("Пропустить", after=last)
        card = await self.choose(count, after=last)
        await self.taps("Заказать", after=card - 1)
        return card

    async def choose(self, count: int, *, after: int) -> int:
        """Chooses the number of videos. Returns the number of the confirmation card that follows."""
        await self.taps(f"{count} видео", after=after)
        card = await self.sees(lambda message: button_of(message, "Заказать") is not None, after=after)
        return int(card["message_id"])


@dataclass
class Town:
    """What a test does and looks at."""

    company: Company
    telegram: TelegramSandbox
    kie: KieSandbox
    openai: OpenAISandbox

    def resident(self, name: str = "Анна", *, language: str = "ru", stars: int = 1000) -> Resident:
        """Somebody new, who has not written to the bot yet."""
        return Resident(self.telegram.people.add(name, language_code=language, stars=stars).id, self.telegram)

    async def welcomed(self, name: str = "Анна") -> Resident:
        """Somebody who has pressed Start and has their first credit."""
        person = self.resident(name)
        person.says("/start")
        await person.sees(lambda message: True)
        return person

    async def account(self, person: Resident) -> Account:
        """The person's account as the log has it."""
        stream, state = account_stream(person.id), ledger.initial(account_stream(person.id))
        for placed in await tails_of(self.company.store, stream):
            state = ledger.evolve(stream, state, placed.event)
        assert isinstance(state, Account), state
        return state

    async def settled(self, person: Resident) -> Account:
        """The account once nothing is reserved."""
        async with asyncio.timeout(PATIENCE_S):
            while (state := await self.account(person)).reservations:  # noqa: ASYNC110 - others work
                await asyncio.sleep(0.02)
        return state

    async def verified(self) -> None:
        """The books are right."""
        report = await verify(PostgresVerification(self.company.store.pool), pace=0)
        assert list(report.findings) == []


def text_of(message: Message) -> str:
    """The words of a message."""
    return str(message.get("text") or message.get("caption") or "")


def button_of(message: Message, label: str) -> Mapping[str, Any] | None:
    """The first button whose label holds this text."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return next((button for row in rows for button in row if label in button["text"]), None)


def usual_kie() -> KieSandbox:
    """A KIE that is quick, has no limits and renders real videos."""
    return KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=0.2, length_max_s=1, rate=None))


def usual_telegram(**changed: Any) -> TelegramSandbox:
    """A Telegram that keeps nothing."""
    return TelegramSandbox(TelegramSandboxSettings(**changed))


@asynccontextmanager
async def town_at_work(
    database: Database,
    folder: Path,
    *,
    telegram: TelegramSandbox | None = None,
    kie: KieSandbox | None = None,
    settings: Mapping[str, Any] = {},
) -> AsyncIterator[Town]:
    """Everything at work until it is left. The messenger is paced by nothing unless `settings` say so."""
    telegram, kie, openai = telegram or usual_telegram(), kie or usual_kie(), OpenAISandbox()

    def fast(pipeline: Pipeline) -> Pipeline:
        return replace(pipeline, clock=FastClock(SPEED))

    own = {
        "data_dir": folder,
        "data_key": SecretStr(DATA_KEY.hex()),
        "http_port": 0,
        "chat_port": 0,
        "kie_creations_per_10s": 0,
        "second_thoughts_s": 0,
        "telegram_messages_per_s": 0,
        "support_contact": "@neurocards_support",
        "shutdown_s": 10,
    }
    instead = Instead(kie=kie, openai=openai, telegram=telegram, pipeline=fast)
    async with company_at(
        Place(database.url, None, None),
        Settings(_env_file=None, **{**own, **settings}),
        web=True,
        work=True,
        talk=True,
        instead=instead,
    ) as company:
        yield Town(company, telegram, kie, openai)
