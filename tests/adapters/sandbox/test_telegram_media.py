"""Photos, videos, documents and albums: what Telegram makes of them, keeps, gives back and refuses."""

from __future__ import annotations

import io
from typing import Any

import pytest
from aiogram.exceptions import TelegramEntityTooLarge
from aiogram.types import InputMediaDocument, InputMediaPhoto, InputMediaVideo
from PIL import Image

from tests.adapters.sandbox.telegram_scene import Scene, attached, picture, refused, telegram


async def downloaded(scene: Scene, file_id: str) -> bytes:
    """What a bot gets of a file."""
    file = await scene.bot.get_file(file_id)
    assert file.file_path is not None
    data = await scene.bot.download_file(file.file_path)
    assert data is not None
    return data.read()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2600, 1300), [(90, 45), (320, 160), (800, 400), (1280, 640)]),
        ((1280, 1280), [(90, 90), (320, 320), (800, 800), (1280, 1280)]),
        ((400, 500), [(72, 90), (256, 320), (400, 500)]),
        ((60, 50), [(60, 50)]),
    ],
)
async def test_a_photo_becomes_jpegs_of_several_sizes(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_photo(user, attached(picture(*size)))
        assert message.photo is not None
        assert [(photo.width, photo.height) for photo in message.photo] == expected
        data = await downloaded(scene, message.photo[-1].file_id)
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("JPEG", expected[-1])
        assert message.photo[-1].file_size == len(data)


async def test_a_photo_is_turned_upright_and_put_on_white() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (400, 200), "red").save(out, "JPEG", exif=exif)
        turned = await scene.bot.send_photo(user, attached(out.getvalue()))
        assert turned.photo is not None
        assert (turned.photo[-1].width, turned.photo[-1].height) == (200, 400)
        out = io.BytesIO()
        Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
        clear = await scene.bot.send_photo(user, attached(out.getvalue()))
        assert clear.photo is not None
        with Image.open(io.BytesIO(await downloaded(scene, clear.photo[-1].file_id))) as image:
            assert image.getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture(900, 900)[:500], "IMAGE_PROCESS_FAILED"),
        (picture(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
    ],
    ids=["no picture", "half a picture", "too narrow"],
)
async def test_what_is_no_photo_is_refused(data: bytes, why: str) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        assert await refused(scene.bot.send_photo(user, attached(data))) == f"Bad Request: {why}"


async def test_a_video_is_kept_as_the_bot_tells_of_it() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_video(
            user,
            attached(b"the video", "video.mp4"),
            width=480,
            height=854,
            duration=5,
            supports_streaming=True,
            thumbnail=attached(picture(180, 320, kind="JPEG"), "thumbnail.jpg"),
            cover=attached(picture(480, 854), "cover.png"),
            caption="<b>yours</b>",
            parse_mode="HTML",
        )
        video = message.video
        assert video is not None
        assert video.thumbnail is not None
        assert video.cover is not None
        assert (video.width, video.height, video.duration, video.mime_type) == (480, 854, 5, "video/mp4")
        assert (video.thumbnail.width, video.thumbnail.height, message.caption) == (180, 320, "yours")
        assert (video.cover[-1].width, video.cover[-1].height) == (480, 854)
        assert scene.sandbox.messages(user)[-1]["video"]["supports_streaming"] is True
        assert await downloaded(scene, video.file_id) == b"the video"


async def test_a_file_id_sends_the_same_again() -> None:
    async with telegram() as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        first = await scene.bot.send_video(anna, attached(b"the video", "video.mp4"), width=480, height=854)
        assert first.video is not None
        second = await scene.bot.send_video(boris, first.video.file_id)
        assert second.video is not None
        assert second.video.model_dump() == first.video.model_dump()
        photo = await scene.bot.send_photo(anna, attached(picture()))
        assert photo.photo is not None
        again = await scene.bot.send_photo(boris, photo.photo[0].file_id)
        assert again.photo is not None
        assert [size.file_id for size in again.photo] == [size.file_id for size in photo.photo]


