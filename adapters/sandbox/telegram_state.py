"""What one sandbox remembers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from adapters.sandbox.telegram_bell import Bell
from adapters.sandbox.telegram_calls import Call
from adapters.sandbox.telegram_chats import Chats
from adapters.sandbox.telegram_faults import script_of
from adapters.sandbox.telegram_files import Files
from adapters.sandbox.telegram_profile import Profile
from adapters.sandbox.telegram_queries import Queries
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from adapters.sandbox.telegram_stars import Stars
from adapters.sandbox.telegram_store import Folder, Nowhere, Store
from adapters.sandbox.telegram_updates import Updates
from adapters.sandbox.telegram_webhook import Webhook

BLOBS: Final = "files"


class TelegramState:
    """People, messages, files, updates, Stars, the bot's profile, the script of faults and the log of calls."""

    def __init__(self, settings: TelegramSandboxSettings, *, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.clock = clock
        self._closed = False
        folder = settings.folder
        self.store: Store = Nowhere() if folder is None else Folder(folder)
        self.faults = script_of(seed=settings.seed)
        self.faults.add(*settings.faults)
        self.bell = Bell()
        self.calls: deque[Call] = deque(maxlen=settings.calls_kept)
        self.calls_count = 0
        self.profile = Profile(self.store)
        self.chats = Chats(self.store, first_user_id=settings.first_user_id, events_kept=settings.events_kept)
        self.files = Files(self.store, folder=None if folder is None else folder / BLOBS)
        self.stars = Stars(self.store)
        self.queries = Queries(self.store, clock=clock, tap_kept_s=settings.query_kept_s)
        self.updates = Updates(self.store, settings=settings, faults=self.faults, bell=self.bell, clock=clock)
        self.webhook = Webhook(self.updates, self.store, settings=settings, clock=clock)
        self.bot: dict[str, Any] = {
            "id": int(settings.token.partition(":")[0]),
            "is_bot": True,
            "first_name": settings.first_name,
            "username": settings.username,
        }

    @property
    def now(self) -> int:
        """Unix seconds, whole ones as in messages."""
        return int(self.clock())

    async def close(self) -> None:
        """Lets go of what is under way and keeps the rest."""
        if self._closed:
            return
        self._closed = True
        for chat in self.chats:
            chat.close()
        await self.webhook.close()
        await self.store.close()
