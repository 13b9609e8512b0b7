"""A gift happens once per source."""

from __future__ import annotations

import pytest

from domain.bonus import BonusGiven
from domain.refusals import SameIdOtherContent
from tests.domain import samples as s
from tests.domain.given_when_then import BONUS

GIVEN = BonusGiven(source="welcome", amount=5, expires_at=s.after(days=30), reason="gift", by="anna")
GIFT = s.gift("welcome", 5, expires_at=s.after(days=30))


def test_a_gift_is_given() -> None:
    BONUS.given().when(GIFT).then(GIVEN)


def test_a_gift_is_given_once() -> None:
    BONUS.given(GIVEN).when(GIFT).then()


def test_a_later_repeat_with_a_later_expiry_is_the_same_gift() -> None:
    BONUS.given(GIVEN).when(s.gift("welcome", 5, expires_at=s.after(days=60), at=s.after(days=30))).then()


@pytest.mark.parametrize(("field", "other"), [("amount", 6), ("reason", "another"), ("by", "boris")])
def test_the_same_source_with_other_content_is_refused_by_its_field(field: str, other: object) -> None:
    command = GIFT.model_copy(update={field: other})
    BONUS.given(GIVEN).when(command).then_refused(SameIdOtherContent, what="bonus welcome", field=field)
