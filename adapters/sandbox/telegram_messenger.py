"""The person's side over HTTP: what a messenger does, the chat page, and the sandbox's knobs."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.byte_ranges import ranged
from adapters.sandbox.telegram_events import event_stream
from adapters.sandbox.telegram_faults import Fault
from adapters.sandbox.telegram_people import NoSuchPerson, NotPossible, People
from adapters.sandbox.telegram_requests import Upload, form_of
from adapters.sandbox.telegram_state import TelegramState

PAGE: Final = Path(__file__).parent / "chat_page"
NO_STORE: Final = {"Cache-Control": "no-store"}
FAULTS: Final = TypeAdapter(list[Fault])

Wish = TypeVar("Wish", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewPerson(_Wish):
    """Somebody who is to be there."""

    first_name: str
    language_code: str = "ru"
    stars: int = 1000
    id: int | None = None
    username: str | None = None


class Text(_Wish):
    """Something written."""

    text: str
    reply_to_message_id: int | None = None


class Tap(_Wish):
    """A tap on a button."""

    message_id: int
    data: str
    forced: bool = False


class Pay(_Wish):
    """A tap on Pay."""

    message_id: int
    forced: bool = False


class Forward(_Wish):
    """A message for somebody else."""

    message_id: int
    to: int


class Block(_Wish):
    """The bot is blocked, or no longer."""

    blocked: bool


class Refund(_Wish):
    """Stars are asked back."""

    telegram_payment_charge_id: str


class Messenger:
    """Answers for people. What cannot be done is a 400 with its `error`, whoever is not there a 404."""

    def __init__(self, state: TelegramState, people: People) -> None:
        self._state = state
        self._people = people

    def app(self) -> Starlette:
        """The ASGI app. Its start goes on with the webhook of an earlier life; its end keeps everything."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self._state.webhook.start()
            yield
            await self._state.close()

        user = "/api/users/{user:int}"
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/page/{name}", self._page),
                Route("/api/bot", self._bot),
                Route("/api/users", self._users),
                Route("/api/users", self._guarded(self._add), methods=["POST"]),
                Route(f"{user}/messages", self._guarded(self._messages)),
                Route(f"{user}/events", self._guarded(self._events)),
                Route(f"{user}/text", self._guarded(self._text), methods=["POST"]),
                Route(f"{user}/files", self._guarded(self._files), methods=["POST"]),
                Route(f"{user}/tap", self._guarded(self._tap), methods=["POST"]),
                Route(f"{user}/pay", self._guarded(self._pay), methods=["POST"]),
                Route(f"{user}/forward", self._guarded(self._forward), methods=["POST"]),
                Route(f"{user}/block", self._guarded(self._block), methods=["POST"]),
                Route(f"{user}/refund", self._guarded(self._refund), methods=["POST"]),
                Route("/api/files/{file_id}", self._file),
                Route("/sandbox/faults", self._guarded(self._faults), methods=["POST"]),
                Route("/sandbox/calls", self._calls),
            ],
            lifespan=lifespan,
        )

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                response = await endpoint(request)
            except NoSuchPerson as error:
                return _json({"error": str(error)}, status=404)
            except NotPossible as error:
                return _json({"error": str(error)}, status=400)
            except ValidationError as error:
                faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
                return _json({"error": "; ".join(faults)}, status=400)
            await self._state.store.settled()
            return response

        return answer

    async def _index(self, _request: Request) -> Response:
        return await _of_the_page("index.html")

    async def _page(self, request: Request) -> Response:
        return await _of_the_page(request.path_params["name"])

    async def _bot(self, request: Request) -> Response:
        language, profile, bot = request.query_params.get("language", ""), self._state.profile, self._state.bot
        return _json(
            {
                "id": bot["id"],
                "first_name": profile.text_for("name", language) or bot["first_name"],
                "username": bot["username"],
                "description": profile.text_for("description", language),
                "commands": profile.commands_for(language),
            }
        )

    async def _users(self, _request: Request) -> Response:
        return _json([chat.person.shown() for chat in self._state.chats])

    async def _add(self, request: Request) -> Response:
        wish = await _wish(request, NewPerson)
        person = self._people.add(
            wish.first_name, language_code=wish.language_code, stars=wish.stars, id=wish.id, username=wish.username
        )
        return _json(person.shown())

    async def _messages(self, request: Request) -> Response:
        chat, after = self._people.chat(request.path_params["user"]), _number(request.query_params.get("after"))
        living = [kept for number, kept in chat.messages.items() if number > after and not kept.deleted]
        return _json(
            {
                "messages": [kept.message for kept in living],
                "receipts": {str(kept.message["message_id"]): kept.charge for kept in living if kept.charge},
                "stars": chat.person.stars,
                "blocked": chat.person.blocked,
                "action": chat.action,
                "cursor": chat.person.cursor,
            }
        )

    async def _events(self, request: Request) -> Response:
        chat = self._people.chat(request.path_params["user"])
        last = request.headers.get("last-event-id") or request.query_params.get("cursor")
        cursor = chat.person.cursor if last is None else _number(last)
        return event_stream(chat, cursor=cursor, store=self._state.store)

    async def _text(self, request: Request) -> Response:
        wish = await _wish(request, Text)
        return _json(self._people.text(_user(request), wish.text, reply_to=wish.reply_to_message_id))

    async def _files(self, request: Request) -> Response:
        self._people.chat(_user(request))
        try:
            parts = await form_of(request.headers, await request.body())
        except (MultiPartException, KeyError):
            raise NotPossible("files come in a multipart form") from None
        uploads = [said for name, said in parts if name == "file" and isinstance(said, Upload)]
        fields = {name: said for name, said in parts if isinstance(said, str)}
        as_file, caption = fields.get("as_file") == "1", fields.get("caption", "")
        return _json(await self._people.files(_user(request), uploads, as_file=as_file, caption=caption))

    async def _tap(self, request: Request) -> Response:
        wish = await _wish(request, Tap)
        query = self._people.tap(_user(request), wish.message_id, wish.data, forced=wish.forced)
        return _json({"callback_query_id": query})

    async def _pay(self, request: Request) -> Response:
        wish = await _wish(request, Pay)
        payment = await self._people.pay(_user(request), wish.message_id, forced=wish.forced)
        told = {"status": payment.status, "error_message": payment.error_message}
        return _json({name: said for name, said in told.items() if said is not None})

    async def _forward(self, request: Request) -> Response:
        wish = await _wish(request, Forward)
        return _json(self._people.forward(_user(request), wish.message_id, to=wish.to))

    async def _block(self, request: Request) -> Response:
        wish = await _wish(request, Block)
        self._people.block(_user(request), blocked=wish.blocked)
        return _json({"blocked": wish.blocked})

    async def _refund(self, request: Request) -> Response:
        wish = await _wish(request, Refund)
        self._people.refund(_user(request), wish.telegram_payment_charge_id)
        return _json({"stars": self._people.chat(_user(request)).person.stars})

    async def _file(self, request: Request) -> Response:
        file = self._state.files.find(request.path_params["file_id"])
        if file is None:
            return _json({"error": "no such file"}, status=404)
        data = await self._state.files.bytes_of(file)
        return ranged(data, request.headers.get("range"), media_type=file.media_type)

    async def _faults(self, request: Request) -> Response:
        faults = FAULTS.validate_json(await request.body())
        self._state.faults.clear(faults)
        return _json({"faults": len(faults)})

    async def _calls(self, _request: Request) -> Response:
        return _json([call.shown() for call in self._state.calls])


async def _wish(request: Request, wish: type[Wish]) -> Wish:
    return wish.model_validate_json(await request.body())


def _user(request: Request) -> int:
    user: int = request.path_params["user"]
    return user


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _json(content: Any, *, status: int = 200) -> Response:  # noqa: ANN401 - whatever JSON can say
    return Response(orjson.dumps(content), status_code=status, media_type="application/json", headers=NO_STORE)


async def _of_the_page(name: str) -> Response:
    path = PAGE / name
    if path.parent != PAGE or not path.is_file():
        return Response("Not Found", status_code=404, headers=NO_STORE)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(await asyncio.to_thread(path.read_bytes), media_type=media_type, headers=NO_STORE)
