"""Damage to where credits come from and go to: what is done, and everything that should be said of it."""

from __future__ import annotations

from typing import Any, Final

from processors.findings import Kind
from tests.processors.damage import CLAIMED_GIFT, CODE, GIFT, PAYMENT, STREAM, Damage, Planted

BY: Final = {"reason": "planted", "by": "me"}
GIVEN: Final = {"source": "x", "amount": 2, "expires_at": None, **BY}
REVOKED: Final = {"amount": 2, "of": None, **BY}
PAID: Final = {"invoice": None, "credits": 2, "stars": 9, "credited": True}
CAME_IN: Final = {"source": "x", "amount": 2, "debt_settled": 0, **BY}
GRANTED: Final = {**CAME_IN, "expires_at": None}
TAKEN: Final = {
    "revocation": "x", "amount": 2, "of": None, "debt": 0, **BY,
    "draws": [{"lot": "charge", "kind": "paid", "amount": 2, "expires_at": None}],
}  # fmt: skip  # an event is a list of fields
CLAIMED: Final = {"account": 42, "claim": "c", "amount": 3, "expires_at": None, "at": "2026-01-01T00:00:00Z"}
FRIEND: Final = 43
BOUGHT: Final[tuple[Planted, ...]] = (
    (f"account/{FRIEND}/payment/x", "PaymentReceived", PAID),
    (f"account/{FRIEND}", "CreditsPurchased", CAME_IN),
)
THE_REWARDS_HAVE_PASSED: Final = """
    INSERT INTO tracking SELECT shard, 'rewards', head FROM heads
    ON CONFLICT (shard, name) DO UPDATE SET position = EXCLUDED.position
"""


def planted(
    name: str,
    kind: Kind,
    stream: str,
    event: str,
    data: dict[str, Any],
    *,
    sql: str = "",
    also: tuple[Planted, ...] = (),
) -> Damage:
    """Damage that is found where it was planted, and nowhere else."""
    return Damage(name, ((kind, stream, "planted"),), event=(stream, event, data), sql=sql, also=also)


def changed(name: str, *found: tuple[Kind, str, int], field: str, stream: str) -> Damage:
    """Damage by one number in a stream's first event."""
    sql = f"UPDATE events SET data = jsonb_set(data, '{{{field}}}', '4') WHERE stream = '{stream}' AND version = 1"  # noqa: S608 - of constants
    return Damage(name, found, sql=f"{sql}; {THE_REWARDS_HAVE_PASSED}")


def of(kind: str, name: str) -> str:
    return f"{STREAM}/{kind}/{name}"


def invited(inviter: int) -> Planted:
    return f"account/{FRIEND}", "AccountOpened", {"inviter": inviter}


def caused(name: str, source: str, *, also: tuple[Planted, ...] = (), sound: bool = False) -> Damage:
    """A gift that came in as it should, and which somebody else's stream has to bear out."""
    gift = of("bonus", source)
    return Damage(
        name,
        () if sound else ((Kind.GIFT, gift, "planted"),),
        also=(*also, (STREAM, "CreditsGranted", {**GRANTED, "source": source})),
        event=(gift, "BonusGiven", {**GIVEN, "source": source}),
    )


CAUSES: Final = (
    caused("a gift of a code that is none", "promo.AUTUMN"),
    caused("a gift of a code that somebody else has claimed", "promo.SPRING"),
    caused("a gift of a code that was claimed", "promo.SPRING", also=((CODE, "CodeClaimed", CLAIMED),), sound=True),
    caused("a gift for an account that is none", "referral.999"),
    caused("a gift for nobody", "referral.friend"),
    caused("a gift for an account that nobody has invited", "referral.1"),
    caused("a gift for an account that has not bought anything", f"referral.{FRIEND}", also=(invited(42),)),
    caused("a gift for an account that another has invited", f"referral.{FRIEND}", also=(invited(1), *BOUGHT)),
    caused(
        "a gift for an account that was invited and has bought",
        f"referral.{FRIEND}",
        also=(invited(42), *BOUGHT),
        sound=True,
    ),
    Damage(
        "a gift whose amount is none, and its claim",
        ((Kind.UNREADABLE, CLAIMED_GIFT, 1), (Kind.CLAIM, CODE, 2)),
        sql=f"""UPDATE events SET data = jsonb_set(data, '{{amount}}', '"x"') WHERE stream = '{CLAIMED_GIFT}';
        {THE_REWARDS_HAVE_PASSED}""",  # noqa: S608 - of constants
    ),
    Damage(
        "a claim that cannot be read, and its gift",
        ((Kind.UNREADABLE, CODE, 2),),
        sql="UPDATE events SET data = '{}' WHERE stream = 'promo/SPRING' AND version = 2",
    ),
)

