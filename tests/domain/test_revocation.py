"""A person's revocation happens once per id."""

from __future__ import annotations

import pytest

from domain.refusals import SameIdOtherContent
from domain.revocation import RevocationMade
from tests.domain import samples as s
from tests.domain.given_when_then import REVOCATION

MADE = RevocationMade(amount=3, of="c1", reason="mistake", by="anna")


def test_a_revocation_is_made_once() -> None:
    REVOCATION.given().when(s.revocation(3, of="c1")).then(MADE)
    REVOCATION.given(MADE).when(s.revocation(3, of="c1")).then()


@pytest.mark.parametrize(("field", "other"), [("amount", 4), ("of", None), ("reason", "another"), ("by", "boris")])
def test_the_same_id_with_other_content_is_refused_by_its_field(field: str, other: object) -> None:
    command = s.revocation(3, of="c1").model_copy(update={field: other})
    REVOCATION.given(MADE).when(command).then_refused(SameIdOtherContent, what="revocation r1", field=field)
