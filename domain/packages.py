"""The packages: how many credits are sold for how many Stars. Larger ones cost less per credit."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.payment import Stars
from domain.shapes import Amount, Value, Whole

PackageId = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9-]{1,16}$")]
"""Short: it travels in buttons."""

Title = Annotated[str, Field(strict=True, min_length=1, max_length=32)]
"""What an invoice is headed by; Telegram takes 32 characters."""


class Package(Value):
    """So many credits for so many Stars."""

    id: PackageId
    credits: Amount
    stars: Stars
    title_ru: Title
    title_en: Title


class Packages(Value):
    """Everything for sale, from small to large. `referral_bonus` in credits, for each invited account that buys."""

    packages: tuple[Package, ...] = Field(min_length=1)
    referral_bonus: Whole = 1

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        for field in ("id", "stars"):
            found = Counter(getattr(package, field) for package in self.packages)
            twice = next((value for value, count in found.items() if count > 1), None)
            if twice is not None:
                raise ValueError(f"there are two packages with {field} {twice}")
        return self

    @model_validator(mode="after")
    def _larger_ones_are_cheaper(self) -> Self:
        for smaller, larger in pairwise(self.packages):
            if larger.credits <= smaller.credits:
                raise ValueError(f"package {larger.id} comes after {smaller.id} and is not larger")
            if larger.stars * smaller.credits > smaller.stars * larger.credits:
                raise ValueError(f"package {larger.id} costs more per credit than {smaller.id}")
        return self

    def package(self, package_id: str) -> Package | None:
        """The package of that id."""
        return next((package for package in self.packages if package.id == package_id), None)

    def sold_for(self, stars: int) -> Package | None:
        """The package at that price."""
        return next((package for package in self.packages if package.stars == stars), None)

    def worth(self, stars: int) -> int:
        """The credits for a sum that is no package's price: at the lowest price per credit, whole ones, at least 1."""
        cheapest = self.packages[-1]
        return max(1, stars * cheapest.credits // cheapest.stars)
