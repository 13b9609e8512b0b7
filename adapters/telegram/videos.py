"""Stored videos to their users: fits the port `Sender`, and sends again for who asks for it.

A video goes from storage to Telegram in small blocks. One that is larger than Telegram takes goes as a link. A request
that breaks off before all of the video has left cannot have been understood, so that is a definite no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, Final, NamedTuple

from aiogram.enums import ChatAction
from aiogram.methods import SendChatAction, SendDocument, SendMessage, SendVideo
from aiogram.types import BufferedInputFile, InlineKeyboardMarkup, Message

from adapters.storage.files import Storage, StorageUnavailable, Stored
from adapters.telegram.answers import AsAsked, Fate, Later, Refused, Unclear
from adapters.telegram.footage import StoredInput, look_at
from adapters.telegram.messenger import Messenger
from adapters.telegram.wire import Taken
from domain.failures import FailureClass, classify
from domain.outside import MaybeSaid, MaybeSent, NotSaid, NotSent, Said, Sent, Trouble, Urgency, WhyNot

SIZE_MAX_BYTES: Final = 50_000_000
UPLOAD_S: Final = 180.0
ACTION_S: Final = 5.0
NOT_STORED: Final = "the stored video is gone"
TOO_LARGE_TO_SEND: Final = "the video is larger than the messenger takes, and there is no link to it"
BROKE_OFF: Final = "the upload broke off"
FOR_GOOD: Final = frozenset({WhyNot.GONE, WhyNot.TOO_LARGE})


class VideoCaption(NamedTuple):
    """What stands below a video, in HTML. `link_text` stands above the link instead, where a video is too large."""

    text: str
    keyboard: InlineKeyboardMarkup | None
    link_text: str


class VideoSender:
    """Sends stored videos through the messenger, at its pace.

    `compose` gives the caption for an account (which is its chat's id too) and a job; `link` an address that opens a
    stored file for a while, or None when nobody outside could reach it. `upload_s` is for each attempt.
    """

    def __init__(
        self,
        messenger: Messenger,
        storage: Storage,
        *,
        compose: Callable[[int, str], Awaitable[VideoCaption]],
        link: Callable[[str], str | None],
        size_max_bytes: int = SIZE_MAX_BYTES,
        upload_s: float = UPLOAD_S,
    ) -> None:
        self._messenger = messenger
        self._storage = storage
        self._compose = compose
        self._link = link
        self._size_max_bytes = size_max_bytes
        self._upload_s = upload_s

    async def send(self, account: int, *, job: str, file: str, attempt: int) -> Sent | NotSent | MaybeSent:  # noqa: ARG002 - the port's; every attempt is alike
        """Sends it once: one upload at most, or one message with a link."""
        try:
            stored = await self._storage.look(file)
        except StorageUnavailable as error:
            return NotSent(Trouble(FailureClass.TEMPORARY, str(error)))
        if stored is None:
            return NotSent(Trouble(FailureClass.UNKNOWN, NOT_STORED))
        caption = await self._compose(account, job)
        if stored.size_bytes > self._size_max_bytes:
            return await self._send_link(account, file, caption)
        action = SendChatAction(chat_id=account, action=ChatAction.UPLOAD_VIDEO)
        seen = await self._messenger.once(action, urgency=Urgency.ANSWER, timeout_s=ACTION_S)
        if isinstance(seen, Refused) and seen.why is WhyNot.GONE:
            return _sent(seen)
        upload = StoredInput(self._storage, stored, filename=file_name(job))
        method = await self._video(account, upload, stored, caption)
        fate = await self._messenger.once(method, timeout_s=self._upload_s)
        if isinstance(fate, Refused) and fate.why is WhyNot.TOO_LARGE:
            return await self._send_link(account, file, caption)
        if isinstance(fate, Unclear) and not upload.left_whole:
            return NotSent(Trouble(FailureClass.TEMPORARY, f"{BROKE_OFF}, {fate.about}"))
        return _sent(fate)

    async def send_again(
        self, account: int, *, job: str, file: str, file_id: str | None, as_document: bool
    ) -> Said | NotSaid | MaybeSaid:
        """Sends it to who asks: Telegram's own copy if a video is wanted and there is one, else the stored file."""
        text, keyboard, _ = caption = await self._compose(account, job)
        if file_id is not None and not as_document:
            copy = SendVideo(chat_id=account, video=file_id, caption=text, reply_markup=keyboard)
            said = await self._messenger.say(copy)
            if not isinstance(said, NotSaid) or said.why is not WhyNot.NO_FILE:
                return said
        try:
            stored = await self._storage.look(file)
        except StorageUnavailable as error:
            return NotSaid(WhyNot.UNREACHABLE, str(error))
        if stored is None:
            return NotSaid(WhyNot.NO_FILE, NOT_STORED)
        if stored.size_bytes > self._size_max_bytes:
            return await self._say_link(account, file, caption)
        upload = StoredInput(self._storage, stored, filename=file_name(job))
        method = _document if as_document else self._video
        said = await self._messenger.say(await method(account, upload, stored, caption), timeout_s=self._upload_s)
        if isinstance(said, NotSaid) and said.why is WhyNot.TOO_LARGE:
            return await self._say_link(account, file, caption)
        if isinstance(said, MaybeSaid) and not upload.left_whole:
            return NotSaid(WhyNot.UNREACHABLE, f"{BROKE_OFF}, {said.about}")
        return said

    async def _video(self, account: int, upload: StoredInput, stored: Stored, caption: VideoCaption) -> SendVideo:
        footage = await look_at(self._storage, stored)
        shape: dict[str, Any] = {}
        if footage is not None:
            shape = {"width": footage.width_px, "height": footage.height_px, "duration": footage.duration_s}
            shape["thumbnail"] = BufferedInputFile(footage.thumbnail, "thumbnail.jpg")
            shape["cover"] = BufferedInputFile(footage.cover, "cover.jpg")
        return SendVideo(
            chat_id=account,
            video=upload,
            supports_streaming=True,
            caption=caption.text,
            reply_markup=caption.keyboard,
            **shape,
        )

    async def _send_link(self, account: int, file: str, caption: VideoCaption) -> Sent | NotSent | MaybeSent:
        message = self._linking(account, file, caption)
        if message is None:
            return NotSent(Trouble(FailureClass.UNKNOWN, TOO_LARGE_TO_SEND), for_good=True)
        return _sent(await self._messenger.once(message))

    async def _say_link(self, account: int, file: str, caption: VideoCaption) -> Said | NotSaid | MaybeSaid:
        message = self._linking(account, file, caption)
        if message is None:
            return NotSaid(WhyNot.TOO_LARGE, TOO_LARGE_TO_SEND)
        return await self._messenger.say(message)

    def _linking(self, account: int, file: str, caption: VideoCaption) -> SendMessage | None:
        address = self._link(file)
        if address is None:
            return None
        text = f"{caption.link_text}\n\n{escape(address)}"
        return SendMessage(chat_id=account, text=text, reply_markup=caption.keyboard)


def file_name(job: str) -> str:
    """What the file of an order's job is called where it is saved: `neurocards-1001-2.mp4` is its second video."""
    order, _, index = job.rpartition(".")
    number = int(index) + 1 if index.isdecimal() else 1
    card = order.rpartition(".")[2]
    return f"neurocards-{card}-{number}.mp4" if card.isalnum() else f"neurocards-{number}.mp4"


async def _document(account: int, upload: StoredInput, _stored: Stored, caption: VideoCaption) -> SendDocument:
    return SendDocument(
        chat_id=account,
        document=upload,
        disable_content_type_detection=True,
        caption=caption.text,
        reply_markup=caption.keyboard,
    )


def _sent(fate: Taken[Message] | Fate) -> Sent | NotSent | MaybeSent:
    match fate:
        case Taken(message):
            return Sent(_file_id(message))
        case AsAsked():
            return Sent()
        case Refused(why, code, about):
            return NotSent(Trouble(classify(about, code), about), for_good=why in FOR_GOOD)
        case Later(failure, about, wait_s):
            return NotSent(Trouble(failure, about), retry_after_s=wait_s)
        case Unclear(about):
            return MaybeSent(about)


def _file_id(message: Message) -> str | None:
    """Telegram keeps a short video without sound as an animation."""
    kept = message.video or message.animation or message.document
    return None if kept is None else kept.file_id
