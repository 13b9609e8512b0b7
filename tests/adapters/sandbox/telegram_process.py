"""A Telegram sandbox as a process of its own, to be killed: prints its address and serves until then."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from app.serving import serving


async def main(folder: Path) -> None:
    """Serves what is in the folder."""
    async with serving(TelegramSandbox(TelegramSandboxSettings(folder=folder)).app) as address:
        print(address, flush=True)  # noqa: T201 - how the test learns the address
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
