"""What people were told of an order. Kept after every message, so that none is said twice."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """Indexes of the order's videos, sorted, by what was said of them; and the card as it was last said.

    `failed`: it failed and the credits are back; `unsure`: it may not have arrived; `late`: it came after all.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    failed: tuple[int, ...] = ()
    unsure: tuple[int, ...] = ()
    late: tuple[int, ...] = ()
    card: str | None = None
    """A digest of its text and buttons; None when it was never said."""
    card_gone: bool = False
    """There is no card to change any more."""


NOTHING_TOLD = Told()
