"""The endpoints that take photos in, and those that give files and videos out."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Final

from fastapi import Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from adapters.sandbox.byte_ranges import ranged
from adapters.sandbox.kie_answers import Asked, Envelope
from adapters.sandbox.kie_files import NoPhoto, fetched
from adapters.sandbox.kie_state import KieState

DATA_URL: Final = re.compile(r"data:[\w/+.-]*;base64,")
NO_FOLDER: Final = "Missing required parameter: uploadPath"
BAD_KEY: Final = "Authentication failed: Invalid API Key"


class KieMedia:
    """Answers for files. Uploads want a key, downloads do not."""

    def __init__(self, state: KieState) -> None:
        self._state = state

    async def stream_upload(self, asked: Asked) -> Envelope:
        """`POST /api/file-stream-upload`: a form with `file`, `uploadPath` and maybe `fileName`."""
        try:
            async with asked.request.form() as form:
                file, folder, name = form.get("file"), form.get("uploadPath"), form.get("fileName")
                if not isinstance(file, UploadFile):
                    return self._kept(asked, None, folder=folder, name=name, missing="file")
                return self._kept(asked, await file.read(), folder=folder, name=name or file.filename, missing="file")
        except MultiPartException:
            return _refused(400, "Invalid multipart form")

    async def base64_upload(self, asked: Asked) -> Envelope:
        """`POST /api/file-base64-upload`: `base64Data` is raw or a data URL."""
        text = asked.text("base64Data")
        try:
            data = None if text is None else b64decode(DATA_URL.sub("", text, count=1), validate=True)
        except (binascii.Error, ValueError):
            return _refused(400, "Base64 decoding failed: Invalid Base64 format")
        folder, name = asked.text("uploadPath"), asked.text("fileName")
        return self._kept(asked, data, folder=folder, name=name, missing="base64Data")

    async def url_upload(self, asked: Asked) -> Envelope:
        """`POST /api/file-url-upload`: the file is fetched from `fileUrl`."""
        url = asked.text("fileUrl")
        data = None if url is None else await fetched(url, client=self._state.client())
        if isinstance(data, NoPhoto):
            return _refused(400, "Failed to download the file from fileUrl")
        folder, name = asked.text("uploadPath"), asked.text("fileName")
        return self._kept(asked, data, folder=folder, name=name, missing="fileUrl")

    async def file(self, asked: Asked) -> Response:
        """`GET /files/...`: an upload, whoever asks."""
        kept = self._state.files.at_path(asked.call.path.removeprefix("/files/"))
        if kept is None:
            return Response("Not Found", status_code=404)
        return ranged(kept.data, asked.request.headers.get("range"), media_type=kept.media_type)

    async def result(self, asked: Asked) -> Response:
        """`GET /results/<task>.mp4`: the video of a task that ended well, while it is kept."""
        task = self._state.tasks.by_id.get(asked.call.path.removeprefix("/results/").removesuffix(".mp4"))
        now = self._state.clock()
        if task is None or task.video is None or task.ended_at is None or task.plan.without_url:
            return Response("Not Found", status_code=404)
        if now - task.ended_at > self._state.settings.results_kept_s:
            return Response("Not Found", status_code=404)
        until = asked.request.query_params.get("until", "")
        if until.isdigit() and now > int(until):
            return Response("Forbidden", status_code=403)
        return ranged(task.video, asked.request.headers.get("range"), media_type="video/mp4")

    def _kept(self, asked: Asked, data: bytes | None, *, folder: object, name: object, missing: str) -> Envelope:
        if asked.call.account is None:
            return _refused(401, BAD_KEY)
        if not isinstance(folder, str) or not folder:
            return _refused(400, NO_FOLDER)
        if data is None:
            return _refused(400, f"Missing required parameter: {missing}")
        kept = self._state.files.keep(
            data,
            folder=folder,
            name=name if isinstance(name, str) else None,
            origin=asked.origin,
            failure=None if asked.fault is None else asked.fault.task_failure,
        )
        told = {
            "fileName": kept.name,
            "filePath": kept.path,
            "downloadUrl": kept.url,
            "fileSize": len(kept.data),
            "mimeType": kept.media_type,
            "uploadedAt": datetime.fromtimestamp(kept.at, UTC).isoformat(),
        }
        return Envelope(200, "File uploaded successfully", told, success=True)


def _refused(code: int, msg: str) -> Envelope:
    return Envelope(code, msg, success=False)
