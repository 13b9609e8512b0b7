"""Where the videos are made: the photo is looked for, and a film of it rendered beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Final

import httpx
from PIL import Image

from adapters.sandbox.kie_files import UNFETCHABLE, KeptFiles, NoPhoto, fetched
from adapters.sandbox.kie_models import photo_of, ratio_of, seconds_of
from adapters.sandbox.kie_tasks import Failure, Task
from adapters.sandbox.mp4 import Film, NotAPicture, caption_of, ready_made, render

NOT_AN_IMAGE: Final = ("400", "Invalid image: the file does not represent a valid image.")


class Studio:
    """Makes a task's video, `at_once` of them together. `rendering` off: always the same tiny one."""

    def __init__(
        self,
        *,
        files: KeptFiles,
        client: Callable[[], httpx.AsyncClient],
        rendering: bool,
        at_once: int,
        length_max_s: float,
        short_side_px: int,
    ) -> None:
        self._files = files
        self._client = client
        self._rendering = rendering
        self._at_once = at_once
        self._length_max_s = length_max_s
        self._short_side_px = short_side_px
        self._renderers: ThreadPoolExecutor | None = None

    def make(self, task: Task) -> bytes | Failure | Awaitable[bytes | Failure]:
        """The video, or why there is none: at once where nothing has to be fetched or rendered."""
        photo = self._photo(task)
        if isinstance(photo, NoPhoto):
            return photo.failure
        if self._rendering or isinstance(photo, str):
            return self._make(task, photo)
        return ready_made()

    def close(self) -> None:
        """Lets the renderers go; films under way are finished, those that wait are not begun."""
        if self._renderers is not None:
            self._renderers.shutdown(wait=False, cancel_futures=True)
            self._renderers = None

    def _photo(self, task: Task) -> bytes | str | NoPhoto:
        """The photo, its address when it lies elsewhere, or why it cannot be had."""
        url = photo_of(task.order.fields)
        if url is None:
            return _plain()
        path = self._files.path_of(url)
        if path is None:
            return url
        kept = self._files.at_path(path)
        if kept is None:
            return NoPhoto(UNFETCHABLE)
        return kept.data if kept.failure is None else NoPhoto(kept.failure)

    async def _make(self, task: Task, photo: bytes | str) -> bytes | Failure:
        found = photo if isinstance(photo, bytes) else await fetched(photo, client=self._client())
        if isinstance(found, NoPhoto):
            return found.failure
        if not self._rendering:
            return ready_made()
        film = Film(
            caption=caption_of(str(task.order.fields.get("prompt", ""))),
            ratio=ratio_of(task.order.fields),
            length_s=min(seconds_of(task.order.fields), self._length_max_s),
            short_side_px=self._short_side_px,
        )
        if self._renderers is None:
            self._renderers = ThreadPoolExecutor(self._at_once, thread_name_prefix="render")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._renderers, render, found, film)
        except NotAPicture:
            return NOT_AN_IMAGE


def _plain() -> bytes:
    """What a video without a photo is made of."""
    photo = BytesIO()
    Image.radial_gradient("L").convert("RGB").save(photo, "PNG")
    return photo.getvalue()
