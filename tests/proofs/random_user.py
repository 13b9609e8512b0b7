"""People who do anything at any time, driven by hypothesis.

One rule chooses among actions, as in the machine of the ledger: of rules hypothesis switches some off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from aiogram.types import Update
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bot.purse.checkout import answer_to
from bot.purse.invite import payload_for
from bot.texts import Language
from domain.bonus import GiveBonus
from domain.promo import CreatePromo
from tests.bot.purse.chat import about_to_pay, as_it_stands, payment, refund
from tests.proofs import anything as a
from tests.proofs.chats import Chats, World

PEOPLE: Final = 3
OVER: Final = timedelta(hours=1)
MEMBERS: Final = st.sampled_from(("kicked", "member"))
UNKNOWN_CHARGE: Final = "a.charge.of.nobody"


class Doing:
    """One person's next deed. `draw` chooses what it leaves open."""

    def __init__(self, chats: Chats, user: int, draw: Any) -> None:
        self._chats = chats
        self._user = user
        self._draw = draw
        self._scene = chats.world.scene

    async def _update(self, kind: str = "message", **fields: Any) -> None:
        await self._chats.receives(self._user, self._scene.update(self._user, **fields), kind=kind)

    async def text(self) -> None:
        """Writes anything."""
        await self._update(text=self._draw(a.TEXTS))

    async def line(self) -> None:
        """Writes a command."""
        chats = self._chats
        names = {
            "code": chats.code,
            "used_up": chats.over,
            "ref": payload_for(self._draw(st.sampled_from(chats.people))),
        }
        await self._update(text=self._draw(a.LINES).format_map(names))

    async def welcome(self) -> None:
        """Presses Start."""
        await self._update(text="/start")

    async def photo(self) -> None:
        """Sends a photo, maybe as a part of an album."""
        album = self._draw(a.ALBUMS)
        fields = {"photo": self._draw(st.sampled_from(a.PHOTOS)), "caption": self._draw(a.CAPTIONS), "album": album}
        await self._update("album" if album else "message", **fields)

    async def document(self) -> None:
        """Sends a file, maybe as a part of an album."""
        album, kind = self._draw(a.ALBUMS), self._draw(a.KINDS)
        file = {"file_id": self._draw(st.sampled_from(a.PHOTOS)), "file_name": self._draw(a.NAMES)}
        document = {**file, "mime_type": kind} if kind else file
        await self._update("album" if album else "message", document=document, album=album)

    async def thing(self) -> None:
        """Sends something else."""
        name = self._draw(st.sampled_from(sorted(a.THINGS)))
        await self._update("note" if name in a.UNANSWERED else "message", message=a.THINGS[name])

    async def tap(self) -> None:
        """Taps a button of the newest message that has one."""
        mine = [seen for seen in self._chats.data if seen[0] == self._user]
        newest = [seen for seen in mine if seen[1] == max(number for _, number, _ in mine)]
        await self._taps(newest)

    async def old_tap(self) -> None:
        """Taps a button of any message ever shown."""
        await self._taps([seen for seen in self._chats.data if seen[0] == self._user])

    async def foreign_tap(self) -> None:
        """Sends what another one's button says."""
        others = [seen for seen in self._chats.data if seen[0] != self._user]
        if others:
            _, number, data = self._draw(st.sampled_from(others))
            await self._update(tap=(number, data))

    async def forged_tap(self) -> None:
        """Sends what no button ever said."""
        await self._update(tap=(self._draw(st.integers(1, 50)), self._draw(a.FORGED)))

    async def no_message(self) -> None:
        """Taps a button on a message that the messenger does not tell any more."""
        if self._chats.data:
            _, number, data = self._draw(st.sampled_from(self._chats.data))
            query = self._scene.update(self._user, tap=(number, data)).model_dump(exclude_none=True)
            del query["callback_query"]["message"]
            await self._chats.receives(self._user, Update.model_validate(query))

    async def _taps(self, seen: list[tuple[int, int, str]]) -> None:
        if not seen:
            return await self.welcome()
        _, number, data = self._draw(st.sampled_from(seen))
        if (self._user, number) in self._scene.shown:
            await self._chats.receives(self._user, as_it_stands(self._scene, self._user, number, data))
        else:
            await self._update(tap=(number, data))
        return None

    async def again(self) -> None:
        """The last update is handled again, as after a crash before its end was kept, or after it."""
        if self._chats.last is None:
            return
        user, update, before, kind = self._chats.last
        jobs = dict(self._chats.jobs)
        forgotten = self._draw(st.booleans())
        if forgotten:
            self._scene.conversations[user] = before.model_copy(deep=True)
        silent = kind if forgotten or kind != "message" or update.callback_query else "other"
        await self._chats.receives(user, update, kind=silent)
        assert jobs == self._chats.jobs, "an update that was handled twice ordered twice"

    async def edited(self) -> None:
        """Changes a message that was sent."""
        update = self._scene.update(self._user, self._draw(a.TEXTS)).model_dump(exclude_none=True)
        update["edited_message"] = {**update.pop("message"), "edit_date": 1}
        await self._chats.receives(self._user, Update.model_validate(update), kind="other")

    async def orders(self) -> None:
        """Goes from a photo to the tap that orders; or stops on the way, where anything may follow."""
        await self._update(photo="coffee.jpg")
        steps = ("i:", "s:product:", "s:wishes:", "c:count:1:", "ok:")
        for start in steps[: self._draw(st.sampled_from((5, 5, 4, 3, 2)))]:
            if start[0] in "is" and self._draw(st.booleans()):
                await self.text()
                continue
            mine = [seen for seen in self._chats.data if seen[0] == self._user and seen[2].startswith(start)]
            await self._taps(mine[-1:])

    async def changes(self) -> None:
        """Changes a part of the newest card, by a tap or in words."""
        mine = [seen for seen in self._chats.data if seen[0] == self._user and seen[2].startswith("e:")]
        await self._taps(mine[-9:])
        await self.text() if self._draw(st.booleans()) else await self.tap()

    async def buys(self) -> None:
        """Asks for an invoice."""
        await self._update(text="/buy")
        mine = [seen for seen in self._chats.data if seen[0] == self._user and seen[2].startswith("b:")]
        await self._taps(mine)

    async def asks_to_pay(self) -> None:
        """Taps Pay on an invoice, maybe on a forwarded one."""
        for invoice in self._some_invoice():
            query = about_to_pay(self._user, invoice)
            answer = await answer_to(query, self._scene.desk, self._draw(st.sampled_from(Language)))
            assert answer.ok or answer.error_message
            assert answer.pre_checkout_query_id == query.id

    async def pays(self) -> None:
        """Pays an invoice; one's own, or another one's, which Telegram may let happen."""
        for invoice in self._some_invoice():
            charge = f"charge.{self._user}.{len(self._chats.charges)}"
            self._chats.charges.append((self._user, invoice, charge))
            await self._update("message", message=payment(invoice, charge))

    async def pays_twice(self) -> None:
        """The news of a payment come again, in an update of their own."""
        for user, invoice, charge in self._some_charge():
            await self._chats.receives(user, self._scene.update(user, message=payment(invoice, charge)), kind="payment")

    async def refunded(self) -> None:
        """Gets Stars back; maybe again, maybe before the payment was heard of."""
        for user, invoice, charge in self._some_charge():
            known = self._draw(st.integers(0, 5))
            told = refund(invoice, charge if known else f"{UNKNOWN_CHARGE}.{user}")
            await self._chats.receives(user, self._scene.update(user, message=told), kind="payment")

    def _some_invoice(self) -> list[Any]:
        found = self._chats.invoices
        return [self._draw(st.sampled_from(found))] if found else []

    def _some_charge(self) -> list[Any]:
        found = self._chats.charges
        return [self._draw(st.sampled_from(found))] if found else []

    async def member(self) -> None:
        """Blocks the bot, or lets it in again."""
        update = self._scene.update(self._user, "x")
        assert update.message is not None
        said = update.message.model_dump(exclude_none=True, include={"chat", "from_user", "date"})
        bot = {"id": 7_000_000_001, "is_bot": True, "first_name": "Neurocards"}
        new = {"user": bot, "status": self._draw(MEMBERS)}
        new |= {"until_date": 0} if new["status"] == "kicked" else {}
        member = {**said, "from": said["from_user"], "old_chat_member": {"user": bot, "status": "member"}}
        changed = {"update_id": update.update_id, "my_chat_member": {**member, "new_chat_member": new}}
        await self._chats.receives(self._user, Update.model_validate(changed), kind="other")

    async def job(self) -> None:
        """Nothing; the pipeline does something instead."""
        if self._chats.orders:
            await self._chats.job_moves(self._draw)


