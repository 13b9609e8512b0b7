"""A promo code: who may claim it, until when, how many, and each of them once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import promo
from domain.promo import ClaimCode, CodeClaimed, PromoState, code_of, gift
from domain.refusals import CodeClaimedAlready, CodeExpired, CodeUsedUp, Refusal, SameIdOtherContent, UnknownCode
from tests.domain import samples as s
from tests.domain.given_when_then import PROMO, outcome_of

CREATED = s.promo_created()


def test_a_code_is_created_once() -> None:
    PROMO.given().when(s.promo()).then(CREATED)
    PROMO.given(CREATED).when(s.promo(at=s.after(days=1))).then()


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("campaign", "autumn"),
        ("amount", 4),
        ("limit", None),
        ("expires_at", s.after(days=1)),
        ("bonus_days", 7),
        ("reason", "mistake"),
        ("by", "olga"),
    ],
)
def test_the_same_code_on_other_terms_is_refused_by_its_field(field: str, other: Any) -> None:
    outcome = PROMO.given(CREATED).when(s.promo(**{field: other}))
    outcome.then_refused(SameIdOtherContent, what="promo code SPRING", field=field)


def test_a_code_is_claimed_by_many_and_by_each_once() -> None:
    known = PROMO.given(CREATED)
    known.when(s.claim(42)).then(s.claimed(42))
    after = known.after(s.claim(42))
    after.when(s.claim(43)).then(s.claimed(43))
    after.when(s.claim(42, claim="another-tap")).then_refused(CodeClaimedAlready, code="SPRING")


def test_the_same_wish_repeated_is_no_second_claim_and_no_refusal() -> None:
    known = PROMO.given(s.promo_created(limit=1, expires_at=s.after(days=1))).after(s.claim(42))
    known.when(s.claim(42, at=s.after(days=2))).then()


def test_a_code_is_used_up_at_its_limit() -> None:
    known = PROMO.given(CREATED).after(s.claim(42), s.claim(43))
    known.when(s.claim(44)).then_refused(CodeUsedUp, code="SPRING")
    known.when(s.claim(43, claim="another-tap")).then_refused(CodeClaimedAlready, code="SPRING")
    endless = PROMO.given(s.promo_created(limit=None)).after(*(s.claim(account) for account in range(1, 50)))
    endless.when(s.claim(50)).then(s.claimed(50))


def test_a_code_expires_at_its_moment() -> None:
    known = PROMO.given(s.promo_created(expires_at=s.after(days=1)))
    known.when(s.claim(at=s.after(hours=23))).then(s.claimed(at=s.after(hours=23)))
    known.when(s.claim(at=s.after(days=1))).then_refused(CodeExpired, code="SPRING")


def test_a_code_that_was_never_created_is_unknown() -> None:
    PROMO.given().when(s.claim()).then_refused(UnknownCode, code="SPRING")


def test_a_claim_says_what_is_due_and_until_when() -> None:
    known = PROMO.given(s.promo_created(amount=5, bonus_days=7))
    known.when(s.claim(at=s.after(days=1))).then(s.claimed(amount=5, at=s.after(days=1), expires_at=s.after(days=8)))


def test_a_claim_becomes_a_gift_that_is_named_by_the_code() -> None:
    given_for = gift("SPRING", s.claimed(7, expires_at=s.after(days=7)))
    assert (given_for.account, given_for.source, given_for.amount) == (7, "promo.SPRING", 3)
    assert given_for.expires_at == s.after(days=7)
    assert gift("SPRING", s.claimed(8)).source == given_for.source


def test_a_claim_without_a_code_cannot_have_happened() -> None:
    with pytest.raises(AssertionError):
        PROMO.given(s.claimed())


# What people type


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("SPRING", "SPRING"),
        ("  spring 2026\n", "SPRING2026"),
        ("Spring–26", "SPRING-26"),
        ("ВЕСНА-х", "BECHA-X"),
        ("ЛЕТО", None),
        ("СОРТ", "COPT"),
        ("ＳＡＬＥ２６", "SALE26"),
        ("abc", None),
        ("A" * 33, None),
        ("A" * 32, "A" * 32),
        ("-SALE", None),
        ("SALE-", None),
        ("SALE_1", None),
        ("SALE/1", None),
        ("٤٤٤٤", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert code_of(typed) == code


@given(st.text(max_size=40))
def test_what_is_read_as_a_code_is_one(typed: str) -> None:
    code = code_of(typed)
    if code is not None:
        assert code_of(code) == code
        assert s.promo(code=code).code == code


@pytest.mark.parametrize("code", ["spring", "SPR", "SPRING ", "a/b/c", "A" * 33, "SPRING\n", "СОРТ"])
def test_a_command_takes_codes_in_their_one_form_only(code: str) -> None:
    with pytest.raises(ValidationError):
        s.promo(code=code)


@pytest.mark.parametrize(("field", "value"), [("amount", 0), ("limit", 0), ("bonus_days", 0), ("limit", True)])
def test_no_code_gives_nothing(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        s.promo(**{field: value})


# Whatever happens

CLAIMS = st.lists(
    st.builds(
        lambda account, tap, hours: s.claim(account, claim=f"tap.{tap}", at=s.after(hours=hours)),
        st.integers(1, 6),
        st.integers(1, 3),
        st.integers(0, 5),
    ),
    max_size=30,
)
TERMS = st.builds(
    lambda limit, hours: s.promo(limit=limit, expires_at=None if hours is None else s.after(hours=hours)),
    st.one_of(st.none(), st.integers(1, 5)),
    st.one_of(st.none(), st.integers(1, 5)),
)


@settings(max_examples=300)
@given(TERMS, CLAIMS)
def test_claims_never_exceed_the_limit_and_each_account_claims_once(
    terms: promo.CreatePromo, wishes: list[ClaimCode]
) -> None:
    state: PromoState = PROMO.given().after(terms).state
    claims: list[CodeClaimed] = []
    for wish in wishes:
        outcome = outcome_of(lambda wish=wish, state=state: promo.decide(wish, state))  # type: ignore[misc]  # bound now
        may = (
            wish.account not in {claim.account for claim in claims}
            and (terms.limit is None or len(claims) < terms.limit)
            and (terms.expires_at is None or wish.at < terms.expires_at)
        )
        assert bool(outcome.events) == may
        assert may or _answered_before(wish, claims) == (outcome.refusal is None)
        for event in outcome.events:
            assert isinstance(event, CodeClaimed)
            claims.append(event)
            state = promo.evolve(state, event)
    accounts = [claim.account for claim in claims]
    assert len(set(accounts)) == len(accounts) <= (terms.limit or len(accounts))


def _answered_before(wish: ClaimCode, claims: list[CodeClaimed]) -> bool:
    return any((claim.account, claim.claim) == (wish.account, wish.claim) for claim in claims)


def test_every_no_of_a_code_names_it() -> None:
    for refusal in (UnknownCode, CodeExpired, CodeUsedUp, CodeClaimedAlready):
        assert issubclass(refusal, Refusal)
        assert "SPRING" in str(refusal("SPRING"))
