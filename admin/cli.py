"""The commands of finance and operators. Each opens the office through the desk that `app` puts on the context.

Exit codes: 0 done, 1 refused or something is wrong in the books, 2 a wrong argument or setting, 3 the database cannot
be reached or is not fit for use.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from admin import account as accounts
from admin import gifts, payments, promo, upkeep, verification
from admin.history import history as write_history
from admin.moments import end_of, until_of, zone_named
from admin.office import Office, WrongUse
from admin.options import ID, Account, Amount, At, By, Form, Job, Reason, Zone, desk_of, doer
from admin.queue import jobs as list_jobs
from admin.replay import replay as write_replay
from admin.sheets import Format
from domain.bonus import GiveBonus
from domain.payment import RequestPaymentRefund
from domain.revocation import RevokeCredits
from processors.verify import PACE
from processors.verify import verify as read_everything

cli = typer.Typer(
    name="neurocards",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Neurocards: the ledger and its tools. "
    "Exit codes: 0 done, 1 refused or something is wrong in the books, 2 wrong argument or setting, "
    "3 database not reachable or not fit for use.",
)
cli.add_typer(promo.commands)


@cli.command()
def account(
    context: typer.Context, account: Account, at: At = None, zone: Zone = None, form: Form = Format.TABLE
) -> int:
    """Balance by kind, debt, lots and open reservations, folded from the log and held against the view."""
    if form is Format.CSV:
        msg = "--format csv is for history; an account is a table or json"
        raise WrongUse(msg)
    in_zone = zone_named(zone)
    until = until_of(at, in_zone)

    async def work(office: Office) -> int:
        report = await accounts.read(office.accounts, account, until=until)
        return accounts.write(report, zone=in_zone, form=form, out=sys.stdout)

    return desk_of(context).run(work)


@cli.command()
def history(
    context: typer.Context,
    account: Account,
    *,
    at: At = None,
    job: Job = None,
    zone: Zone = None,
    form: Form = Format.TABLE,
) -> int:
    """Every event of the account's credits, with what was available, reserved and owed after it."""
    in_zone = zone_named(zone)
    until = until_of(at, in_zone)
    return desk_of(context).run(
        lambda office: write_history(
            office.accounts, account, job=job, until=until, zone=in_zone, form=form, out=sys.stdout
        )
    )


@cli.command()
def replay(
    context: typer.Context,
    account: Account,
    *,
    at: At = None,
    job: Job = None,
    zone: Zone = None,
    form: Form = Format.TABLE,
) -> int:
    """Fold the account (or a job) from the events as they are stored, showing the state after each."""
    if form is Format.CSV:
        msg = "--format csv is for history; a replay is a table or json"
        raise WrongUse(msg)
    in_zone = zone_named(zone)
    until = until_of(at, in_zone)
    return desk_of(context).run(
        lambda office: write_replay(
            office.accounts, account, job=job, until=until, zone=in_zone, form=form, out=sys.stdout
        )
    )


@cli.command()
def jobs(
    context: typer.Context,
    account: Annotated[int | None, typer.Argument(min=1, max=2**63 - 1, help="Only this account's.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the oldest first.")] = 1_000,
    zone: Zone = None,
    form: Form = Format.TABLE,
) -> int:
    """The jobs in flight, oldest first, and what each of them waits for."""
    in_zone = zone_named(zone)
    return desk_of(context).run(
        lambda office: list_jobs(
            office.queue, account=account, limit=limit, zone=in_zone, form=form, out=sys.stdout, err=sys.stderr
        )
    )


@cli.command()
def grant(
    context: typer.Context,
    account: Account,
    amount: Amount,
    *,
    reason: Reason,
    by: By = None,
    gift_id: Annotated[str | None, ID] = None,
    expires: Annotated[str | None, typer.Option(help="When the credits end, if ever: a moment, as for --at.")] = None,
    zone: Zone = None,
) -> int:
    """Give credits, once per id."""
    command = gifts.wished(
        GiveBonus,
        account=account,
        at=datetime.now(UTC),
        source=gift_id or f"grant-{uuid4().hex}",
        amount=amount,
        expires_at=end_of(expires, zone),
        reason=reason,
        by=doer(by),
    )
    return desk_of(context).run(lambda office: gifts.grant(office, command, sys.stdout))


@cli.command()
def revoke(
    context: typer.Context,
    account: Account,
    amount: Amount,
    *,
    reason: Reason,
    by: By = None,
    revocation_id: Annotated[str | None, ID] = None,
    of: Annotated[str | None, typer.Option(help="The lot to take from first: the id of its grant or charge.")] = None,
) -> int:
    """Take credits away, once per id; what is not there becomes debt."""
    command = gifts.wished(
        RevokeCredits,
        account=account,
        at=datetime.now(UTC),
        revocation=revocation_id or f"revocation-{uuid4().hex}",
        amount=amount,
        of=of,
        reason=reason,
        by=doer(by),
    )
    return desk_of(context).run(lambda office: gifts.revoke(office, command, sys.stdout))


@cli.command("refund-payment")
def refund_payment(
    context: typer.Context,
    account: Account,
    charge: Annotated[str, typer.Argument(help="The payment: its charge's id.")],
    *,
    reason: Reason,
    by: By = None,
    request_id: Annotated[str | None, ID] = None,
) -> int:
    """Give a payment's Stars back, once; its credits go with them, also those that are spent."""
    command = gifts.wished(
        RequestPaymentRefund,
        account=account,
        at=datetime.now(UTC),
        charge=charge,
        request=request_id or f"refund-{uuid4().hex}",
        reason=reason,
        by=doer(by),
    )
    return desk_of(context).run(lambda office: payments.request_refund(office, command, sys.stdout))


@cli.command()
def reconcile(context: typer.Context) -> int:
    """Hold the books against Telegram's own account of the Stars, and make good what they lack."""
    return desk_of(context).run(lambda office: payments.reconcile(office, sys.stdout))


@cli.command()
def verify(
    context: typer.Context,
    form: Form = Format.TABLE,
    pace: Annotated[
        float, typer.Option(min=0, help="Seconds of rest for each second of work; 0 is as fast as it goes.")
    ] = PACE,
) -> int:
    """Read the whole log and say whether the books are right; name account, stream and position of what is not."""
    if form is Format.CSV:
        msg = "--format csv is for history; a verification is a table or json"
        raise WrongUse(msg)

    async def work(office: Office) -> int:
        report = await read_everything(office.verification, pace=pace, on_progress=verification.progress_on(sys.stderr))
        return verification.write_report(report, form, sys.stdout)

    return desk_of(context).run(work)


@cli.command()
def rebuild(context: typer.Context) -> int:
    """Make the views of all shards anew from the log, while appends and reads go on."""
    return desk_of(context).run(lambda office: upkeep.rebuild_all(office, sys.stdout))


@cli.command()
def forget(
    context: typer.Context,
    account: Account,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Say that you mean it: there is no way back.")] = False,
) -> int:
    """Delete a person's dialogue, photos and videos, and the key of their texts; the books stay as they are."""
    if not yes:
        msg = f"forgetting account {account} cannot be undone: add --yes"
        raise WrongUse(msg)
    return desk_of(context).run(lambda office: upkeep.forget(office, account, sys.stdout))
