"""From a photo to a video, all the way over HTTP."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from adapters.sandbox.mp4 import ready_made
from tests.adapters.sandbox.kie_scene import Scene, kie, kling

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
COFFEE = (PHOTOS / "coffee.jpg").read_bytes()
SMALL = {"rendering": "on", "short_side_px": 120, "length_max_s": 2}


async def video_of(scene: Scene, **more: Any) -> bytes:
    """Creates a task and downloads what it made."""
    await scene.created(**more)
    data = await scene.ended()
    assert data["state"] == "success", data["failMsg"]
    return (await scene.client.get(json.loads(data["resultJson"])["resultUrls"][0])).content


def shape(video: bytes) -> tuple[int, int, float]:
    """Width and height in pixels, length in seconds."""
    with av.open(BytesIO(video), "r") as container:
        [stream] = container.streams.video
        assert container.duration is not None
        return stream.width, stream.height, container.duration / 1_000_000


async def test_the_video_has_the_shape_and_length_asked_for() -> None:
    async with kie(**SMALL | {"length_max_s": 4}) as scene:
        url = await scene.upload(COFFEE)
        capped = await video_of(scene, input=kling(image_urls=[url]))
        order = {"prompt": "Кофе", "first_frame_url": url, "duration": 2}
        short = await video_of(scene, model="wan/2-7-image-to-video", input=order)
        order = {
            "prompt": "Кофе", "image_urls": [url], "duration": "3", "aspect_ratio": "9:16", "mode": "std",
            "sound": False, "multi_shots": False,
        }  # fmt: skip  # an order reads better in lines than in a column
        tall = await video_of(scene, model="kling-3.0/video", input=order)
    assert [shape(video) for video in (capped, short, tall)] == [(180, 120, 4), (180, 120, 2), (120, 214, 3)]


async def test_a_photo_from_elsewhere_is_fetched() -> None:
    async with kie() as elsewhere, kie(**SMALL) as scene:
        url = await elsewhere.upload(COFFEE)
        video = await video_of(scene, input=kling(image_urls=[url]))
    assert shape(video) == (180, 120, 2)


@pytest.mark.parametrize("rendering", ["on", "off"])
async def test_a_photo_that_cannot_be_fetched_fails_the_task(rendering: str) -> None:
    async with kie() as elsewhere, kie(**SMALL | {"rendering": rendering}) as scene:
        gone = f"{await elsewhere.upload(COFFEE)}.gone"
        ends = []
        for url in (gone, "http://127.0.0.1:1/x.jpg", f"{scene.base_url}/files/x.jpg", "http://["):
            await scene.created(input=kling(image_urls=[url]))
            ends.append(await scene.ended())
    assert [end["state"] for end in ends] == ["fail"] * 4
    assert {(end["failCode"], end["failMsg"][:26]) for end in ends} == {("400", "Failed to fetch the image.")}


async def test_bytes_that_are_no_photo_fail_the_task() -> None:
    async with kie(**SMALL) as scene:
        await scene.created(input=kling(image_urls=[await scene.upload(b"not a photo")]))
        data = await scene.ended()
    assert (data["state"], data["failCode"]) == ("fail", "400")
    assert "does not represent a valid image" in data["failMsg"]
    assert scene.sandbox.credits_left("ours") == 100_000


async def test_without_rendering_every_video_is_the_same_whole_one() -> None:
    async with kie() as elsewhere, kie() as scene:
        own = await video_of(scene, input=kling(image_urls=[await scene.upload(COFFEE)]))
        foreign = await video_of(scene, input=kling(image_urls=[await elsewhere.upload(COFFEE)]))
    assert own == foreign == ready_made()


async def test_a_video_without_a_photo_is_made_of_the_words() -> None:
    async with kie(**SMALL, paused=()) as scene:
        order = {"prompt": "Кофе", "aspect_ratio": "portrait", "n_frames": "10"}
        video = await video_of(scene, model="sora-2-text-to-video", input=order)
    assert shape(video) == (120, 214, 2)


async def test_several_videos_are_made_side_by_side() -> None:
    async with kie(**SMALL, renders_at_once=2) as scene:
        url = await scene.upload(COFFEE)
        tasks = {await scene.created(input=kling(image_urls=[url])) for _ in range(5)}
        ends = [await scene.ended() for _ in tasks]
    assert {end["taskId"] for end in ends} == tasks
    assert {end["state"] for end in ends} == {"success"}


async def test_a_server_that_stops_lets_its_renderings_go() -> None:
    async with kie(**SMALL, latency_s=1000) as scene:
        for _ in range(3):
            await scene.created(input=kling(image_urls=[await scene.upload(COFFEE)]))
    assert [task.ended_at for task in scene.sandbox.tasks.values()] == [None] * 3
    assert scene.listener.told.empty()
