"""Every kind of thing that is sent where a photo is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from bot.ordering.draft import Step
from domain.outside import NotFetched, WhyNot
from domain.photo import PhotoFault
from tests.adapters.storage.pictures import encoded, png_header, real
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene

RED, BLUE = Image.new("RGB", (300, 300), "red"), Image.new("RGB", (300, 300), "blue")
FAULTY: dict[PhotoFault, tuple[bytes, tuple[str, ...]]] = {
    PhotoFault.EMPTY: (b"", ("пустой",)),
    PhotoFault.TOO_LARGE: (bytes(11 * 1024 * 1024), ("11 МБ", "до 10 МБ")),
    PhotoFault.NOT_AN_IMAGE: (b"a shopping list", ("не изображение",)),
    PhotoFault.UNSUPPORTED_FORMAT: (encoded(RED, "GIF"), ("GIF", "JPEG, PNG или WebP")),
    PhotoFault.ANIMATED: (encoded(RED, "WEBP", save_all=True, append_images=[BLUE]), ("движется",)),
    PhotoFault.BROKEN: (real(COFFEE)[:20_000], ("повреждён",)),
    PhotoFault.TOO_SMALL: (encoded(RED.resize((300, 150)), "JPEG"), ("150 пикс", "хотя бы 200")),
    PhotoFault.TOO_MANY_PIXELS: (png_header(6_000, 5_000), ("30 млн", "до 25 млн")),
}


@pytest.mark.parametrize("fault", PhotoFault)
async def test_a_file_that_is_no_photo_for_us_is_refused_in_words(
    scene: Scene, anna: Person, emma: Person, fault: PhotoFault
) -> None:
    data, said = FAULTY[fault]
    scene.folder.files["f"] = data
    await anna.says(document={"file_id": "f", "mime_type": "image/png", "file_name": "a.png"})
    for part in said:
        assert part in anna.words
    assert anna.draft.photo is None
    await emma.says(photo="f")
    assert emma.words
    assert anna.words != emma.words


async def test_a_file_beyond_what_the_messenger_hands_over_is_too_large(scene: Scene, anna: Person) -> None:
    scene.folder.files["f"] = bytes(20 * 1024 * 1024 + 1)
    await anna.says(document={"file_id": "f", "mime_type": "image/png"})
    assert "слишком большой. Пришлите фото до 10 МБ" in anna.words


async def test_a_photo_that_the_messenger_has_lost_or_cannot_hand_over_is_asked_for_again(
    scene: Scene, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.says(photo="nowhere.jpg")
    assert "Telegram не отдал" in anna.words

    async def no_line(file_id: str, *, size_max: int) -> NotFetched:
        return NotFetched(WhyNot.UNREACHABLE, "no line")

    monkeypatch.setattr(scene.folder, "fetch", no_line)
    await anna.says(photo=COFFEE)
    assert "через минуту" in anna.words


@pytest.mark.parametrize(
    "document",
    [
        {"file_id": "coffee_alpha.png", "mime_type": "image/png"},
        {"file_id": "coffee_portrait.webp", "mime_type": "image/webp"},
        {"file_id": "coffee.jpg", "mime_type": "application/octet-stream", "file_name": "IMG_1.JPG"},
        {"file_id": "coffee_exif_rotated.jpg", "file_name": "a.jpeg"},
    ],
)
async def test_an_image_file_is_as_good_as_a_photo(anna: Person, document: dict[str, Any]) -> None:
    await anna.says(document=document)
    assert "Фото на месте" in anna.words
    assert anna.step == Step.IDEA.state


FILE = {"file_id": "x", "file_unique_id": "x"}
NO_PHOTOS: dict[str, dict[str, Any]] = {
    "video": {"video": {**FILE, "width": 1, "height": 1, "duration": 1}},
    "gif": {
        "animation": {**FILE, "width": 1, "height": 1, "duration": 1},
        "document": {**FILE, "mime_type": "image/gif"},
    },
    "voice": {"voice": {**FILE, "duration": 1}},
    "round video": {"video_note": {**FILE, "length": 1, "duration": 1}},
    "sound": {"audio": {**FILE, "duration": 1}},
    "sticker": {
        "sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}
    },
    "pdf": {"document": {**FILE, "mime_type": "application/pdf", "file_name": "price.pdf"}},
    "place": {"location": {"latitude": 1.0, "longitude": 1.0}},
    "dice": {"dice": {"emoji": "🎲", "value": 1}},
}


@pytest.mark.parametrize("kind", NO_PHOTOS)
async def test_what_is_no_photo_is_answered_with_what_to_send(anna: Person, kind: str) -> None:
    await anna.says(message=NO_PHOTOS[kind])
    assert "Пришлите фото товара" in anna.words
    await anna.says(photo=COFFEE)
    await anna.taps("Левитация")
    before = anna.draft
    await anna.says(message=NO_PHOTOS[kind])
    assert "нужен текст" in anna.words
    assert anna.draft == before
    assert anna.step == Step.PRODUCT.state


async def test_of_an_album_the_first_photo_is_taken_and_the_rest_is_silence(anna: Person) -> None:
    await anna.says(photo=COFFEE, album="a1", caption="Кофе")
    assert "Это альбом: беру первое фото" in anna.words
    first = anna.draft
    await anna.says(photo="rocket.jpg", album="a1")
    assert anna.replies == []
    await anna.says(message={**NO_PHOTOS["video"], "media_group_id": "a1"})
    assert anna.replies == []
    assert anna.draft == first
    await anna.says(photo="rocket.jpg", album="a2")
    assert "Это альбом" in anna.words
    assert anna.draft.photo != first.photo


async def test_of_an_album_that_begins_badly_the_first_good_photo_is_taken(scene: Scene, anna: Person) -> None:
    scene.folder.files["f"] = b""
    await anna.says(photo="f", album="a1")
    assert "пустой" in anna.words
    await anna.says(photo="f", album="a1")
    assert anna.replies == []
    await anna.says(message={**NO_PHOTOS["video"], "media_group_id": "a1"})
    assert anna.replies == []
    await anna.says(photo=COFFEE, album="a1")
    assert "Это альбом" in anna.words
    await anna.says(photo="rocket.jpg", album="a1")
    assert anna.replies == []


async def test_a_photo_at_any_moment_begins_a_new_order(anna: Person) -> None:
    card = await anna.at_card(3)
    old = anna.data("ok", message=card)
    first = anna.draft
    await anna.says(photo="rocket.jpg")
    assert "прежний черновик забыт" in anna.words
    assert anna.draft.photo not in (None, first.photo)
    assert (anna.draft.product_text, anna.draft.count) == (None, None)
    await anna.taps_data(old, message=card)
    assert anna.toast == "Эта кнопка уже не действует."
    assert await anna.jobs_count() == 0


@pytest.mark.parametrize("tapped", [False, True])
async def test_whoever_begins_anew_hears_that_the_draft_is_forgotten(anna: Person, tapped: bool) -> None:
    await anna.says(photo=COFFEE)
    await (anna.taps_data("g:new") if tapped else anna.says("/new"))
    assert anna.words.startswith("Прежний черновик забыт, кредиты не тронуты.\n\n📷 <b>Пришлите фото товара")
    assert anna.draft.photo is None
    await anna.says("/new")
    assert "черновик" not in anna.words


async def test_a_photo_that_is_refused_leaves_the_draft_as_it_was(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    before = anna.draft
    scene.folder.files["f"] = b""
    await anna.says(photo="f")
    assert anna.draft == before
    await anna.taps("Заказать", message=card)
    assert anna.toast == "Заказ принят!"
