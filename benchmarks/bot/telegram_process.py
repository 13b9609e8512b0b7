"""Telegram, played in a process of its own, with the people who chat there.

Its first line of input is the path of the photo that people send. It says where it can be reached and its bot's token,
and answers each line: a method of the `Crowd` and its argument, as in `arrive 50`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from adapters.sandbox.telegram_requests import Upload
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from app import logs, loop
from app.serving import serving
from benchmarks.bot.crowd import Crowd
from benchmarks.pipeline.lines import heard, say


async def main(photo: Upload) -> None:
    """Plays until standard input is closed."""
    telegram = TelegramSandbox()
    crowd = Crowd(telegram, photo)
    async with serving(telegram.app) as address:
        say({"address": address, "token": telegram.token})
        async for line in heard():
            say(await _answer(crowd, *line.split()))


async def _answer(crowd: Crowd, question: str, argument: str = "") -> dict[str, object]:
    match question:
        case "arrive":
            return crowd.arrive(int(argument))
        case "greet":
            return await crowd.greet()
        case "ask":
            return await crowd.ask(float(argument))
        case "prepare":
            return await crowd.prepare(int(argument))
        case "confirm":
            return await crowd.confirm(float(argument))
        case "receive":
            return await crowd.receive()
    msg = f"nobody here can {question}"
    raise ValueError(msg)


if __name__ == "__main__":
    logs.configure("warning")
    shown = Path(sys.stdin.readline().strip())
    loop.run(main(Upload(shown.name, "image/jpeg", shown.read_bytes())))
