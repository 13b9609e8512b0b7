"""Videos to a whole Telegram on this machine: what is in the chat afterwards, and what was uploaded for it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from aiogram.methods import SendMessage

from adapters.sandbox.telegram_faults import Fault
from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from adapters.storage.user_photos import UserFiles
from app.serving import serving
from bot.ports import Messenger, Videos
from domain.failures import FailureClass
from domain.outside import Fetched, MaybeSent, NotFetched, NotSaid, NotSent, Said, Sent, WhyNot
from tests.adapters.telegram.bot_api import CHAT
from tests.adapters.telegram.video_scene import CAPTION, FILE, JOB, LINK, PHOTO, Studio, film, studio


class Stage(Studio):
    """The studio, and the Telegram that it sends to."""

    telegram: TelegramSandbox
    url: str

    def chat(self) -> list[dict[str, Any]]:
        """The chat of the one person, oldest first."""
        return [dict(message) for message in self.telegram.messages(CHAT)]

    def calls(self) -> list[str]:
        """What the bot has called so far, by name."""
        return [call.method for call in self.telegram.calls]

    async def bytes_of(self, file_id: str) -> bytes:
        """A file as the person's messenger gets it."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return (await client.get(f"/api/files/{file_id}")).raise_for_status().content


@asynccontextmanager
async def staged(folder: Path, *faults: Fault, **settings: Any) -> AsyncIterator[Stage]:
    """A person who has started the bot."""
    telegram = TelegramSandbox(TelegramSandboxSettings(first_user_id=CHAT, faults=faults))
    assert telegram.people.add("Anna").id == CHAT
    telegram.text(CHAT, "/start")
    async with serving(telegram.app) as url, studio(url, folder, token=telegram.token, **settings) as scene:
        stage = Stage(scene.sender, scene.storage, scene.talk)
        stage.telegram, stage.url = telegram, url
        yield stage


async def test_the_adapters_fit_what_the_bot_asks_for(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        messenger: Messenger = stage.talk.messenger
        files: UserFiles = stage.talk.messenger
        videos: Videos = stage.sender
        assert isinstance(await messenger.say(SendMessage(chat_id=CHAT, text="hello")), Said)
        assert isinstance(await files.fetch("unknown", size_max=1), NotFetched)
        assert isinstance(await videos.send_again(CHAT, job=JOB, file=FILE, file_id=None, as_document=True), Said)


async def test_a_sent_video_lies_in_the_chat_and_plays(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        sent = await stage.send()
        message = stage.chat()[-1]
        video = message["video"]
        assert sent == Sent(video["file_id"])
        assert (video["width"], video["height"], video["duration"]) == (360, 640, 2)
        assert video["supports_streaming"]
        assert max(video["thumbnail"]["width"], video["thumbnail"]["height"]) <= 320
        assert video["cover"]
        assert message["caption"] == "Here it is"
        assert message["caption_entities"][0]["type"] == "bold"
        assert message["reply_markup"]["inline_keyboard"][0][0]["text"] == "Again"
        received = await stage.bytes_of(video["file_id"])
    assert received == film()
    with av.open(io.BytesIO(received), "r") as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 48
    assert CAPTION.text == "<b>Here</b> it is"


async def test_a_copy_is_sent_again_without_an_upload(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        sent = await stage.send()
        assert isinstance(sent, Sent)
        said = await stage.send_again(sent.file_id)
        assert said == Said(stage.chat()[-1]["message_id"])
        assert stage.chat()[-1]["video"] == stage.chat()[-2]["video"]
        assert stage.calls() == ["sendChatAction", "sendVideo", "sendVideo"]
        assert await stage.send_again("a copy of another bot") == Said(stage.chat()[-1]["message_id"])
        assert stage.chat()[-1]["video"]["width"] == 360
        assert stage.calls()[3:] == ["sendVideo", "sendVideo"]


async def test_a_document_keeps_bytes_and_name(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert isinstance(await stage.send_again("x", as_document=True), Said)
        document = stage.chat()[-1]["document"]
        assert document["file_name"] == "neurocards-1001-2.mp4"
        assert await stage.bytes_of(document["file_id"]) == film()


async def test_what_is_too_large_for_telegram_goes_as_a_link(tmp_path: Path) -> None:
    async with staged(tmp_path, size_max_bytes=10) as stage:
        assert await stage.send() == Sent()
        assert stage.chat()[-1]["text"] == f"It is large:\n\n{LINK}"
        assert [entity["type"] for entity in stage.chat()[-1]["entities"]][:1] == ["italic"]


async def test_who_blocked_the_bot_gets_nothing_and_is_gone_for_good(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.telegram.block(CHAT)
        outcome = await stage.send()
        assert isinstance(outcome, NotSent)
        assert outcome.for_good
        said = await stage.talk.messenger.say(SendMessage(chat_id=CHAT, text="hello"))
        assert isinstance(said, NotSaid)
        assert said.why is WhyNot.GONE


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (Fault(method="sendVideo", drop="before"), 0),
        (Fault(method="sendVideo", drop="after"), 1),
        (Fault(method="sendVideo", drop="midway"), 1),
        (Fault(method="sendVideo", garbage="html", status=502), 0),
        (Fault(method="sendVideo", garbage="empty", handled=True), 1),
        (Fault(method="sendVideo", garbage="truncated", handled=True), 1),
    ],
)
async def test_an_answer_that_is_lost_leaves_open_whether_it_arrived(
    tmp_path: Path, fault: Fault, arrived: int
) -> None:
    async with staged(tmp_path, fault) as stage:
        assert isinstance(await stage.send(), MaybeSent)
        assert sum("video" in message for message in stage.chat()) == arrived
        assert stage.calls() == ["sendChatAction", "sendVideo"]


async def test_a_flood_is_told_with_its_wait(tmp_path: Path) -> None:
    async with staged(tmp_path, Fault(method="sendVideo", retry_after=7, times=1)) as stage:
        outcome = await stage.send()
        assert isinstance(outcome, NotSent)
        assert (outcome.trouble.failure, outcome.retry_after_s) == (FailureClass.RATE_LIMIT, 7)
        assert isinstance(await stage.send(), Sent)


async def test_a_photo_of_a_person_is_fetched(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        async with httpx.AsyncClient(base_url=stage.url, trust_env=False) as client:
            answer = await client.post(
                f"/api/users/{CHAT}/files", files={"file": ("p.jpg", PHOTO)}, data={"as_file": "1"}
            )
        (message,) = answer.raise_for_status().json()
        fetched = await stage.talk.messenger.fetch(message["document"]["file_id"], size_max=len(PHOTO))
        assert fetched == Fetched(PHOTO)
