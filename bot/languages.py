"""What people speak, for those who speak to them first: feedback and captions."""

from __future__ import annotations

from bot.ports import Inbox
from bot.texts import Language


class Languages:
    """Reads the language from the person's dialogue. Whoever is not known is spoken to in Russian."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def of(self, account: int) -> Language:
        """The language to speak to this person."""
        known = await self._inbox.language(account)
        return Language.RU if known is None else Language(known)
