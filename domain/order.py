"""An order: 1 to 5 videos of one confirmation, all or none. Prices in credits per video.

An order has no stream of its own. Its id is derived from the confirmation card (bot, chat, message), its
jobs' ids from the order's: index 0 carries the count, so a repeat meets version 1 of a stream that exists
and is answered with what is already there, while the same order with other content is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain import account, job, streams
from domain.job_states import brief_of
from domain.job_words import JobQueued
from domain.lots import available
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


def job_streams(command: PlaceOrder) -> tuple[str, ...]:
    """The streams of the order's jobs, by index. The first one tells whether the order was placed before."""
    of_order = streams.job(command.account, command.order)  # a job's id is its order's with an index, its stream too
    if command.count == 1:
        return (f"{of_order}.0",)
    return tuple([f"{of_order}.{index}" for index in range(command.count)])


def decide(command: PlaceOrder, states: Mapping[str, Any]) -> list[tuple[str, Event]]:
    """What the order adds to which stream; nothing when it was placed before.

    `states` holds the account's stream and those of the jobs.
    Raises AccountNotOpen, AccountInDebt, InsufficientCredits, SameIdOtherContent.
    """
    of_account, of_jobs = streams.account(command.account), job_streams(command)
    placed = brief_of(states[of_jobs[0]])
    if placed is not None:
        return _placed_before(command, placed)
    account_state = states[of_account]
    if isinstance(account_state, account.NoAccount):
        raise AccountNotOpen(command.account)
    if account_state.debt:
        raise AccountInDebt(account_state.debt)
    due, state = account.expire(account_state, command.at)
    asked, left = command.price * command.count, available(state.lots)
    if left < asked:
        raise InsufficientCredits(available=left, asked=asked)
    changes: list[tuple[str, Event]] = [(of_account, event) for event in due] if due else []
    for index, of_job in enumerate(of_jobs):
        reserved = account.reserve(state, job=f"{command.order}.{index}", amount=command.price)
        changes += ((of_account, reserved), (of_job, job.queued(command, index)))
        if index + 1 < command.count:
            state = account.evolve_open(state, reserved)
    return changes


def _placed_before(command: PlaceOrder, placed: JobQueued) -> list[tuple[str, Event]]:
    for field in CONTENT:
        was = getattr(placed, field)
        if was != getattr(command, field) and not isinstance(was, Forgotten):
            raise SameIdOtherContent(what=f"order {command.order}", field=field)
    return []
