"""A rule's no. Shown to the person, never retried, not logged as an error.

Refusal
├── AccountNotOpen        nobody with this id has started the bot
├── InsufficientCredits   fewer credits available than asked for
├── AccountInDebt         a revocation took more than there was; videos wait until it is settled
├── NoOpenReservation     the job's reservation was settled already, or never made
├── ReservationOpen       the job holds a reservation already
├── SameIdOtherContent    an id that was used before, now with something else behind it
├── OutOfTurn             the command does not fit the state of its job or payment
├── SelfReferral          nobody invites themselves
├── UnknownModel          the catalogue has no such model, or has closed it
├── UnknownCode           there is no such promo code
├── CodeExpired           the promo code's time is over
├── CodeUsedUp            as many have claimed the promo code as may
└── CodeClaimedAlready    this account has claimed the promo code before
"""

from __future__ import annotations


class Refusal(Exception):
    """A rule said no. Trying the same again cannot help while the state is what it is."""


class AccountNotOpen(Refusal):
    """Nobody with this id has started the bot; open the account first."""

    def __init__(self, account: int) -> None:
        self.account = account
        super().__init__(f"account {account} is not open")


class InsufficientCredits(Refusal):
    """Fewer credits are available than asked for; buying more helps."""

    def __init__(self, *, available: int, asked: int) -> None:
        self.available = available
        self.asked = asked
        super().__init__(f"{asked} credits asked for, {available} available")


class AccountInDebt(Refusal):
    """A revocation took more than was available; incoming credits settle the debt first."""

    def __init__(self, debt: int) -> None:
        self.debt = debt
        super().__init__(f"the account owes {debt} credits")


class NoOpenReservation(Refusal):
    """The job's reservation was settled already, or never made; a second settlement cannot help."""

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"job {job} has no open reservation")


class ReservationOpen(Refusal):
    """The job holds a reservation of another amount already; a job reserves once."""

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"job {job} holds a reservation already")


class SameIdOtherContent(Refusal):
    """The id was used before with other content; a new wish needs a new id."""

    def __init__(self, *, what: str, field: str) -> None:
        self.what = what
        self.field = field
        super().__init__(f"{what} exists already with another {field}")


class OutOfTurn(Refusal):
    """The command does not fit the state; what it asks for is past or not yet possible."""

    def __init__(self, *, command: str, state: str) -> None:
        self.command = command
        self.state = state
        super().__init__(f"{command} does not fit the state {state}")


class SelfReferral(Refusal):
    """Nobody invites themselves."""

    def __init__(self) -> None:
        super().__init__("an account cannot invite itself")


class UnknownModel(Refusal):
    """The catalogue has no such model, or has closed it; another model helps."""

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(f"model {model} is not offered")


class UnknownCode(Refusal):
    """There is no such promo code; typing it right can help."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"there is no promo code {code}")


class CodeExpired(Refusal):
    """The promo code's time is over; another code helps."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"promo code {code} has expired")


class CodeUsedUp(Refusal):
    """As many accounts have claimed the promo code as may; another code helps."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"promo code {code} is used up")


class CodeClaimedAlready(Refusal):
    """The account has claimed this promo code before; each account does so once."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"promo code {code} was claimed by this account already")
