"""What an order and each of its jobs have in common: the content of the videos, their number and their price."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.shapes import Amount, Command, Id

OrderId = Annotated[Id, Field(max_length=250)]
"""Leaves room for the index that makes a job's id of it."""

Count = Annotated[int, Field(strict=True, ge=1, le=5)]


class Ordered(Command):
    """What was ordered: `count` videos of the same content, `price` credits each.

    `photo` is its name in storage. Without an aspect ratio or a length it is the model's first.
    """

    order: OrderId
    count: Count
    model: Id
    price: Amount
    template: Id | None = None
    photo: str
    prompt: str | None = None
    product_text: str | None = None
    wishes: str | None = None
    aspect_ratio: Id | None = None
    duration_s: Amount | None = None
