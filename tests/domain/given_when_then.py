"""Rules told as `given(events).when(command).then(events)`, for one decider and for all streams of an owner.

A decider is given its own events; the ledger is given changes, pairs of a stream's name and an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain import account, bonus, invoice, job, job_states, ledger, payment, promo, revocation
from domain.account_words import AccountCommand, AccountEvent
from domain.bonus import BonusGiven, BonusState, GiveBonus
from domain.invoice import InvoiceEvent, InvoiceState, IssueInvoice
from domain.job_states import JobState
from domain.job_words import JobEvent, JobWish
from domain.ledger import Change, LedgerCommand, State
from domain.payment import PaymentCommand, PaymentEvent, PaymentState
from domain.promo import ClaimCode, CreatePromo, PromoEvent, PromoState
from domain.refusals import Refusal
from domain.revocation import RevocationMade, RevocationState, RevokeCredits
from domain.shapes import Event

CommandT = TypeVar("CommandT")
EventT = TypeVar("EventT")
StateT = TypeVar("StateT")


@dataclass(frozen=True)
class Outcome(Generic[EventT]):
    """What a command led to: events, or a refusal."""

    events: tuple[EventT, ...]
    refusal: Refusal | None

    def then(self, *events: EventT) -> None:
        """Exactly these events follow; without arguments: nothing happens, and nothing is refused."""
        assert self.refusal is None
        assert self.events == events

    def then_refused(self, refusal: type[Refusal], **fields: object) -> None:
        """Exactly this refusal follows, with exactly these fields."""
        assert self.refusal is not None, f"not refused, {self.events} followed"
        assert type(self.refusal) is refusal
        assert vars(self.refusal) == fields


def outcome_of(decision: Callable[[], Sequence[EventT]]) -> Outcome[EventT]:
    """The decision's events or its refusal. Anything else that it raises is a fault of the domain."""
    try:
        return Outcome(tuple(decision()), None)
    except Refusal as refusal:
        return Outcome((), refusal)


def is_as_built(event: object) -> bool:
    """Whether the event is what building it of its fields gives, each checked. Raises ValidationError."""
    assert isinstance(event, Event)
    return type(event).model_validate_json(event.model_dump_json()) == event


@dataclass(frozen=True)
class Decider(Generic[CommandT, EventT, StateT]):
    """The rules of one stream."""

    decide: Callable[[CommandT, StateT], Sequence[EventT]]
    evolve: Callable[[StateT, EventT], StateT]
    initial: StateT

    def given(self, *events: EventT) -> Given[CommandT, EventT, StateT]:
        """A stream in which these events happened."""
        state = self.initial
        for event in events:
            state = self.evolve(state, event)
        return Given(self, state)


@dataclass(frozen=True)
class Given(Generic[CommandT, EventT, StateT]):
    """A stream with a past."""

    decider: Decider[CommandT, EventT, StateT]
    state: StateT

    def when(self, command: CommandT) -> Outcome[EventT]:
        """The command is decided on that past."""
        outcome = outcome_of(lambda: self.decider.decide(command, self.state))
        assert all(is_as_built(event) for event in outcome.events)
        return outcome

    def after(self, *commands: CommandT) -> Given[CommandT, EventT, StateT]:
        """The same stream after these commands, none of which may be refused."""
        known = self
        for command in commands:
            outcome = known.when(command)
            assert outcome.refusal is None, outcome.refusal
            for event in outcome.events:
                known = Given(self.decider, self.decider.evolve(known.state, event))
        return known


ACCOUNT: Decider[AccountCommand, AccountEvent, account.AccountState] = Decider(
    account.decide, account.evolve, account.INITIAL
)
JOB: Decider[JobWish, JobEvent, JobState] = Decider(job.decide, job.evolve, job_states.INITIAL)
PAYMENT: Decider[PaymentCommand, PaymentEvent, PaymentState] = Decider(payment.decide, payment.evolve, payment.INITIAL)
BONUS: Decider[GiveBonus, BonusGiven, BonusState] = Decider(bonus.decide, bonus.evolve, bonus.INITIAL)
INVOICE: Decider[IssueInvoice, InvoiceEvent, InvoiceState] = Decider(invoice.decide, invoice.evolve, invoice.INITIAL)
REVOCATION: Decider[RevokeCredits, RevocationMade, RevocationState] = Decider(
    revocation.decide, revocation.evolve, revocation.INITIAL
)
PROMO: Decider[CreatePromo | ClaimCode, PromoEvent, PromoState] = Decider(promo.decide, promo.evolve, promo.INITIAL)


@dataclass(frozen=True)
class GivenStreams:
    """All streams of an owner with their pasts. Those that are not named are empty."""

    states: Mapping[str, State]

    def when(self, command: LedgerCommand) -> Outcome[Change]:
        """The command is decided on the streams it asks for and adds to no others; a new one gets its first event."""
        named = ledger.streams_of(command)
        known = {stream: self.states.get(stream, ledger.initial(stream)) for stream in (*named.read, *named.new)}
        outcome = outcome_of(lambda: ledger.decide(command, known))
        assert all(is_as_built(event) for _, event in outcome.events)
        touched = [stream for stream, _ in outcome.events]
        assert set(touched) <= known.keys()
        assert all(
            touched.count(stream) == 1 and stream not in self.states for stream in named.new if stream in touched
        )
        return outcome

    def then_given(self, *changes: Change) -> GivenStreams:
        """The same owner after these changes."""
        states = dict(self.states)
        for stream, event in changes:
            states[stream] = ledger.evolve(stream, states.get(stream, ledger.initial(stream)), event)
        return GivenStreams(states)

    def after(self, *commands: LedgerCommand) -> GivenStreams:
        """The same owner after these commands, none of which may be refused."""
        known = self
        for command in commands:
            outcome = known.when(command)
            assert outcome.refusal is None, outcome.refusal
            known = known.then_given(*outcome.events)
        return known


NOTHING = GivenStreams({})
"""An owner without any stream."""
