"""A promo code: the stream `promo/<CODE>`, owned by the code and not by an account. Amounts are whole credits.

    NoPromo ──create──▶ Promo ──claim──▶ Promo, one claim more

Until when a code can be claimed, by how many, and by each of them once: that is decided here. The credits come in
afterwards, on the claimer's own streams, as a gift that is named by the code (`gift`), so they come in once.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple, TypeAlias, assert_never

from pydantic import Field
from rpds import HashTrieMap

from domain.bonus import GiveBonus
from domain.refusals import CodeClaimedAlready, CodeExpired, CodeUsedUp, SameIdOtherContent, UnknownCode
from domain.shapes import AccountId, Amount, Event, Id, Moment, Value, Words

CODE: Final = r"[A-Z0-9][A-Z0-9-]{2,30}[A-Z0-9]"

Code = Annotated[str, Field(strict=True, pattern=f"^{CODE}$")]
"""4 to 32 letters, digits and dashes, a dash neither first nor last. Capitals only: see `code_of`."""

Claims = Annotated[int, Field(strict=True, gt=0, le=1_000_000_000)]
"""How many accounts."""

Days = Annotated[int, Field(strict=True, gt=0, le=3650)]
"""Whole days."""

LOOK_ALIKES: Final = str.maketrans("АВЕКМНОРСТУХ‐‑‒–—−", "ABEKMHOPCTYX------")  # noqa: RUF001 - what people type
"""Cyrillic capitals that nobody can tell from Latin ones, and the dashes that keyboards make of a dash."""


def code_of(text: str) -> str | None:
    """The code that somebody typed: capitals, no spaces, Latin letters. None when it cannot be one."""
    typed = "".join(unicodedata.normalize("NFKC", text).upper().split()).translate(LOOK_ALIKES)
    return typed if re.fullmatch(CODE, typed) else None


# Commands


class CodeCommand(Value):
    """A wish about one code. `at` is when it was made."""

    code: Code
    at: Moment


class CreatePromo(CodeCommand):
    """Let the code give `amount` credits to each of `limit` accounts, until `expires_at`.

    What it gives ends after `bonus_days`. None: no limit, no end. `campaign` is what the code is counted under.
    """

    campaign: Words
    amount: Amount
    limit: Claims | None = None
    expires_at: Moment | None = None
    bonus_days: Days | None = None
    reason: Words
    by: Words


class ClaimCode(CodeCommand):
    """Claim the code for the account. `claim` names this wish, so that its repeat is no second one."""

    account: AccountId
    claim: Id


# Events


class PromoCreated(Event):
    """The code can be claimed."""

    campaign: Words
    amount: Amount
    limit: Claims | None
    expires_at: Moment | None
    bonus_days: Days | None
    reason: Words
    by: Words


class CodeClaimed(Event):
    """The account claimed the code: `amount` credits are due to it, which end at `expires_at`."""

    account: AccountId
    claim: Id
    amount: Amount
    expires_at: Moment | None
    at: Moment


PromoEvent = PromoCreated | CodeClaimed


# States

ClaimsByAccount: TypeAlias = "HashTrieMap[int, str]"
"""Whose claim, and by which wish. Persistent: a code may have many."""

NO_CLAIMS: Final[ClaimsByAccount] = HashTrieMap()


class NoPromo(NamedTuple):
    """There is no such code."""


class Promo(NamedTuple):
    """The code's terms and who claimed it."""

    terms: PromoCreated
    claims: ClaimsByAccount = NO_CLAIMS


PromoState = NoPromo | Promo
INITIAL: Final = NoPromo()


# Rules


def decide(command: CreatePromo | ClaimCode, state: PromoState) -> list[PromoEvent]:
    """The events that follow from the command. Raises a Refusal when a rule says no."""
    match command:
        case CreatePromo():
            return _create(command, state)
        case ClaimCode():
            return _claim(command, state)
        case _:
            assert_never(command)


def _create(command: CreatePromo, state: PromoState) -> list[PromoEvent]:
    created = PromoCreated(
        campaign=command.campaign,
        amount=command.amount,
        limit=command.limit,
        expires_at=command.expires_at,
        bonus_days=command.bonus_days,
        reason=command.reason,
        by=command.by,
    )
    if isinstance(state, NoPromo):
        return [created]
    for field in PromoCreated.model_fields:
        if getattr(state.terms, field) != getattr(created, field):
            raise SameIdOtherContent(what=f"promo code {command.code}", field=field)
    return []


def _claim(command: ClaimCode, state: PromoState) -> list[PromoEvent]:
    if isinstance(state, NoPromo):
        raise UnknownCode(command.code)
    terms, claims = state
    before = claims.get(command.account)
    if before is not None:
        if before == command.claim:
            return []
        raise CodeClaimedAlready(command.code)
    if terms.expires_at is not None and terms.expires_at <= command.at:
        raise CodeExpired(command.code)
    if terms.limit is not None and len(claims) >= terms.limit:
        raise CodeUsedUp(command.code)
    return [
        CodeClaimed(
            account=command.account,
            claim=command.claim,
            amount=terms.amount,
            expires_at=_end_of_credits(terms, command.at),
            at=command.at,
        )
    ]


def _end_of_credits(terms: PromoCreated, at: datetime) -> datetime | None:
    return None if terms.bonus_days is None else at + timedelta(days=terms.bonus_days)


# Fold


def evolve(state: PromoState, event: PromoEvent) -> PromoState:
    """The state after the event. Never refuses: it happened."""
    match event:
        case PromoCreated():
            return Promo(event)
        case CodeClaimed(account=account, claim=claim):
            assert isinstance(state, Promo), "a code is claimed after it was created"
            return state._replace(claims=state.claims.insert(account, claim))
        case _:
            assert_never(event)


# What follows

GIFT: Final = "promo."
"""How the names of such gifts begin."""


def source_of(code: str) -> str:
    """The name of the gift that a claim of the code is."""
    return f"{GIFT}{code}"


def gift(code: str, claimed: CodeClaimed) -> GiveBonus:
    """The wish that brings the claim's credits to its account."""
    return GiveBonus(
        account=claimed.account,
        at=claimed.at,
        source=source_of(code),
        amount=claimed.amount,
        expires_at=claimed.expires_at,
        reason=f"promo code {code}",
        by="neurocards",
    )
