"""People's chats with the whole dialogue on a real ledger, and what must hold after everything that they do: they are
answered in a way that a messenger takes, nothing is raised, no credits are below nothing, and nothing is ordered that
nobody confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from aiogram.methods import AnswerCallbackQuery, SendInvoice
from aiogram.types import Update
from hypothesis import strategies as st

from bot.conversation import Conversation
from bot.feedback.captions import caption
from bot.feedback.card import card
from bot.feedback.ends import ends
from bot.feedback.told import NOTHING_TOLD
from bot.talk import Reply
from bot.texts import Language
from domain import ledger, streams
from domain.account import Account
from domain.failures import FailureClass
from domain.job_words import Outcome
from domain.refusals import Refusal
from processors.ports import EVERYTHING
from tests.bot.scene import Scene, buttons_of
from tests.domain.moves import moves
from tests.proofs.acceptable import must_be_taken

MAY_BE_SILENT: Final = ("album", "payment", "note", "other")
"""The rest of an album, a payment that was told, a note of the messenger's own, and what is no message at all."""


@dataclass
class World:
    """What all examples share: the bot at work, and new people for each."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    scene: Scene
    numbers: Any = field(default_factory=lambda: count(1_000))
    done: dict[str, int] = field(default_factory=dict)


@dataclass
class Chats:
    """One example's people, and all that they have seen."""

    world: World
    people: list[int]
    code: str
    over: str
    data: list[tuple[int, int, str]] = field(default_factory=list)
    """Chat, message and data of every button that was shown."""
    invoices: list[SendInvoice] = field(default_factory=list)
    charges: list[tuple[int, SendInvoice, str]] = field(default_factory=list)
    orders: list[tuple[int, str]] = field(default_factory=list)
    last: tuple[int, Update, Conversation, str] | None = None
    jobs: dict[int, int] = field(default_factory=dict)

    async def receives(self, user: int, update: Update, *, kind: str = "message") -> list[Reply]:
        """The update is handled; what is said is held against everything that must hold."""
        scene = self.world.scene
        before = scene.conversations.get(user, Conversation()).model_copy(deep=True)
        replies = await scene.receives(user, update)
        self.last = (user, update, before, kind)
        query = update.callback_query
        answers = [reply for reply in replies if isinstance(reply, AnswerCallbackQuery)]
        if query is not None:
            assert len(answers) == 1, f"{query.data!r} is answered by {replies}"
            assert answers[0].callback_query_id == query.id
            assert answers[0].text or len(replies) > 1, f"{query.data!r} is answered by silence"
        else:
            assert not answers
            assert replies or kind in MAY_BE_SILENT, f"{update} is answered by silence"
        for reply in replies:
            must_be_taken(reply, account=user)
        self._sees(user, replies)
        confirmed = query is not None and (query.data or "").startswith("ok:")
        await self._holds(user, may_order=confirmed)
        return replies

    def _sees(self, user: int, replies: list[Reply]) -> None:
        scene = self.world.scene
        self.invoices += [reply for reply in replies if isinstance(reply, SendInvoice)]
        for (owner, number), shown in scene.shown.items():
            if owner == user:
                for button in buttons_of(shown):
                    seen = (user, number, button.callback_data or "")
                    if seen[2] and seen not in self.data:
                        self.data.append(seen)

    async def _holds(self, user: int, *, may_order: bool) -> None:
        account = await self.account(user)
        if account is not None:
            assert account.available >= 0, account
            assert account.reserved >= 0, account
            assert account.debt >= 0, account
        scene = self.world.scene
        rows = await scene.store.pool.fetch(
            "SELECT DISTINCT stream FROM events WHERE type = 'JobQueued' AND stream LIKE $1", f"account/{user}/%"
        )
        known = self.jobs.get(user, 0)
        assert len(rows) == known or may_order, "something was ordered that nobody confirmed"
        self.jobs[user] = len(rows)
        held = 0 if account is None else len(account.reservations)
        assert held <= len(rows)
        for row in rows:
            order = (user, streams.id_of(row["stream"]).rpartition(".")[0])
            if order not in self.orders:
                self.orders.append(order)

    async def account(self, user: int) -> Account | None:
        """The account as the log has it; None when it is not open."""
        stream = streams.account(user)
        state = await self.state(stream)
        return state if isinstance(state, Account) else None

    async def state(self, stream: str) -> ledger.State:
        """The fold of a stream."""
        state = ledger.initial(stream)
        async for recorded in self.world.scene.desk.accounts.events(stream, upto=EVERYTHING):
            state = ledger.evolve(stream, state, recorded.event)
        return state

    async def job_moves(self, choose: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        """The pipeline does a step, or several, with one of somebody's jobs; then the bot tells of the order."""
        user, order = choose(st.sampled_from(self.orders))
        scene = self.world.scene
        standing = await scene.desk.orders.standing(user, order)
        job = choose(st.sampled_from([one.job for one in standing]))
        for _ in range(choose(st.sampled_from((1, 2, 9)))):
            now = datetime.now(UTC)
            failure = choose(st.sampled_from(FailureClass))
            wishes = moves(
                await self.state(streams.job(user, job)), now, failure=failure, outcome=choose(st.sampled_from(Outcome))
            )
            if not wishes:
                break
            wish = wishes[0] if choose(st.integers(0, 4)) else choose(st.sampled_from(wishes))
            try:
                await scene.desk.executor.execute(wish.model_copy(update={"account": user, "job": job, "at": now}))
            except Refusal:
                break
        await self._tells(user, order)

    async def _tells(self, user: int, order: str) -> None:
        """What the feedback says of the order by now: its card, its ends, its videos."""
        scene = self.world.scene
        jobs = await scene.desk.orders.standing(user, order)
        language = scene.conversations[user].language or Language.RU
        wait = await scene.desk.screens.wait(user, order)
        now = datetime.now(UTC)
        keyboards = [card(language, order, jobs, wait).keyboard]
        keyboards += [caption(language, job.job, job.queued).keyboard for job in jobs]
        keyboards += [end.keyboard for end in ends(language, order, jobs, NOTHING_TOLD, now=now, news_at=now)]
        for keyboard in keyboards:
            for row in [] if keyboard is None else keyboard.inline_keyboard:
                number = int(order.rpartition(".")[2])
                self.data += [(user, number, button.callback_data or "") for button in row]
