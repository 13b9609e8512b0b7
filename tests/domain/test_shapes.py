"""What commands and events may be made of: refused where they are built, nowhere later."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from domain.account_words import AddCredits, ReserveCredit, TakeCredits
from domain.catalogue import Model
from domain.job_words import JobCommand, QueueJob
from domain.ledger import LedgerCommand
from domain.ordered import Ordered
from domain.payment import PaymentCommand
from domain.promo import CodeCommand
from domain.shapes import AMOUNT_MAX, Command, Event, Forgotten, Value, later, of_checked
from tests.domain import samples as s
from tests.domain.every import CODE_COMMANDS, COMMANDS, EVENTS, descendants

NO_AMOUNTS = (0, -1, 1.5, 1.0, math.nan, math.inf, True, "1", b"1", Decimal(1), None, AMOUNT_MAX + 1)
ALL = (*COMMANDS, *EVENTS)
AMOUNT_FIELDS = [
    (value, field)
    for value in ALL
    for field in type(value).model_fields
    if field in {"amount", "price", "credits", "stars"}
]
WHOLE_FIELDS = [
    (value, field) for value in ALL for field in type(value).model_fields if field in {"debt", "debt_settled"}
]
NUMBER_FIELDS = [
    (value, name)
    for value in ALL
    for name, field in type(value).model_fields.items()
    if field.annotation is int and name not in {"debt", "debt_settled", "index"}
]


def name_of(case: object) -> str:
    """How a case is called in the test's output."""
    return case if isinstance(case, str) else type(case).__name__


def built_with(value: BaseModel, field: str, content: object) -> BaseModel:
    """The same again, built anew with other content in one field."""
    return type(value).model_validate({**dict(value), field: content})


@pytest.mark.parametrize(("value", "field"), AMOUNT_FIELDS, ids=name_of)
def test_only_whole_positive_numbers_are_amounts(value: BaseModel, field: str) -> None:
    assert getattr(built_with(value, field, 1), field) == 1
    for wrong in NO_AMOUNTS:
        with pytest.raises(ValidationError):
            built_with(value, field, wrong)


@pytest.mark.parametrize(("value", "field"), WHOLE_FIELDS, ids=name_of)
def test_a_debt_may_be_nothing_but_not_less(value: BaseModel, field: str) -> None:
    assert getattr(built_with(value, field, 0), field) == 0
    for wrong in NO_AMOUNTS[1:]:
        with pytest.raises(ValidationError):
            built_with(value, field, wrong)


@pytest.mark.parametrize(("value", "field"), NUMBER_FIELDS, ids=name_of)
def test_no_number_is_converted_from_something_else(value: BaseModel, field: str) -> None:
    for wrong in (0, -1, 1.5, 1.0, True, "1", None):
        with pytest.raises(ValidationError):
            built_with(value, field, wrong)


def test_an_amount_may_be_as_large_as_the_limit() -> None:
    assert s.reserve("j1", AMOUNT_MAX).amount == AMOUNT_MAX


@pytest.mark.parametrize("wrong", ["", "a/b", "a b", "é", "a\n", "a\x00", "x" * 256, 5, None])
def test_an_id_can_be_part_of_a_name_of_a_stream(wrong: object) -> None:
    with pytest.raises(ValidationError):
        ReserveCredit.model_validate({"account": s.ME, "at": s.NOON, "job": wrong, "amount": 1})


@pytest.mark.parametrize("fitting", ["a", "bot.42.1001.0", "A-Z_a:z+0=9", "x" * 255])
def test_an_id_is_made_of_letters_digits_and_some_signs(fitting: str) -> None:
    assert s.reserve(fitting, 1).job == fitting


def test_the_charge_ids_of_telegram_fit() -> None:
    charge = "stx" + "Aa0-_" * 40
    assert s.payment(charge, 10).charge == charge


@pytest.mark.parametrize("wrong", [0, -1, 2**63, True, "42", 42.0, None])
def test_an_account_is_a_telegram_user(wrong: object) -> None:
    with pytest.raises(ValidationError):
        built_with(s.capture("j1"), "account", wrong)


@pytest.mark.parametrize("wrong", [datetime(2026, 11, 1), "2026-11-01T12:00:00Z", 1_793_534_400, None])  # noqa: DTZ001 -- a moment without a zone is what must be refused
def test_a_moment_has_its_zone(wrong: object) -> None:
    with pytest.raises(ValidationError):
        built_with(s.capture("j1"), "at", wrong)


@pytest.mark.parametrize("wrong", ["", "x" * 501, 5, None])
def test_a_reason_is_a_short_text(wrong: object) -> None:
    with pytest.raises(ValidationError):
        built_with(s.refund("j1"), "reason", wrong)


@pytest.mark.parametrize("value", [*ALL, s.paid("c1", 1), Forgotten(), Model(id="m", name="M", price=1)], ids=name_of)
def test_what_was_built_is_frozen_and_knows_no_other_fields(value: BaseModel) -> None:
    for field in type(value).model_fields:
        with pytest.raises(ValidationError):
            setattr(value, field, getattr(value, field))
    with pytest.raises(ValidationError):
        built_with(value, "balance", 1)


@pytest.mark.parametrize("value", [*ALL, s.paid("c1", 1), Forgotten()], ids=name_of)
def test_a_value_of_checked_fields_is_the_one_that_building_gives(value: Value) -> None:
    built = type(value).model_validate(dict(value))
    unchecked = of_checked(type(value), dict(value))
    assert unchecked == built
    assert hash(unchecked) == hash(built)
    assert repr(unchecked) == repr(built)
    assert unchecked.__getstate__() == built.__getstate__()
    assert unchecked.model_dump_json() == built.model_dump_json()


@pytest.mark.parametrize("family", [Value, *descendants(Value)], ids=lambda family: family.__name__)
def test_every_shape_is_strict(family: type[Value]) -> None:
    assert family.model_config.get("strict") is True
    assert family.model_config.get("frozen") is True
    assert family.model_config.get("extra") == "forbid"


def test_the_shapes_walked_here_are_all_there_are() -> None:
    abstract = {JobCommand, PaymentCommand, Ordered}
    assert {type(command) for command in COMMANDS} == set(descendants(Command)) - abstract
    assert {type(command) for command in CODE_COMMANDS} == set(descendants(CodeCommand))
    assert {type(event) for event in EVENTS} == {
        event for event in descendants(Event) if event.__module__.startswith("domain.")
    }


def test_every_command_that_happens_once_can_be_wished_of_the_ledger() -> None:
    inner = {type(command) for command in COMMANDS if not isinstance(command, LedgerCommand)}
    assert inner == {AddCredits, TakeCredits, ReserveCredit, QueueJob}


def test_a_forgotten_text_says_so() -> None:
    assert str(Forgotten()) == "(forgotten)"


def test_never_is_later_than_any_moment() -> None:
    assert later(None, s.NOON)
    assert not later(s.NOON, None)
    assert not later(None, None)
    assert later(s.after(seconds=1), s.NOON)
    assert not later(s.NOON, s.NOON)
