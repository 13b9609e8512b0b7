"""The words of an account: what can be wished of its credits, and what can happen to them.

The rules that lead from one to the other are in `domain.account`. Amounts are whole credits.
"""

from __future__ import annotations

from domain.lots import Draw, LotKind
from domain.shapes import AccountId, Amount, Command, Event, Id, Moment, Whole, Words

# Commands


class OpenAccount(Command):
    """Open the account; the first one fixes who invited this user, for good."""

    inviter: AccountId | None = None


class AddCredits(Command):
    """Let a lot of credits come in. `source` names where from, `reason` and `by` say it in words."""

    source: Id
    kind: LotKind
    amount: Amount
    expires_at: Moment | None = None
    reason: Words
    by: Words


class ReserveCredit(Command):
    """Take `amount` out of `available` for one job."""

    job: Id
    amount: Amount


class CaptureCredit(Command):
    """Spend what the job reserved: its video was delivered."""

    job: Id


class RefundCredit(Command):
    """Give back what the job reserved: it ended without a video."""

    job: Id
    reason: Words


class TakeCredits(Command):
    """Take credits away, those of the lot `of` first. What is not there becomes debt."""

    revocation: Id
    amount: Amount
    of: Id | None = None
    reason: Words
    by: Words


class ExpireCredits(Command):
    """Let every lot go whose time is over."""


AccountCommand = OpenAccount | AddCredits | ReserveCredit | CaptureCredit | RefundCredit | TakeCredits | ExpireCredits


# Events. Their ids are a command's, which were checked there; so here they are plain texts.


class AccountOpened(Event):
    """The account exists. The inviter never changes after this."""

    inviter: AccountId | None


class CreditsGranted(Event):
    """A gift came in. `debt_settled` of it went to an older debt, the rest is available."""

    source: str
    amount: Amount
    debt_settled: Whole
    expires_at: Moment | None
    reason: Words
    by: Words


class CreditsPurchased(Event):
    """Paid credits came in; `source` is Telegram's charge id."""

    source: str
    amount: Amount
    debt_settled: Whole
    reason: Words
    by: Words


class CreditReserved(Event):
    """A job's credits left `available`."""

    job: str
    amount: Amount
    draws: tuple[Draw, ...]


class CreditCaptured(Event):
    """A job's reserved credits were spent."""

    job: str
    amount: Amount
    draws: tuple[Draw, ...]


class CreditRefunded(Event):
    """A job's reserved credits came back: `returned` to lots, `to_debt` to an older debt."""

    job: str
    amount: Amount
    returned: tuple[Draw, ...]
    to_debt: tuple[Draw, ...]
    reason: Words


class CreditsRevoked(Event):
    """Credits were taken away: `draws` of them from lots, `debt` of them are owed."""

    revocation: str
    amount: Amount
    draws: tuple[Draw, ...]
    debt: Whole
    of: str | None
    reason: Words
    by: Words


class CreditsExpired(Event):
    """A lot's time was over and what was left of it is gone."""

    expired: Draw


AccountEvent = (
    AccountOpened
    | CreditsGranted
    | CreditsPurchased
    | CreditReserved
    | CreditCaptured
    | CreditRefunded
    | CreditsRevoked
    | CreditsExpired
)