ONCE: Final = (
    planted(
        "a gift that is made twice, and comes in twice",
        *(Kind.FOLD, GIFT, "BonusGiven", {**GIVEN, "amount": 5}),
        also=((STREAM, "CreditsGranted", {**GRANTED, "source": "gift", "amount": 5}),),
    ),
    planted(
        "a payment that is received twice, and buys twice",
        *(Kind.FOLD, PAYMENT, "PaymentReceived", {**PAID, "credits": 10}),
        also=((STREAM, "CreditsPurchased", {**CAME_IN, "source": "charge", "amount": 10}),),
    ),
    planted(
        "a revocation that is made twice, and takes twice",
        *(Kind.FOLD, of("revocation", "x"), "RevocationMade", REVOKED),
        also=(
            (STREAM, "CreditsRevoked", TAKEN),
            (of("revocation", "x"), "RevocationMade", REVOKED),
            (STREAM, "CreditsRevoked", TAKEN),
        ),
    ),
    planted(
        "a payment that is refunded twice, and is taken back twice",
        *(Kind.FOLD, of("payment", "x"), "PaymentRefunded", {"stars": 9}),
        also=(
            (of("payment", "x"), "PaymentReceived", PAID),
            (STREAM, "CreditsPurchased", CAME_IN),
            (of("payment", "x"), "PaymentRefunded", {"stars": 9}),
            (STREAM, "CreditsRevoked", TAKEN),
            (STREAM, "CreditsRevoked", TAKEN),
        ),
    ),
    planted(
        "a payment that is credited after its refund",
        *(Kind.FOLD, of("payment", "x"), "PaymentReceived", PAID),
        also=((of("payment", "x"), "PaymentRefunded", {"stars": 9}), (STREAM, "CreditsPurchased", CAME_IN)),
    ),
    planted(
        "a payment that credits nothing, and nobody refunded it",
        *(Kind.FOLD, of("payment", "x"), "PaymentReceived", {**PAID, "credited": False}),
    ),
)

THE_SOURCES: Final = (
    *ONCE,
    *CAUSES,
    planted("a gift that never came in", Kind.GIFT, of("bonus", "x"), "BonusGiven", GIVEN),
    planted("credits that nobody gave", Kind.GIFT, STREAM, "CreditsGranted", GRANTED),
    planted("a gift that came in twice", Kind.GIFT, STREAM, "CreditsGranted", {**GRANTED, "source": "gift"}),
    changed("a gift of another amount", (Kind.GIFT, GIFT, 1), field="amount", stream=GIFT),
    planted(
        "a gift that came in for a shorter time",
        *(Kind.GIFT, of("bonus", "x"), "BonusGiven", GIVEN),
        also=((STREAM, "CreditsGranted", {**GRANTED, "expires_at": "2999-01-01T00:00:00Z"}),),
    ),
    planted("a job's event on a gift's stream", Kind.FOLD, GIFT, "JobCancelled", {}),
    planted("a payment that bought nothing", Kind.PAYMENT, of("payment", "x"), "PaymentReceived", PAID),
    planted("credits that nobody paid for", Kind.PAYMENT, STREAM, "CreditsPurchased", CAME_IN),
    changed("a payment for other credits", (Kind.PAYMENT, PAYMENT, 1), field="credits", stream=PAYMENT),
    planted("a refunded payment whose credits stayed", Kind.REVOCATION, PAYMENT, "PaymentRefunded", {"stars": 100}),
    planted("a revocation that took nothing", Kind.REVOCATION, of("revocation", "x"), "RevocationMade", REVOKED),
    planted("credits that were taken by nobody", Kind.REVOCATION, STREAM, "CreditsRevoked", TAKEN),
    planted(
        "a claim that became no gift, and the rewards have passed it by",
        *(Kind.CLAIM, CODE, "CodeClaimed", CLAIMED),
        sql=THE_REWARDS_HAVE_PASSED,
    ),
    changed(
        "a claim that became another gift",
        *((Kind.GIFT, CLAIMED_GIFT, 1), (Kind.CLAIM, CODE, 2)),
        field="amount",
        stream=CLAIMED_GIFT,
    ),
    planted("a code claimed twice by one", Kind.CLAIM, CODE, "CodeClaimed", {**CLAIMED, "account": 1}),
    Damage(
        "a code claimed by more than may",
        ((Kind.CLAIM, CODE, "planted"),),
        event=(CODE, "CodeClaimed", CLAIMED),
        sql="UPDATE events SET data = jsonb_set(data, '{limit}', '1') WHERE stream = 'promo/SPRING' AND version = 1",
    ),
)
