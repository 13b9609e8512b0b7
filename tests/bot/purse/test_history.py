"""The history: every kind of credit operation in words that are nobody's jargon, and its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from aiogram.methods import EditMessageText

from bot.conversation import Conversation
from bot.purse.history import TOLD, line_in_words
from bot.talk import Talk
from bot.texts import Language
from domain import account_words as w
from domain.bonus import GiveBonus
from domain.failures import FailureClass
from domain.log import NO_CAUSE, Recorded
from domain.lots import Draw, LotKind
from domain.promo import CodeClaimed
from domain.promo import gift as gift_of_code
from domain.referral import source_of as source_of_friend
from domain.shown import Line
from projections.books import Books
from projections.views import line as line_of
from tests.bot.purse.chat import ANNA, balance, gets_invoice, payment, refund, tap
from tests.bot.scene import Scene, words

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
JOB = "b7000000001.42.1001.0"
DRAW = Draw(lot="welcome", kind=LotKind.BONUS, amount=2)
JARGON = re.compile(
    r"[{}_/]|\(by|neurocards|telegram|referral|promo\.|failed|USER_|BILLING|welcome|b7000", re.IGNORECASE
)


def granted(source: str) -> w.CreditsGranted:
    """A gift of that source."""
    return w.CreditsGranted(
        source=source, amount=2, debt_settled=0, expires_at=None, reason="for the QA_team", by="neurocards"
    )


def refunded(reason: str) -> w.CreditRefunded:
    """A job's credits came back."""
    return w.CreditRefunded(job=JOB, amount=2, returned=(DRAW,), to_debt=(), reason=reason)


def revoked(revocation: str, reason: str) -> w.CreditsRevoked:
    """Credits were taken."""
    return w.CreditsRevoked(
        revocation=revocation, amount=2, draws=(DRAW,), debt=0, of=None, reason=reason, by="telegram"
    )


def every_line() -> Iterator[tuple[w.AccountEvent, str, str]]:
    """Every kind of event, with what changes by it and some of its words."""
    yield granted("welcome"), "+2", "регистрацию"
    yield granted("promo.SPRING"), "+2", "промокод SPRING"
    yield granted(source_of_friend(43)), "+2", "приглашённый друг"
    yield granted("grant-by-hand"), "+2", "подарок от нас"
    bought = w.CreditsPurchased(source="c1", amount=2, debt_settled=0, reason="payment", by="telegram")
    yield bought, "+2", "покупка"
    yield w.CreditReserved(job=JOB, amount=2, draws=(DRAW,)), "−2", "заказ №1001, видео 1: заказано"
    yield w.CreditCaptured(job=JOB, amount=2, draws=(DRAW,)), "0", "заказ №1001, видео 1: доставлено"
    yield refunded("cancelled"), "+2", "вы отменили"
    for failure in FailureClass:
        expected = "не подошли" if failure is FailureClass.USER_VIOLATION else "не получилось"
        yield refunded(f"failed: {failure}"), "+2", expected
    yield revoked("c1", "payment refunded"), "−2", "возврат оплаты"
    yield revoked(source_of_friend(43), "referral's payment refunded"), "−2", "друг вернул оплату"
    yield revoked("r1", "mistake"), "−2", "списано поддержкой"
    yield w.CreditsExpired(expired=DRAW), "−2", "сгорели"


def line(event: w.AccountEvent) -> Line:
    """The statement's line of the event, as the view would hold it."""
    recorded = Recorded(0, 5, "account/42", 5, type(event).__name__, event, UUID(int=5), AT, NO_CAUSE)
    shown = line_of(ANNA, recorded, Books())
    return Line(*(getattr(shown, field) for field in Line._fields))


def talk_in(language: Language) -> Talk:
    """Somebody who speaks it."""
    conversation = Conversation(language=language)
    return Talk(account=ANNA, bot=1, update=1, received_at=AT, conversation=conversation)


def test_every_credit_event_is_a_line() -> None:
    events = {event.__name__ for event in get_args(w.AccountEvent)} - {"AccountOpened"}
    assert set(TOLD) == events
    assert {type(event).__name__ for event, _, _ in every_line()} == events


@pytest.mark.parametrize(("event", "change", "reason"), list(every_line()))
def test_a_line_says_when_how_much_and_why(event: w.AccountEvent, change: str, reason: str) -> None:
    said = line_in_words(line(event), talk_in(Language.RU))
    assert said.startswith(f"01.11.26  <b>{change}</b>  ")
    assert reason in said
    assert "Стало: 0 кредитов" in said


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("event", [event for event, _, _ in every_line()])
def test_a_line_holds_no_words_of_the_machine(event: w.AccountEvent, language: Language) -> None:
    said = line_in_words(line(event), talk_in(language))
    assert JARGON.search(re.sub(r"</?b>", "", said)) is None


def test_a_line_tells_the_debt_after_it() -> None:
    owing = line(revoked("r1", "mistake"))._replace(debt=3)
    assert "долг: 3 кредита" in line_in_words(owing, talk_in(Language.RU))


def test_an_order_that_came_from_no_card_has_a_line_too() -> None:
    other = line(w.CreditReserved(job="strange", amount=1, draws=(DRAW,)))
    assert "заказано" in line_in_words(other, talk_in(Language.RU))


async def test_the_history_tells_what_happened_newest_first(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    claimed = CodeClaimed(account=ANNA, claim="u1", amount=5, expires_at=None, at=AT)
    await scene.desk.executor.execute(gift_of_code("SPRING", claimed))
    invoice = await gets_invoice(scene, ANNA)
    await scene.says(ANNA, message=payment(invoice, "c1"))
    await scene.says(ANNA, message=refund(invoice, "c1"))
    await balance(scene, ANNA)
    said = words(await scene.says(ANNA, "/history"))
    told = re.findall(r"<b>(\S+)</b>  (.+)\nСтало: (\d+)", said)
    assert told == [
        ("−10", "возврат оплаты", "6"),
        ("+10", "покупка", "16"),
        ("+5", "промокод SPRING", "6"),
        ("+1", "подарок за регистрацию", "1"),
    ]


async def test_the_history_is_read_page_by_page_and_back(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    common: dict[str, Any] = {"account": ANNA, "at": AT, "reason": "gift", "by": "anna"}
    for amount in range(2, 13):
        await scene.desk.executor.execute(GiveBonus(source=f"g{amount}", amount=amount, **common))
    await balance(scene, ANNA)
    first = words(await scene.says(ANNA, "/history"))
    assert re.findall(r"<b>\+(\d+)</b>", first) == [str(amount) for amount in range(12, 2, -1)]
    (_, older) = await tap(scene, ANNA, "Раньше")
    assert isinstance(older, EditMessageText)
    assert re.findall(r"<b>\+(\d+)</b>", older.text or "") == ["2", "1"]
    with pytest.raises(ValueError, match="not enough values"):
        await tap(scene, ANNA, "Раньше")
    assert words((await tap(scene, ANNA, "К последним"))[1:]) == first


async def test_an_account_to_which_nothing_happened_has_an_empty_history(scene: Scene) -> None:
    assert "Пока ничего не было" in words(await scene.says(ANNA, "/history"))
