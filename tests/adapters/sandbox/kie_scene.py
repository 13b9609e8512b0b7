"""A KIE sandbox behind real HTTP, a client with its key, and somebody who takes the callbacks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from app.serving import serving

KEY, SECOND_KEY, FOREIGN_KEY = "key-of-ours", "second-key-of-ours", "key-of-others"
KEYS = {KEY: "ours", SECOND_KEY: "ours", FOREIGN_KEY: "others"}
WEBHOOK_KEY = "webhook-key"
KLING = "kling-2.6/image-to-video"


class Clock:
    """Unix seconds that stand still until moved."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Told:
    """One callback as it came in."""

    body: dict[str, Any]
    headers: httpx.Headers


@dataclass
class Listener:
    """Takes callbacks. Answers with `statuses` first, one each, and 200 afterwards; status 0 is no answer at all."""

    told: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)
    statuses: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        status = self.statuses.pop(0) if self.statuses else 200
        if status:
            await Response(status_code=status)(scope, receive, send)
        else:
            await receive()  # returns when the caller has given up
        self.told.put_nowait(Told(json.loads(body), httpx.Headers(request.headers.raw)))


@dataclass
class Scene:
    """Everything of one test. `callback_url` leads to `listener`."""

    sandbox: KieSandbox
    client: httpx.AsyncClient
    clock: Clock
    listener: Listener
    callback_url: str
    base_url: str

    async def upload(self, photo: bytes, *, name: str = "photo.jpg") -> str:
        """Hands in a photo; its address."""
        answer = await self.client.post(
            "/api/file-stream-upload", files={"file": (name, photo)}, data={"uploadPath": "photos", "fileName": name}
        )
        url: str = answer.json()["data"]["downloadUrl"]
        return url

    async def create(self, **more: Any) -> httpx.Response:
        """Asks for a task with an order that will do, changed by `more`."""
        content = {"model": KLING, "callBackUrl": self.callback_url, "input": kling()} | more
        headers = content.pop("headers", {})
        return await self.client.post("/api/v1/jobs/createTask", json=content, headers=headers)

    async def created(self, **more: Any) -> str:
        """Asks for a task that is taken; its id."""
        answer = (await self.create(**more)).json()
        assert (answer["code"], answer["msg"]) == (200, "success")
        task: str = answer["data"]["taskId"]
        return task

    async def record(self, task: str, **more: Any) -> dict[str, Any]:
        """The whole envelope of recordInfo."""
        answer = await self.client.get("/api/v1/jobs/recordInfo", params={"taskId": task}, **more)
        content: dict[str, Any] = answer.json()
        return content

    async def ended(self) -> dict[str, Any]:
        """The data of the next callback."""
        told = await self.listener.told.get()
        data: dict[str, Any] = told.body["data"]
        return data


def kling(**more: Any) -> dict[str, Any]:
    """An input that the model takes, without a photo of ours."""
    return {
        "prompt": "Кофе в чашке",
        "image_urls": ["http://127.0.0.1:1/photo.jpg"],
        "duration": "5",
        "sound": False,
        **more,
    }


@asynccontextmanager
async def kie(**settings: Any) -> AsyncIterator[Scene]:
    """A sandbox that is quick and renders nothing, unless the settings say otherwise, for three keys of two accounts.

    Its clock stands still. The order of `create` has a photo that cannot be fetched; upload one for a task that is to
    end well.
    """
    chosen: dict[str, Any] = {"keys": KEYS, "latency_s": 0, "rendering": "off", "callback_retry_s": 0} | settings
    clock, listener = Clock(), Listener()
    sandbox = KieSandbox(KieSandboxSettings(**chosen), clock=clock)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        # One server for the two: starting and stopping another would double the time of every test.
        app = listener if scope.get("path", "").startswith("/told") else sandbox.app
        await app(scope, receive, send)

    async with (
        serving(both) as base_url,
        httpx.AsyncClient(base_url=base_url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as client,
    ):
        yield Scene(sandbox, client, clock, listener, f"{base_url}/told", base_url)