async def test_equal_files_have_one_unique_id() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        sent = [(await scene.bot.send_document(user, attached(b"same", name))).document for name in ("a.bin", "b.bin")]
        assert all(sent)
        assert len({document.file_unique_id for document in sent if document}) == 1
        assert len({document.file_id for document in sent if document}) == 2


async def test_a_document_keeps_its_bytes_and_name() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        data = picture(2600, 1300)
        document = (await scene.bot.send_document(user, attached(data, "poster.png"))).document
        assert document is not None
        assert document.thumbnail is not None
        assert (document.file_name, document.mime_type, document.file_size) == ("poster.png", "image/png", len(data))
        assert (document.thumbnail.width, document.thumbnail.height) == (320, 160)
        assert await downloaded(scene, document.file_id) == data


async def test_wrong_names_of_files_are_refused() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        photo = (await scene.bot.send_photo(user, attached(picture()))).photo
        assert photo is not None
        send, photo_id = scene.bot.send_video, photo[-1].file_id
        assert await refused(send(user, "BAACnothing")) == "Bad Request: wrong file identifier/HTTP URL specified"
        assert await refused(send(user, photo_id)) == "Bad Request: can't use file of type Photo as Video"
        assert await refused(send(user, "https://example.com/a.mp4")) == "Bad Request: failed to get HTTP URL content"
        why = "Bad Request: wrong file_id or the file is temporarily unavailable"
        assert await refused(scene.bot.get_file("nothing")) == why
        for method, kind in (("sendPhoto", "photo"), ("sendVideo", "video"), ("sendDocument", "document")):
            _, envelope = await scene.call(method, chat_id=user)
            assert envelope["description"] == f"Bad Request: there is no {kind} in the request"


async def test_files_that_are_too_large_are_refused() -> None:
    async with telegram(photo_max_bytes=2000, upload_max_bytes=3000, download_max_bytes=1000) as scene:
        user = await scene.guest()
        with pytest.raises(TelegramEntityTooLarge, match="Request Entity Too Large"):
            await scene.bot.send_photo(user, attached(b"x" * 2001))
        with pytest.raises(TelegramEntityTooLarge):
            await scene.bot.send_video(user, attached(b"x" * 3001))
        with pytest.raises(TelegramEntityTooLarge):
            await scene.bot.send_document(user, attached(b"x" * 2_000_000))
        document = (await scene.bot.send_document(user, attached(b"x" * 1001))).document
        assert document is not None
        assert await refused(scene.bot.get_file(document.file_id)) == "Bad Request: file is too big"


async def test_an_unknown_file_path_is_not_found() -> None:
    async with telegram() as scene:
        answer = await scene.client.get(f"/file/bot{scene.sandbox.token}/photos/file_9.jpg")
        assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_an_album_is_one_group_of_messages() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        album: list[Any] = [
            InputMediaPhoto(media=attached(picture()), caption="<b>first</b>", parse_mode="HTML"),
            InputMediaVideo(media=attached(b"video", "v.mp4"), width=1, height=2),
        ]
        messages = await scene.bot.send_media_group(user, album)
        assert len({message.media_group_id for message in messages}) == 1
        assert messages[0].media_group_id
        assert [message.caption for message in messages] == ["first", None]
        assert messages[1].video is not None
        assert scene.sandbox.messages(user)[-1]["message_id"] == messages[1].message_id


async def test_a_wrong_album_is_refused_whole() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        photo, document = InputMediaPhoto(media=attached(picture())), InputMediaDocument(media=attached(b"x", "x.txt"))
        mixed: list[Any] = [photo, document]
        why = "Bad Request: document can't be mixed with other media types"
        assert await refused(scene.bot.send_media_group(user, mixed)) == why
        many: list[Any] = [photo] * 11
        why = "Bad Request: too many messages to send as an album"
        assert await refused(scene.bot.send_media_group(user, many)) == why
        broken: list[Any] = [photo, InputMediaPhoto(media=attached(b"no picture"))]
        assert await refused(scene.bot.send_media_group(user, broken)) == "Bad Request: IMAGE_PROCESS_FAILED"
        assert len(scene.sandbox.messages(user)) == 1
