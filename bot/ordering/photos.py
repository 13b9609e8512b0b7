"""Photos: the beginning of an order, or another photo for the one in hand. Everything else that is sent as one is
refused in words.

The parts of an album come as messages of their own: the first photo is taken, the rest is answered by silence.
"""

from __future__ import annotations

from typing import Any, Final

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.filters import Command, StateFilter
from aiogram.types import CallbackQuery, Document, Message

from bot.buttons import Go, Place
from bot.desk import Desk
from bot.ordering.asking import MEBIBYTE, TEXT_MAX, ask_again, ask_idea, ask_photo, go_on
from bot.ordering.draft import Step, begin, change, is_whole, stands_at
from bot.ordering.offer import first_model
from bot.purse.opening import WELCOME, open_account
from bot.talk import Talk
from domain.outside import NotFetched, WhyNot
from domain.photo import PhotoFault, PhotoRefused
from domain.script import cleaned

ALBUM: Final = "album"
ALBUM_TAKEN: Final = "album_taken"
"""The album that was spoken of last, and whether a photo of it was taken."""

IMAGE_ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp")

NO_PHOTOS: Final = {
    ContentType.VIDEO, ContentType.ANIMATION, ContentType.STICKER, ContentType.VOICE, ContentType.VIDEO_NOTE,
    ContentType.AUDIO, ContentType.DOCUMENT, ContentType.LIVE_PHOTO, ContentType.PAID_MEDIA, ContentType.STORY,
    ContentType.CONTACT, ContentType.LOCATION, ContentType.VENUE, ContentType.POLL, ContentType.DICE,
    ContentType.GAME, ContentType.CHECKLIST,
}  # fmt: skip  # a list of names reads better in lines than in a column
"""What people send instead of a photo. Not what the messenger says by itself: payments, pinned messages."""

TYPED: Final = (Step.PROMPT, Step.PRODUCT, Step.WISHES)

router = Router(name="photos")


def of_known_album(message: Message, talk: Talk) -> bool:
    """Whether it belongs to an album of which a photo was taken already."""
    album = message.media_group_id
    memory = talk.conversation.memory
    return album is not None and memory.get(ALBUM) == album and memory.get(ALBUM_TAKEN) is True


def is_image(message: Message) -> bool:
    """Whether the file claims to be an image; what it is in truth its bytes will tell."""
    document: Document | None = message.document
    if document is None or message.animation is not None:
        return False
    name = (document.file_name or "").lower()
    return (document.mime_type or "").startswith("image/") or name.endswith(IMAGE_ENDINGS)


@router.message(Command("new", ignore_mention=True), F.text)
async def new(_: Message, talk: Talk) -> None:
    """A new order, from the photo on."""
    _begin_anew(talk)


@router.callback_query(Go.filter(F.place == Place.NEW))
async def go_new(_: CallbackQuery, talk: Talk) -> None:
    """As /new."""
    _begin_anew(talk)


@router.message(of_known_album)
async def rest_of_album(_: Message) -> None:
    """The person heard that only the first photo counts."""


@router.message(F.photo)
async def photo(message: Message, talk: Talk, desk: Desk) -> None:
    """A photo as photos are usually sent. The messenger lists its sizes, the largest last."""
    assert message.photo
    await _take(message, talk, desk, file_id=message.photo[-1].file_id)


@router.message(is_image)
async def image_file(message: Message, talk: Talk, desk: Desk) -> None:
    """A photo sent as a file, which keeps its quality."""
    assert message.document
    await _take(message, talk, desk, file_id=message.document.file_id)


@router.message(F.content_type.in_(NO_PHOTOS))
async def no_photo(message: Message, talk: Talk) -> None:
    """Something that no video can be made of."""
    if _is_first_of_album(message, talk, taken=False):
        talk.say("text-wanted" if stands_at(talk, *TYPED) else "photo-not-this")


@router.message(StateFilter(None, Step.PHOTO), F.text, ~F.text.startswith("/"))
async def words_before_photo(_: Message, talk: Talk, desk: Desk) -> None:
    """A text out of the blue: what is missing is asked for."""
    await ask_again(talk, desk) if talk.conversation.state is None else ask_photo(talk, "photo-first")


def _begin_anew(talk: Talk) -> None:
    said = talk.text("draft-replaced") if talk.conversation.draft.is_begun else None
    begin(talk)
    ask_photo(talk, said=said)


async def _take(message: Message, talk: Talk, desk: Desk, *, file_id: str) -> None:
    kept = await desk.photos.keep(talk.account, file_id=file_id)
    if isinstance(kept, PhotoRefused | NotFetched):
        if _is_first_of_album(message, talk, taken=False):
            _refuse(talk, kept)
        return
    _is_first_of_album(message, talk, taken=True)
    before = talk.conversation.draft
    if before.lacks_photo or (is_whole(before) and stands_at(talk, Step.PHOTO)):
        change(talk, photo=kept.name)
        await go_on(talk, desk, after=Step.WISHES)
        return
    welcome = await _welcome(talk, desk)
    about = _caption(message)
    fits = about is not None and len(about) <= TEXT_MAX
    begin(talk, photo=kept.name, model=(await first_model(desk)).id, product_text=about if fits else None)
    said = [talk.text("photo-taken")]
    said += [talk.text("photo-album")] if message.media_group_id else []
    said += [talk.text("photo-new-draft")] if before.photo is not None else []
    if about is not None:
        said.append(talk.text("photo-caption" if fits else "photo-caption-too-long", limit=TEXT_MAX))
    ask_idea(talk, desk, said="\n".join(said + welcome))


async def _welcome(talk: Talk, desk: Desk) -> list[str]:
    """Opens the account of somebody who begins with a photo. Returns what to say of the gift, if it was given now."""
    if WELCOME in talk.conversation.memory:
        return []
    opened = await open_account(talk, desk)
    return [talk.text("start-welcome", n=desk.catalogue.welcome)] if opened.is_news else []


def _caption(message: Message) -> str | None:
    """What was written beneath the photo, if it is about the product."""
    about = cleaned(message.caption or "")
    return about if about and not about.startswith("/") else None


def _is_first_of_album(message: Message, talk: Talk, *, taken: bool) -> bool:
    """Whether nothing was said of the message's album so far; now something will be. True for single messages."""
    album = message.media_group_id
    if album is None:
        return True
    first = talk.conversation.memory.get(ALBUM) != album
    talk.conversation.memory.update({ALBUM: album, ALBUM_TAKEN: taken})
    return first


def _refuse(talk: Talk, no: PhotoRefused | NotFetched) -> None:
    if isinstance(no, NotFetched):
        talk.say("photo-trouble" if no.why is WhyNot.UNREACHABLE else "photo-no-file")
        return
    values: dict[str, Any] = {}
    match no.fault:
        case PhotoFault.TOO_LARGE:
            values = {"was": _whole(no.was, MEBIBYTE), "limit": _whole(no.limit, MEBIBYTE)}
        case PhotoFault.TOO_MANY_PIXELS:
            values = {"was": _whole(no.was, 1_000_000), "limit": _whole(no.limit, 1_000_000)}
        case PhotoFault.TOO_SMALL:
            values = {"was": no.was or 0, "limit": no.limit or 0}
        case PhotoFault.UNSUPPORTED_FORMAT:
            values = {"format": no.format or "unknown"}
    talk.say(f"photo-{no.fault.value.replace('_', '-')}", **values)


def _whole(amount: int | None, unit: int) -> int:
    """So many whole units, rounded up: what is beyond a limit never reads as if it were not. 0: nobody knows."""
    return -(-(amount or 0) // unit)
