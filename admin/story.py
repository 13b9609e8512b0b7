"""The demo: three sellers, their photos and videos, everything that can go wrong, and the books checked at the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Final, TextIO

from admin.cast import Cast, Person, Product
from admin.feed import Feed, feed_of
from admin.history import history
from admin.office import FINDING, OK, Office, WrongUse
from admin.props import Mishap, Props
from admin.verification import in_words
from domain.catalogue import Catalogue
from processors.freshness import wait_for
from processors.verify import verify

PAUSED: Final = "sora-2"
"""Closed in the catalogue, as its vendor paused it; a card that was sent before still offers it."""

PACKAGE: Final = 10
STARS: Final = 500
PATIENCE_S: Final = 30.0


async def play(office: Office, catalogue: Catalogue, props: Props, out: TextIO) -> int:
    """Plays the story, shows the videos and each account's statement, and verifies the whole log.

    1 when the books are wrong. Raises WrongUse when there is not one photo.
    """
    async with feed_of(office, out) as feed:
        story = _Story(Cast(office, catalogue, props, feed), feed, props, catalogue)
        await story.photos_become_videos()
        await story.things_go_wrong()
        await story.a_model_is_paused()
        await story.a_purchase_is_undone()
    await story.show_videos()
    for person in story.people:
        feed.say(f"\nStatement of {person.name}, account {person.account}")
        await history(office.accounts, person.account, out=out)
    return await _check(office, feed, story.people)


class _Story:
    """The chapters, in their order. `photos` are those that became a video, `people` those who came in so far."""

    def __init__(self, cast: Cast, feed: Feed, props: Props, catalogue: Catalogue) -> None:
        self._cast = cast
        self._feed = feed
        self._props = props
        self._models = [model for model in catalogue.models if model.open]
        self.people: list[Person] = []
        self.photos: list[Path] = []
        self._charge = ""

    async def photos_become_videos(self) -> None:
        cast, feed = self._cast, self._feed
        feed.say("1. Photos become videos; a file that is none is refused before any credit moves")
        anna = await self._comes("Анна")
        self._charge = await cast.buys(anna, PACKAGE, stars=STARS)
        shown = [(photo, await cast.shows(anna, photo)) for photo in self._props.photos()]
        wanted = [(photo, product) for photo, product in shown if product is not None]
        if not wanted:
            msg = "there is no photo in the folder"
            raise WrongUse(msg)
        by = [model for _, model in zip(wanted, cycle(self._models), strict=False)]
        if (price := sum(model.price for model in by)) > PACKAGE:
            await cast.buys(anna, price, stars=STARS // PACKAGE * price)
        jobs = [
            (photo, await cast.orders(anna, product, model)) for (photo, product), model in zip(wanted, by, strict=True)
        ]
        for photo, ordered in jobs:
            ends = await cast.hears_out(anna, ordered)
            self.photos += [photo for end in ends if end.captured]
        self.photos = self.photos or [photo for photo, _ in wanted]

    async def things_go_wrong(self) -> None:
        cast, feed = self._cast, self._feed
        feed.say("\n2. Things go wrong outside, and are put right without anybody's help")
        boris = await self._comes("Борис", invited_by=self.people[0])
        await cast.is_given(boris, 5, source="thanks", reason="спасибо за подробный отзыв", by="support")
        product, model = await self._shows(boris, 1), self._models[0]
        unwritten = await cast.orders(boris, product, model, mishap=Mishap.WRITER_DOWN)
        await cast.have_scripts(boris, unwritten)  # the script service is down for whoever asks next
        overloaded = await cast.orders(boris, product, model, mishap=Mishap.OVERLOADED)
        unanswered = await cast.orders(boris, product, model, mishap=Mishap.ANSWER_LOST)
        unsent = await cast.orders(boris, product, model, mishap=Mishap.SEND_FAILS)
        await cast.hears_out(boris, [*unwritten, *overloaded, *unanswered, *unsent])
        for job in unanswered:
            made = self._props.tasks_of(job)
            feed.say(f"  The lost answer: {made} task was made and paid for job {job}, and its callback told us")

    async def a_model_is_paused(self) -> None:
        cast, feed = self._cast, self._feed
        feed.say("\n3. A model is paused by its vendor; another makes three videos of one order")
        galina = await self._comes("Галина")
        await cast.is_given(galina, 3, source="promo.SPRING", reason="весенний промокод", by="promo SPRING", days=30)
        product = await self._shows(galina, 2)
        await cast.hears_out(galina, await cast.orders(galina, product, cast.model(PAUSED)))
        if await self._props.is_off(PAUSED):
            feed.say(f"  {cast.model(PAUSED).name} is switched off for everybody until it answers again")
        await cast.hears_out(galina, await cast.orders(galina, product, self._models[0], count=3, taps=2))
        await cast.hears_out(galina, await cast.orders(galina, product, self._models[0], count=5))

    async def a_purchase_is_undone(self) -> None:
        cast, anna, model = self._cast, self.people[0], self._models[0]
        self._feed.say("\n4. A purchase is undone after it was spent, and the next one settles the debt")
        product = await self._shows(anna, 0)
        await cast.is_paid_back(anna, self._charge, stars=STARS)
        await cast.hears_out(anna, await cast.orders(anna, product, model))
        await cast.buys(anna, PACKAGE, stars=STARS)

    async def show_videos(self) -> None:
        self._feed.say("\nVideos on disk")
        for person, job in self._cast.delivered:
            film = await self._props.film(person.account, job)
            size = f"{film.size_bytes / 1024:.0f} KiB".rjust(8)
            self._feed.say(f"  {size}  {film.seconds:.1f} s  {film.width:>4}x{film.height:<4}  {film.path}")

    async def _comes(self, name: str, *, invited_by: Person | None = None) -> Person:
        person = await self._cast.opens(name, invited_by=invited_by)
        self.people.append(person)
        return person

    async def _shows(self, person: Person, number: int) -> Product:
        product = await self._cast.shows(person, self.photos[number % len(self.photos)])
        assert product is not None, "the same file was a photo a moment ago"
        return product


async def _check(office: Office, feed: Feed, people: Sequence[Person]) -> int:
    for person in people:
        head = await office.accounts.head(person.account)
        await wait_for(office.views, office.accounts.shard(person.account), head, patience_s=PATIENCE_S)
    feed.say("\nVerify: the whole log, read from its first event")
    report = await verify(office.verification, pace=0)
    for line in in_words(report):
        feed.say(line)
    return OK if report.sound else FINDING
