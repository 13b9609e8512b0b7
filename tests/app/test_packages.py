"""The packages: what is packaged is valid, and what is not is refused in one sentence."""

from __future__ import annotations

import pytest

from app.packages import packaged_packages, packages_of
from app.settings import SettingsError

ONE = '[[packages]]\nid = "one"\ncredits = 1\nstars = 60\ntitle_ru = "р"\ntitle_en = "e"\n'
TEN = ONE.replace('"one"', '"ten"').replace("credits = 1", "credits = 10").replace("60", "500")


def test_what_is_packaged_is_sold_in_five_sizes() -> None:
    sold = packaged_packages()
    assert [package.credits for package in sold.packages] == [1, 5, 10, 25, 50]
    assert sold.referral_bonus > 0


def test_each_larger_package_costs_less_per_credit() -> None:
    rates = [package.stars / package.credits for package in packaged_packages().packages]
    assert rates == sorted(set(rates), reverse=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("packages = ", "packages.toml is no TOML"),
        ("", "packages.toml: packages is wrong"),
        (ONE.replace("stars = 60", "stars = 0"), "packages.0.stars is wrong"),
        (ONE.replace("credits = 1", "credits = 1.5"), "packages.0.credits is wrong"),
        (ONE + 'colour = "red"', "packages.0.colour is wrong"),
        (ONE + ONE, "there are two packages with id one"),
        (TEN + ONE, "package one comes after ten and is not larger"),
        (ONE + TEN.replace("500", "601"), "package ten costs more per credit than one"),
        ("referral_bonus = -1\n" + ONE, "referral_bonus is wrong"),
    ],
)
def test_a_wrong_entry_is_named(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        packages_of(text)
    assert "\n" not in str(refused.value)
