"""aiogram's memory of the dialogue, buffered: handlers change the conversation in hand, nothing is written under them.

Implements aiogram's `BaseStorage`. Only people whose update is being handled are known here; their updates are handled
one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiogram.fsm.state import State
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey

from bot.conversation import Conversation


class BufferedStorage(BaseStorage):
    """The conversations in hand."""

    def __init__(self) -> None:
        self._in_hand: dict[int, Conversation] = {}

    @contextmanager
    def holding(self, account: int, conversation: Conversation) -> Iterator[None]:
        """Has the conversation in hand until it is left."""
        assert account not in self._in_hand, "updates of one account are handled one at a time"
        self._in_hand[account] = conversation
        try:
            yield
        finally:
            del self._in_hand[account]

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        """Takes the person to a step; None: to none."""
        self._in_hand[key.user_id].state = state.state if isinstance(state, State) else state

    async def get_state(self, key: StorageKey) -> str | None:
        """The step that the person is at."""
        conversation = self._in_hand.get(key.user_id)
        return None if conversation is None else conversation.state

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        """Replaces the memory."""
        self._in_hand[key.user_id].memory = dict(data)

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        """A copy of the memory."""
        conversation = self._in_hand.get(key.user_id)
        return {} if conversation is None else dict(conversation.memory)

    async def close(self) -> None:
        """There is nothing to close."""
