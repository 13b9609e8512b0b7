"""The main job in a chat, over HTTP, on a real photo: from Start to a video that plays."""

from __future__ import annotations

import io
from pathlib import Path

import av
import httpx

from tests.bot.town import button_of, text_of, town_at_work
from tests.conftest import Database


async def test_a_photo_becomes_a_video_that_plays_and_the_balance_is_right(database: Database, tmp_path: Path) -> None:
    async with town_at_work(database, tmp_path) as town:
        anna = await town.welcomed()
        card = await anna.orders()
        video = await anna.sees(lambda message: "video" in message)
        assert (await town.settled(anna)).available == 0
        shown = video["video"]
        assert (shown["width"], shown["height"]) == (480, 854)
        async with httpx.AsyncClient(base_url=town.company.outside.chat_url or "") as client:
            played = (await client.get(f"/api/files/{shown['file_id']}")).content
        with av.open(io.BytesIO(played), mode="r") as film:
            assert film.streams.video[0].codec_context.name == "h264"
            assert len(list(film.decode(video=0))) > 10
        done = await anna.reads("Заказ завершён")
        assert done["message_id"] == card
        again = await anna.taps("Ещё одно", after=card)
        assert button_of(again, "Файлом") is not None
        await anna.sees(lambda message: "видео" in text_of(message) and button_of(message, "3 видео") is not None)
        anna.says("/balance")
        await anna.reads("Доступно: 0")
        await town.verified()
