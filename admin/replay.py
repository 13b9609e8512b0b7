"""Replaying a stream: every event as it lies in the log, and the state after it."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import tzinfo
from typing import Any, TextIO

from pydantic_core import to_jsonable_python
from rpds import HashTrieMap

from admin.moments import Until, is_past, shown
from admin.office import OK, Accounts, NotThere
from admin.sheets import Format
from domain import ledger
from domain.account import Account
from domain.streams import account as account_stream
from domain.streams import job as job_stream


async def replay(
    accounts: Accounts,
    account: int,
    *,
    job: str | None = None,
    until: Until = None,
    zone: tzinfo | None = None,
    form: Format = Format.TABLE,
    out: TextIO,
) -> int:
    """Writes the stream of the account, or of one of its jobs, step by step. Raises NotThere."""
    stream = account_stream(account) if job is None else job_stream(account, job)
    state = ledger.initial(stream)
    steps = 0
    async for recorded, stored in accounts.stored(stream, upto=await accounts.head(account)):
        if is_past(recorded, until):
            break
        steps += 1
        state = ledger.evolve(stream, state, recorded.event)
        moment = recorded.recorded_at.astimezone(zone)
        after = state_as_json(state)
        if form is Format.JSON:
            step = {
                "version": recorded.version,
                "position": recorded.position,
                "recorded_at": moment.isoformat(),
                "type": recorded.type,
                "event": json.loads(stored),
                "state": after,
            }
            out.write(f"{json.dumps(step, ensure_ascii=False)}\n")
        else:
            out.write(f"{recorded.version}. {recorded.type}, position {recorded.position}, {shown(moment)}\n")
            out.write(f"   event  {stored}\n   state  {json.dumps(after, ensure_ascii=False)}\n")
    if not steps:
        msg = f"there is no event in {stream}"
        raise NotThere(msg)
    return OK


def state_as_json(state: object) -> dict[str, Any]:
    """The fields of a folded state; of an account the sums first."""
    if isinstance(state, Account):
        plain = {name: _plain(value) for name, value in state._asdict().items()}
        plain["lots"] = [_plain(lot._asdict()) for lot in state.lots]
        return {"available": state.available, "reserved": state.reserved, **plain}
    assert is_dataclass(state), "states are frozen dataclasses"
    plain = {part.name: _plain(getattr(state, part.name)) for part in fields(state)}
    return {"is": type(state).__name__, **plain}


def _plain(value: object) -> object:
    return to_jsonable_python(dict(value) if isinstance(value, HashTrieMap) else value)
