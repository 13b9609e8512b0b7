"""Damage to the log itself and to what is folded from it: what is done, and everything that should be said of it."""

from __future__ import annotations

from typing import Final

from processors.findings import Kind
from tests.processors.damage import FAILED, GIFT, OPEN, PAYMENT, STREAM, Damage, job_stream

ANOTHER_SHARD: Final = """
    UPDATE events AS e SET shard = h.shard, position = h.head + 1 FROM heads AS h
    WHERE h.shard <> e.shard AND e.stream = 'account/42/bonus/gift'
"""

THE_LOG: Final = (
    Damage(
        "an event in the middle is gone",
        ((Kind.POSITION, None, (STREAM, 4)), (Kind.VERSION, STREAM, 5), (Kind.STATEMENT, STREAM, 4)),
        sql="DELETE FROM events WHERE stream = 'account/42' AND version = 4",
    ),
    Damage(
        "the last event is gone",
        (
            (Kind.HEAD, None, (STREAM, 10)),
            (Kind.STATEMENT, STREAM, 10),
            (Kind.BALANCE, STREAM, 9),
            (Kind.PAYMENT, PAYMENT, 1),
        ),
        sql="DELETE FROM events WHERE stream = 'account/42' AND version = 10",
    ),
    Damage(
        "the head is too high",
        ((Kind.HEAD, None, "after"),),
        sql="UPDATE heads SET head = head + 3 WHERE shard = 0",
    ),
    Damage(
        "the head is too low",
        ((Kind.HEAD, STREAM, 10),),
        sql="UPDATE heads SET head = head - 1 WHERE shard = 0",
    ),
    Damage(
        "a processor is further than the log",
        ((Kind.TRACKING, None, "after"),),
        sql="UPDATE tracking AS t SET position = head + 1 FROM heads AS h WHERE name = 'settlement' "
        "AND h.shard = t.shard AND t.shard = 0",
    ),
    Damage(
        "a version is left out",
        ((Kind.VERSION, STREAM, 10), (Kind.STATEMENT, STREAM, 10)),
        sql="UPDATE events SET version = 12 WHERE stream = 'account/42' AND version = 10",
    ),
    Damage(
        "an event lies in another shard",
        (
            (Kind.POSITION, None, (GIFT, 1)),
            (Kind.HEAD, GIFT, "after"),
            (Kind.SHARD, GIFT, "after"),
            (Kind.GIFT, STREAM, 2),
        ),
        sql=ANOTHER_SHARD,
    ),
    Damage(
        "a stream has a name that is none of ours",
        ((Kind.NAME, "account/00", "planted"),),
        event=("account/00", "AccountOpened", {"inviter": None}),
    ),
    Damage(
        "an event has a type that nobody knows",
        ((Kind.UNREADABLE, STREAM, 10),),
        sql="UPDATE events SET type = 'CreditsDonated' WHERE stream = 'account/42' AND version = 10",
    ),
    Damage(
        "an event's fields are gone",
        ((Kind.UNREADABLE, STREAM, 10),),
        sql="UPDATE events SET data = '{}' WHERE stream = 'account/42' AND version = 10",
    ),
    Damage(
        "an event is no object",
        ((Kind.UNREADABLE, job_stream(OPEN), 1),),
        sql="UPDATE events SET data = '[]' WHERE stream = 'account/42/job/b.42.1.3'",
    ),
    Damage(
        "the clock went back",
        ((Kind.CLOCK, GIFT, 1),),
        sql="UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE stream = 'account/42/bonus/gift'",
    ),
)

WHAT_IS_FOLDED: Final = (
    Damage(
        "a snapshot is changed",
        ((Kind.SNAPSHOT, STREAM, 9),),
        sql="UPDATE snapshots SET state = jsonb_set(state, '{debt}', '7') WHERE stream = 'account/42'",
    ),
    Damage(
        "a snapshot is no state",
        ((Kind.SNAPSHOT, STREAM, 9),),
        sql="UPDATE snapshots SET state = '[]' WHERE stream = 'account/42'",
    ),
    Damage(
        "a snapshot of another fold is ignored",
        (),
        sql="UPDATE snapshots SET fold = 0, state = '[]' WHERE stream = 'account/42'",
    ),
    Damage(
        "a snapshot of a version that is not there",
        ((Kind.SNAPSHOT, STREAM, None),),
        sql="UPDATE snapshots SET version = 99 WHERE stream = 'account/42'",
    ),
    Damage(
        "a snapshot of a stream that is not there",
        ((Kind.SNAPSHOT, "account/999", None),),
        sql="UPDATE snapshots SET stream = 'account/999'",
    ),
    Damage(
        "a balance is changed",
        ((Kind.BALANCE, STREAM, 10),),
        sql="UPDATE balance_rows SET bonus_spent = bonus_spent + 1 WHERE account = 42",
    ),
    Damage("a balance is missing", ((Kind.BALANCE, STREAM, 10),), sql="DELETE FROM balance_rows WHERE account = 42"),
    Damage(
        "a balance too many",
        ((Kind.BALANCE, "account/999", None),),
        sql="UPDATE balance_rows SET account = 999 WHERE account = 42; "
        "INSERT INTO balance_rows SELECT (r).* FROM (SELECT jsonb_populate_record(b, '{\"account\": 42}') AS r "
        "FROM balance_rows AS b WHERE account = 999) AS copied",
    ),
    Damage(
        "a statement's line is changed",
        ((Kind.STATEMENT, STREAM, 5),),
        sql="UPDATE statement_rows SET available = 99 WHERE account = 42 AND version = 5",
    ),
    Damage(
        "a statement's line is missing",
        ((Kind.STATEMENT, STREAM, 5),),
        sql="DELETE FROM statement_rows WHERE account = 42 AND version = 5",
    ),
    Damage(
        "a statement's line too many",
        ((Kind.STATEMENT, STREAM, 10),),
        sql="INSERT INTO statement_rows SELECT (r).* FROM (SELECT jsonb_populate_record(s, '{\"version\": 99}') AS r "
        "FROM statement_rows AS s WHERE account = 42 AND version = 10) AS copied",
    ),
    Damage(
        "a line of an event that moves no credits",
        ((Kind.STATEMENT, STREAM, 10),),
        sql="INSERT INTO statement_rows SELECT (r).* FROM (SELECT jsonb_populate_record(s, '{\"version\": 1}') AS r "
        "FROM statement_rows AS s WHERE account = 42 AND version = 10) AS copied",
    ),
    Damage(
        "a job's row is changed",
        ((Kind.JOB, job_stream(FAILED), 2),),
        sql="UPDATE job_rows SET state = 'delivered' WHERE job = 'b.42.1.1'",
    ),
    Damage(
        "a job's row is missing",
        ((Kind.JOB, job_stream(FAILED), 2),),
        sql="DELETE FROM job_rows WHERE job = 'b.42.1.1'",
    ),
    Damage(
        "a job's row too many",
        ((Kind.JOB, job_stream("x"), None),),
        sql='INSERT INTO job_rows SELECT (r).* FROM (SELECT jsonb_populate_record(j, \'{"job": "x"}\') AS r '
        "FROM job_rows AS j WHERE job = 'b.42.1.1') AS copied",
    ),
)
