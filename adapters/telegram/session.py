"""The line to the Bot API: an aiogram bot that keeps its token to itself and knows how long each call may take."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import orjson
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import ClientDecodeError, TelegramAPIError, TelegramNetworkError
from aiogram.methods import EditMessageText, GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from aiohttp import ClientError, ClientResponseError, ClientSession, ClientTimeout, FormData, InvalidURL
from pydantic import SecretStr

from adapters.telegram.answers import UnreadableAnswer

CONNECTIONS_MAX: Final = 100
TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")
TELLS_THE_ADDRESS: Final = (ClientResponseError, InvalidURL)
"""Errors of aiohttp whose words hold the address of the call, and so the token."""

CHANGED: Final = EditMessageText.__returning__
"""What is returned by the methods that change a message: the message, or True."""

AS_JSON: Final = {"Content-Type": "application/json"}


class Patience(NamedTuple):
    """How many seconds the calls of each kind may take, connecting included."""

    connect_s: float = 30.0
    call_s: float = 30.0
    answer_s: float = 4.0
    """Answers to taps and to payments, which must arrive within 10 s: a second try fits in."""
    upload_s: float = 180.0
    poll_margin_s: float = 15.0
    """What a long poll may take beyond its own time."""


USUAL: Final = Patience()


class TelegramSession(AiohttpSession):
    """aiogram's session, except that no error shows the token or what was said, and that no redirect is followed."""

    def __init__(self, api: TelegramAPIServer, *, patience: Patience, connections_max: int) -> None:
        super().__init__(
            api=api, timeout=patience.call_s, limit=connections_max, json_loads=orjson.loads, json_dumps=_json
        )
        self._patience = patience

    async def create_session(self) -> ClientSession:
        """The connections, made at the first call: they belong to its event loop."""
        if self._session is None or self._session.closed:
            self._session = ClientSession(
                connector=self._connector_type(**self._connector_init),
                trust_env=not _is_on_this_machine(self.api.base),
            )
        return self._session

    async def close(self) -> None:
        """Closes the connections, and waits for them."""
        if self._session is not None:
            await self._session.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: float | None = None,  # noqa: ASYNC109 - aiogram's own signature
    ) -> TelegramType:
        """Makes one request. Raises TelegramNetworkError with the trouble as its cause, and what `check_response` does.

        `timeout` in seconds, connecting included; None: what the method usually has.
        """
        session = await self.create_session()
        said = self._said(bot, method)
        uploads = isinstance(said, FormData)
        total_s = self._time_for(method, uploads=uploads) if timeout is None else timeout
        try:
            async with session.post(
                self.api.api_url(token=bot.token, method=method.__api_method__),
                data=said,
                headers=None if uploads else AS_JSON,
                timeout=self._limits(total_s),
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (ClientError, OSError) as error:
            cause = None if isinstance(error, TELLS_THE_ADDRESS) else error
            raise TelegramNetworkError(method=method, message=type(error).__name__) from cause
        heard = self.check_response(bot, method, answer.status, body.decode("utf-8", errors="replace"))
        return cast("TelegramType", heard.result)

    def check_response(
        self, bot: Bot, method: TelegramMethod[TelegramType], status_code: int, content: str
    ) -> Response[TelegramType]:
        """The answer, if it says that all went well. Raises one of aiogram's errors, or UnreadableAnswer.

        Of a message that was changed it is True: whoever changed it knows it, and reading it takes long.
        """
        if method.__returning__ == CHANGED and status_code == 200 and _is_well(content):
            return Response.model_construct(ok=True, result=cast("TelegramType", True))
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            done, message = _what_was_done(error.data, status_code)
            raise UnreadableAnswer(status_code, done=done, message=message) from None
        except TelegramAPIError as error:
            if not isinstance(error.message, str):
                raise UnreadableAnswer(status_code) from None
            raise
        except TypeError:  # what aiogram makes of a 5xx without a description
            raise UnreadableAnswer(status_code) from None

    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: float = 30,  # noqa: ASYNC109 - aiogram's own signature
        chunk_size: int = 65536,
        raise_for_status: bool = True,
    ) -> AsyncGenerator[bytes, None]:
        """Downloads, in blocks of at most that many bytes. Raises UnreadableAnswer, and aiohttp's own errors."""
        session = await self.create_session()
        async with session.get(url, headers=headers, timeout=self._limits(timeout), allow_redirects=False) as answer:
            if raise_for_status and answer.status != 200:
                raise UnreadableAnswer(answer.status)
            async for block in answer.content.iter_chunked(chunk_size):
                yield block

    def _said(self, bot: Bot, method: TelegramMethod[Any]) -> bytes | FormData:
        """The call's parameters: as JSON, or as a form when there are files to upload."""
        files: dict[str, InputFile] = {}
        given = method.model_dump(warnings=False, exclude_none=True)
        said = {name: self.prepare_value(value, bot=bot, files=files) for name, value in given.items()}
        if files:
            return self.build_form_data(bot, method)
        return orjson.dumps({name: value for name, value in said.items() if value})

    def _time_for(self, method: TelegramMethod[Any], *, uploads: bool) -> float:
        if uploads:
            return self._patience.upload_s
        if isinstance(method, GetUpdates):
            return (method.timeout or 0) + self._patience.poll_margin_s
        return self._patience.answer_s if method.__api_method__.startswith("answer") else self._patience.call_s

    def _limits(self, total_s: float) -> ClientTimeout:
        return ClientTimeout(total=total_s, connect=self._patience.connect_s)


@asynccontextmanager
async def bot_of(
    token: SecretStr,
    base: str | None = None,
    *,
    patience: Patience = USUAL,
    connections_max: int = CONNECTIONS_MAX,
) -> AsyncIterator[Bot]:
    """The bot of that token, whose texts are HTML and whose links show no preview, while the context lasts.

    `base` is where the Bot API is served, `http://127.0.0.1:8081`; None: Telegram's own. Raises ValueError when the
    token cannot be one.
    """
    if not TOKEN.fullmatch(token.get_secret_value()):
        msg = "the token of the bot is no token: digits, a colon, and letters, digits, - and _ are expected"
        raise ValueError(msg)
    api = PRODUCTION if base is None else TelegramAPIServer.from_base(base)
    session = TelegramSession(api, patience=patience, connections_max=connections_max)
    default = DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True)
    try:
        yield Bot(token.get_secret_value(), session=session, default=default)
    finally:
        await session.close()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _is_well(content: str) -> bool:
    try:
        data = orjson.loads(content)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("ok") is True and isinstance(data.get("result"), dict)


def _what_was_done(data: object, status: int) -> tuple[bool, int | None]:
    """Whether the answer says that all went well, though aiogram cannot read the rest, and the new message's id."""
    if not isinstance(data, dict) or data.get("ok") is not True or status >= 300:
        return False, None
    result = data.get("result")
    message = result.get("message_id") if isinstance(result, dict) else None
    return True, message if isinstance(message, int) else None


def _is_on_this_machine(address: str) -> bool:
    """What runs on this machine is asked directly, whatever proxy the environment names."""
    host = urlsplit(address.partition("{")[0]).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