WEIGHTS: Final = {
    "text": 3, "line": 3, "photo": 2, "document": 1, "thing": 1, "tap": 5, "old_tap": 2, "foreign_tap": 1,
    "forged_tap": 1, "no_message": 1, "again": 2, "edited": 1, "pays": 2, "pays_twice": 1, "refunded": 1, "member": 1,
    "asks_to_pay": 1, "job": 4, "welcome": 1, "orders": 5, "buys": 2,
    "changes": 3,
}  # fmt: skip  # a table reads better in lines
ACTIONS: Final = st.sampled_from([name for name, weight in WEIGHTS.items() for _ in range(weight)])


class RandomUser(RuleBasedStateMachine):
    """Some people, one of whom does something at each step."""

    world: ClassVar[World]
    chats: Chats

    @initialize()
    def come(self) -> None:
        """New people, and two codes: one for everybody, one whose time is over."""
        world = self.world
        number = next(world.numbers)
        people = [number * 10 + at for at in range(1, PEOPLE + 1)]
        self.chats = Chats(world, people, code=f"SPRING{number}", over=f"OVER{number}")
        now = datetime.now(UTC)
        terms = {"campaign": "spring", "amount": 5, "reason": "spring", "by": "anna"}
        for code, at, until in ((self.chats.code, now, None), (self.chats.over, now - 2 * OVER, now - OVER)):
            made = CreatePromo.model_validate({**terms, "code": code, "at": at, "expires_at": until})
            world.run(world.scene.desk.executor.execute(made))
        world.scene.languages[people[1]] = "en"
        world.scene.folder.files.update(a.BYTES)
        for user in people[:-1]:
            world.run(self.chats.receives(user, world.scene.update(user, "/start")))
        gift = GiveBonus(account=people[0], at=now, source="gift", amount=20, reason="a gift", by="a test")
        world.run(world.scene.desk.executor.execute(gift))

    @rule(data=st.data(), action=ACTIONS)
    def does(self, data: st.DataObject, action: str) -> None:
        """Something."""
        user = data.draw(st.sampled_from(self.chats.people), label="who")
        self.world.done[action] = self.world.done.get(action, 0) + 1
        self.world.run(getattr(Doing(self.chats, user, data.draw), action)())

    def teardown(self) -> None:
        """The books are right."""
        if hasattr(self, "chats"):
            self.world.run(self.world.scene.verified())
