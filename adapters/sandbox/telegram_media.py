"""Photos, videos and documents of the bot: sent along, or named by the file_id of an earlier message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.sandbox.telegram_answers import Refused, bad_request
from adapters.sandbox.telegram_files import KeptFile, Kind
from adapters.sandbox.telegram_requests import Asked, Upload
from adapters.sandbox.telegram_state import TelegramState

ATTACHED: Final = "attach://"
LINKS: Final = ("http://", "https://")
TOO_LARGE: Final = "Request Entity Too Large"

Said = Mapping[str, Any]
"""Parameters of a call, or the fields of an InputMedia: both speak of a medium in the same names."""


class Media:
    """Makes media of what a call says of them."""

    def __init__(self, state: TelegramState) -> None:
        self._state = state

    async def photo(self, asked: Asked, named: str) -> list[dict[str, Any]]:
        """The PhotoSizes. Raises Refused."""
        source = self._source(asked, named, kind="photo")
        if isinstance(source, KeptFile):
            sizes: list[dict[str, Any]] = source.media
            return sizes
        self._measure(source, most_bytes=self._state.settings.photo_max_bytes)
        return await self._state.files.keep_photo(source.data)

    async def video(self, asked: Asked, named: str, said: Said) -> dict[str, Any]:
        """The Video, with what the bot says of it. `supports_streaming` is kept too, where Telegram's has none."""
        source = self._source(asked, named, kind="video")
        if isinstance(source, KeptFile):
            known: dict[str, Any] = source.media
            return known
        self._measure(source, most_bytes=self._state.settings.upload_max_bytes)
        told: dict[str, Any] = {name: _number(said.get(name)) for name in ("width", "height", "duration")}
        if said.get("start_timestamp"):
            told["start_timestamp"] = _number(said["start_timestamp"])
        if said.get("supports_streaming") in {True, "true", "True", "1"}:
            told["supports_streaming"] = True
        thumbnail = await self._thumbnail(asked, said)
        if thumbnail is not None:
            told["thumbnail"] = thumbnail
        cover = said.get("cover") or ("cover" if "cover" in asked.uploads else "")
        if cover:
            told["cover"] = await self.photo(asked, str(cover))
        return await self._state.files.keep_video(source, **told)

    async def document(self, asked: Asked, named: str, said: Said) -> dict[str, Any]:
        """The Document. Raises Refused."""
        source = self._source(asked, named, kind="document")
        if isinstance(source, KeptFile):
            known: dict[str, Any] = source.media
            return known
        self._measure(source, most_bytes=self._state.settings.upload_max_bytes)
        return await self._state.files.keep_document(source, thumbnail=await self._thumbnail(asked, said))

    async def of_input_media(self, asked: Asked, item: Said) -> tuple[Kind, Any]:
        """The kind and the medium of an InputMedia. Raises Refused."""
        named = item.get("media")
        if not isinstance(named, str) or not named:
            raise bad_request("can't parse InputMedia: media not found")
        match item.get("type"):
            case "photo":
                return "photo", await self.photo(asked, named)
            case "video":
                return "video", await self.video(asked, named, item)
            case "document":
                return "document", await self.document(asked, named, item)
            case other:
                raise bad_request(f'can\'t parse InputMedia: type "{other}" is unsupported')

    async def _thumbnail(self, asked: Asked, said: Said) -> dict[str, Any] | None:
        upload = _uploaded(asked, str(said.get("thumbnail") or "thumbnail"))
        return None if upload is None else await self._state.files.keep_thumbnail(upload.data)

    def _source(self, asked: Asked, named: str, *, kind: Kind) -> Upload | KeptFile:
        upload = _uploaded(asked, named or kind)
        if upload is not None:
            return upload
        if not named or named.startswith(ATTACHED):
            raise bad_request(f"there is no {kind} in the request")
        if named.startswith(LINKS):
            raise bad_request("failed to get HTTP URL content")
        file = self._state.files.find(named)
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if file.kind != kind:
            raise bad_request(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
        return file

    @staticmethod
    def _measure(upload: Upload, *, most_bytes: int) -> None:
        if len(upload.data) > most_bytes:
            raise Refused(413, TOO_LARGE)


def _uploaded(asked: Asked, named: str) -> Upload | None:
    return asked.uploads.get(named.removeprefix(ATTACHED))


def _number(value: object) -> int:
    match value:
        case bool():
            return 0
        case int() | float():
            return int(value)
        case str() if value.isdigit():
            return int(value)
        case _:
            return 0
