"""The demo: the whole product with every service outside a sandbox on this machine, and a page to chat with the bot.

Nothing that is set reaches it but where its data lie: no key of a real service, no address, no storage.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from app.company import Company, Instead, company_at
from app.database import Place
from app.outside import PLAY_KEY
from app.settings import Settings

TASK_S: Final = 6
"""A video takes so long in the demo: time enough to see it being made."""

FILM_S: Final = 8
STOP_WITHIN_S: Final = 5
SUPPORT: Final = "@neurocards_support"


@asynccontextmanager
async def demo_at(place: Place, settings: Settings, *, port: int | None = None) -> AsyncIterator[Company]:
    """Runs the demo until it is left. What was said, made and paid there is there again the next time.

    Raises what opening the database raises.
    """
    assert place.data_dir is not None, "play accounts belong in a database of our own"
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=TASK_S, length_max_s=FILM_S))
    telegram = TelegramSandbox(TelegramSandboxSettings(folder=place.data_dir / "telegram"))
    own = Settings.model_construct(
        data_dir=place.data_dir,
        data_key=settings.data_key,
        shards=settings.shards,
        http_port=0,
        chat_port=settings.chat_port if port is None else port,
        support_contact=SUPPORT,
        telegram_messages_per_s=0,
        poll_every_s=2,
        shutdown_s=STOP_WITHIN_S,
    )
    instead = Instead(kie=kie, telegram=telegram)
    async with company_at(place, own, web=True, work=True, talk=True, instead=instead) as company:
        yield company


def invitation(company: Company, data_dir: Path) -> str:
    """What the person at the terminal reads."""
    return (
        "\nNeurocards is running. Telegram, KIE and OpenAI are sandboxes on this machine: no account, no money.\n\n"
        f"    Open  {company.outside.chat_url}\n\n"
        "and press Start, drop the photo of a product into the chat, and tap your way to a video.\n"
        f"Ctrl-C ends it. Everything is kept in {data_dir} for the next time.\n"
    )
