"""What is known of a person's photo after it was kept."""

from __future__ import annotations

from pathlib import Path

from adapters.storage.files import Storage, open_storage
from adapters.storage.user_photos import UserPhotos
from tests.bot.scene import Folder

PHOTO = "inputs/42/5f1c.jpg"


async def test_a_photo_is_kept_until_it_is_swept(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    photos = UserPhotos(Folder(), storage)
    await storage.write(PHOTO, b"a photo")
    assert await photos.is_kept(PHOTO)
    await storage.delete(PHOTO)
    assert not await photos.is_kept(PHOTO)


async def test_a_photo_is_taken_for_kept_while_storage_does_not_answer(silent_service: Storage) -> None:
    photos = UserPhotos(Folder(), silent_service)
    assert await photos.is_kept(PHOTO)
