"""What a person may not give or take by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from adapters.postgres.event_store import PostgresEventStore
from admin import gifts
from admin.office import WrongUse
from app.desk import office_on
from app.settings import Settings
from domain.bonus import GiveBonus
from domain.revocation import RevokeCredits
from tests.processors.scene import AT


@pytest.mark.parametrize("name", ["promo.SPRING", "referral.7"])
async def test_names_of_gifts_that_the_program_makes_are_not_for_people(
    store: PostgresEventStore, tmp_path: Path, name: str
) -> None:
    wish = GiveBonus(account=42, at=AT, source=name, amount=1, reason="r", by="me")
    taking = RevokeCredits(account=42, at=AT, revocation=name, amount=1, reason="r", by="me")
    async with office_on(store, Settings(_env_file=None), data_dir=tmp_path) as office:
        with pytest.raises(WrongUse, match="for gifts that the program makes"):
            await gifts.grant(office, wish, StringIO())
        with pytest.raises(WrongUse, match="for gifts that the program makes"):
            await gifts.revoke(office, taking, StringIO())
