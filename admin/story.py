"""The demo: a day of three sellers on the real ledger, told line by line and checked at the end."""

from __future__ import annotations

from typing import TextIO

from admin.cast import PATIENCE_S, Cast, Person
from admin.history import history
from admin.office import FINDING, OK, Office
from admin.verification import in_words
from domain.catalogue import Catalogue
from domain.failures import FailureClass
from processors.freshness import wait_for
from processors.verify import verify


async def play(office: Office, catalogue: Catalogue, out: TextIO) -> int:
    """Plays the story, shows each account's statement, and verifies the whole log; 1 when the books are wrong."""
    cast = Cast(office, catalogue, out)
    plain, better, *_ = (model.id for model in catalogue.models if model.open)
    cast.say("Three sellers, their videos, and every credit accounted for")
    anna, boris, galina = await _morning(cast, plain)
    await _noon(cast, boris, galina, plain)
    await _evening(cast, anna, better)
    for person in (anna, boris, galina):
        cast.say(f"\nStatement of {person.name}, account {person.account}")
        await history(office.accounts, person.account, out=out)
    return await _check(office, cast, (anna, boris, galina))


async def _morning(cast: Cast, model: str) -> tuple[Person, Person, Person]:
    cast.say("\nMorning: accounts, gifts and a first order")
    anna = await cast.opens("Анна")
    await cast.buys(anna, 10, stars=500)
    boris = await cast.opens("Борис", invited_by=anna)
    await cast.is_given(boris, 5, source="thanks", reason="спасибо за подробный отзыв", by="support")
    galina = await cast.opens("Галина")
    await cast.is_given(galina, 3, source="promo.SPRING", reason="весенний промокод", by="promo SPRING", days=30)
    jobs = await cast.orders(anna, 5, model=model, product="Кружка ручной работы", taps=2)
    await cast.receive(anna, jobs[:4])
    await cast.fails(anna, jobs[4], FailureClass.TEMPORARY, "сервис не ответил вовремя")
    return anna, boris, galina


async def _noon(cast: Cast, boris: Person, galina: Person, model: str) -> None:
    cast.say("\nNoon: one video arrives, one fails, one is not wanted any more")
    first, second, third = await cast.orders(boris, 3, model=model, product="Льняная скатерть")
    await cast.cancels(boris, third)
    await cast.receive(boris, [first])
    await cast.fails(boris, second, FailureClass.USER_VIOLATION, "на фото видно лицо")
    await cast.orders(galina, 5, model=model, product="Свеча из пчелиного воска")
    await cast.receive(galina, await cast.orders(galina, 1, model=model, product="Свеча из пчелиного воска"))


async def _evening(cast: Cast, anna: Person, model: str) -> None:
    cast.say("\nEvening: a purchase is undone after it was spent, and the next one settles the debt")
    charge = await cast.buys(anna, 20, stars=900)
    await cast.receive(anna, await cast.orders(anna, 5, model=model, product="Чайник из глины"))
    await cast.is_paid_back(anna, charge, stars=900)
    await cast.orders(anna, 1, model=model, product="Чайник из глины")
    await cast.buys(anna, 10, stars=500)
    await cast.receive(anna, await cast.orders(anna, 1, model=model, product="Чайник из глины"))


async def _check(office: Office, cast: Cast, people: tuple[Person, ...]) -> int:
    for person in people:
        head = await office.accounts.head(person.account)
        await wait_for(office.views, office.accounts.shard(person.account), head, patience_s=PATIENCE_S)
    cast.say("\nVerify: the whole log, read from its first event")
    report = await verify(office.verification, pace=0)
    for line in in_words(report):
        cast.say(line)
    return OK if report.sound else FINDING
