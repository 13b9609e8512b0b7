"""The packages: told apart, larger ones cheaper, and a sum between two prices is worth what the best price gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.packages import Package, Packages


def package(name: str, bought: int, price: int, **fields: Any) -> Package:
    content = {"id": name, "credits": bought, "stars": price, "title_ru": "р", "title_en": "e", **fields}
    return Package.model_validate(content)


SOLD = Packages(packages=(package("one", 1, 60), package("five", 5, 275), package("ten", 10, 500)))


def test_a_package_is_found_by_its_id_and_by_its_price() -> None:
    assert SOLD.package("five") is SOLD.sold_for(275) is SOLD.packages[1]
    assert SOLD.package("six") is None
    assert SOLD.sold_for(276) is None


@pytest.mark.parametrize(("stars", "worth"), [(1, 1), (49, 1), (99, 1), (100, 2), (499, 9), (501, 10), (5_000, 100)])
def test_any_other_sum_buys_whole_credits_at_the_best_price_and_at_least_one(stars: int, worth: int) -> None:
    assert SOLD.worth(stars) == worth


@given(st.integers(1, 1_000_000))
def test_no_sum_is_worth_less_than_a_package_it_could_have_bought(stars: int) -> None:
    assert SOLD.worth(stars) >= max((sold.credits for sold in SOLD.packages if sold.stars <= stars), default=1)


@pytest.mark.parametrize(
    ("packages", "sentence"),
    [
        ((package("one", 1, 60), package("one", 5, 275)), "two packages with id one"),
        ((package("one", 1, 60), package("five", 5, 60)), "two packages with stars 60"),
        ((package("five", 5, 275), package("one", 1, 60)), "package one comes after five and is not larger"),
        ((package("one", 1, 60), package("five", 5, 301)), "package five costs more per credit than one"),
        ((), "at least 1 item"),
    ],
)
def test_a_price_list_that_makes_no_sense_is_refused(packages: tuple[Package, ...], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Packages(packages=packages)


@pytest.mark.parametrize(
    ("field", "value"), [("id", "One"), ("id", "a" * 17), ("title_en", "x" * 33), ("title_ru", ""), ("stars", 0)]
)
def test_a_package_fits_into_a_button_and_an_invoice(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        package("one", 1, 60, **{field: value})
