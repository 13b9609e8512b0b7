"""An order: 1 to 5 videos of one confirmation, all or none. Prices in credits per video.

An order has no stream of its own. Its id is derived from the confirmation card (bot, chat, message), its
jobs' ids from the order's: index 0 carries the count, so a repeat meets version 1 of a stream that exists
and is answered with what is already there, while the same order with other content is refused.
"""

from __future__ import annotations

from domain import account, job, streams
from domain.job_states import JobState, brief_of
from domain.job_words import JobQueued
from domain.ordered import Ordered
from domain.refusals import AccountInDebt, AccountNotOpen, InsufficientCredits, SameIdOtherContent
from domain.shapes import Event, Forgotten

CONTENT = (
    *("count", "model", "price", "template", "photo", "prompt", "product_text", "wishes"),
    *("aspect_ratio", "duration_s"),
)
"""The fields of an order that a repeat must have in common with it."""


class PlaceOrder(Ordered):
    """Reserve the price of each video and queue their jobs."""


def job_ids(command: PlaceOrder) -> list[str]:
    """The ids of the order's jobs, by index."""
    return [f"{command.order}.{index}" for index in range(command.count)]


def first_job(command: PlaceOrder) -> str:
    """The id of the job that tells whether this order was placed before."""
    return f"{command.order}.0"


def decide(command: PlaceOrder, account_state: account.AccountState, first: JobState) -> list[tuple[str, Event]]:
    """What the order adds to which stream; nothing when it was placed before.

    Raises AccountNotOpen, AccountInDebt, InsufficientCredits, SameIdOtherContent.
    """
    placed = brief_of(first)
    if placed is not None:
        return _placed_before(command, placed)
    if isinstance(account_state, account.NoAccount):
        raise AccountNotOpen(command.account)
    if account_state.debt:
        raise AccountInDebt(account_state.debt)
    due, state = account.expire(account_state, command.at)
    asked = command.price * command.count
    if state.available < asked:
        raise InsufficientCredits(available=state.available, asked=asked)
    of_account = streams.account(command.account)
    changes: list[tuple[str, Event]] = [(of_account, event) for event in due]
    for index, job_id in enumerate(job_ids(command)):
        reserved = account.reserve(state, job=job_id, amount=command.price)
        changes += ((of_account, reserved), (streams.job(command.account, job_id), job.queued(command, index)))
        if index + 1 < command.count:
            state = account.evolve_open(state, reserved)
    return changes


def _placed_before(command: PlaceOrder, placed: JobQueued) -> list[tuple[str, Event]]:
    for field in CONTENT:
        was = getattr(placed, field)
        if was != getattr(command, field) and not isinstance(was, Forgotten):
            raise SameIdOtherContent(what=f"order {command.order}", field=field)
    return []
