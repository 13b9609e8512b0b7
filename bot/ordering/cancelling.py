"""Cancelling an order: those of its videos that nobody has begun are not made."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.buttons import Cancel
from bot.desk import Desk
from bot.ordering.draft import out_of_date
from bot.ordering.orders import placed
from bot.talk import Talk
from domain.job_words import CancelJob
from domain.refusals import OutOfTurn

router = Router(name="cancelling")


@router.callback_query(Cancel.filter())
async def cancel(_: CallbackQuery, callback_data: Cancel, talk: Talk, desk: Desk) -> None:
    """Cancels what can be cancelled and says how much that was; that the credits are back is told when they are."""
    jobs = await placed(talk, desk, callback_data.order)
    if not jobs:
        return out_of_date(talk)
    cancelled, reserved = 0, 0
    for standing in jobs:
        try:
            await desk.do(CancelJob(account=talk.account, at=talk.received_at, job=standing.job), talk)
        except OutOfTurn:  # it is being made, or has come to its end
            continue
        cancelled += 1
        reserved += standing.queued.price
    left = len(jobs) - cancelled
    if cancelled == 0:
        talk.toast("cancel-too-late", alert=True)
    elif left:
        talk.toast("cancel-some", alert=True, cancelled=cancelled, left=left, n=reserved)
    else:
        talk.toast("cancel-all", alert=True, cancelled=cancelled, n=reserved)
    return None
