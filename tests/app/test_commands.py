"""The commands as finance types them, each in a process of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from adapters.postgres.event_store import PostgresEventStore
from domain.streams import shard_of
from tests.app.program import Ran, run, settings_of, start
from tests.conftest import Database
from tests.processors.scene import at_work

HERE = Path(__file__).parents[2]
DIALOGUE = "INSERT INTO conversations (shard, bot, account, content, updated_at) VALUES ($1, 7, 42, '{}', now())"


@pytest.fixture
async def opened(store: PostgresEventStore) -> None:
    """Account 42 with five credits, one of them reserved."""
    async with at_work(store) as scene:
        await scene.open(42, 5)
        await scene.order(42, 1)
        await scene.caught_up()


class Terminal:
    """Types commands against one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._settings = settings_of(database)
        self._folder = folder

    async def types(self, *arguments: str, **settings: str) -> Ran:
        return await run(*arguments, folder=self._folder, settings={**self._settings, **settings})


@pytest.fixture
def terminal(database: Database, opened: None, tmp_path: Path) -> Terminal:
    """A terminal on the test's database."""
    return Terminal(database, tmp_path)


async def test_account_shows_the_balance_now_and_then(terminal: Terminal) -> None:
    ran = await terminal.types("account", "42", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    now = json.loads(ran.out)
    assert (now["available"], now["reserved"], now["view_position"]) == (4, 1, 5)
    ran = await terminal.types("account", "42", "--at", "3")
    assert ran.code == 0
    assert "account 42 at position 3" in ran.out


async def test_history_comes_as_a_table_json_or_csv_in_the_readers_zone(terminal: Terminal) -> None:
    ran = await terminal.types("history", "42", "--format", "csv", TZ="Asia/Tokyo")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["type"], row["available"]) for row in rows] == [
        ("AccountOpened", "0"),
        ("CreditsGranted", "5"),
        ("CreditReserved", "4"),
    ]
    assert rows[0]["recorded_at"].endswith("+09:00")
    moment = rows[1]["recorded_at"]
    ran = await terminal.types("history", "42", "--at", moment, "--format", "json", "--zone", "Europe/Moscow")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["available"] for line in lines] == [0, 5]
    assert lines[0]["recorded_at"].endswith("+03:00")
    local = moment.removesuffix("+09:00")
    ran = await terminal.types("history", "42", "--at", local, TZ="Asia/Tokyo")
    assert ran.out.splitlines()[-1].endswith("available 5, reserved 0, debt 0")


async def test_a_reader_that_has_seen_enough_is_no_error(database: Database, opened: None, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await start("history", "42", folder=tmp_path, settings=settings_of(database), out=writing)
    os.close(writing)
    _, complaint = await process.communicate()
    assert (process.returncode, complaint) == (0, b"")


async def test_replay_shows_each_step(terminal: Terminal) -> None:
    ran = await terminal.types("replay", "42", "--format", "json")
    assert [json.loads(line)["type"] for line in ran.out.splitlines()] == [
        "AccountOpened",
        "CreditsGranted",
        "CreditReserved",
    ]


async def test_a_grant_with_the_same_id_is_made_once(terminal: Terminal) -> None:
    words = ("grant", "42", "10", "--reason", "за ожидание", "--by", "olga", "--id", "g1")
    first, again = await terminal.types(*words), await terminal.types(*words)
    assert (first.code, again.code) == (0, 0)
    assert first.out == "grant id: g1\naccount 42: granted 10: за ожидание, by olga\navailable 14, reserved 1, debt 0\n"
    assert again.out == (
        "grant id: g1\nalready granted: account 42, 10 credits; nothing was done\navailable 14, reserved 1, debt 0\n"
    )
    other = await terminal.types(*words[:2], "11", *words[3:])
    assert (other.code, other.sentence) == (1, "refused: bonus g1 exists already with another amount")


async def test_a_grant_without_an_id_prints_the_one_to_repeat_it_with(terminal: Terminal) -> None:
    words = ("grant", "42", "1", "--reason", "r", "--by", "olga", "--expires", "2999-01-01")
    ran = await terminal.types(*words)
    made = ran.out.splitlines()[0].removeprefix("grant id: ")
    assert "until 2999-01-01 00:00 UTC" in ran.out
    assert "already granted" in (await terminal.types(*words, "--id", made)).out


async def test_a_revocation_takes_what_is_there_and_leaves_the_rest_as_debt(terminal: Terminal) -> None:
    words = ("revoke", "42", "6", "--reason", "ошибка", "--by", "olga", "--of", "gift", "--id", "r1")
    ran = await terminal.types(*words)
    assert ran.out.splitlines()[1:] == [
        "account 42: revoked 6: ошибка, by olga; 2 of them are owed",
        "available 0, reserved 1, debt 2",
    ]
    assert "already revoked" in (await terminal.types(*words)).out


async def test_verify_and_rebuild(terminal: Terminal) -> None:
    ran = await terminal.types("rebuild")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "the views are made anew from 5 events")
    ran = await terminal.types("verify", "--pace", "0", "--format", "json")
    assert (ran.code, json.loads(ran.out)["sound"], json.loads(ran.out)["events"]) == (0, True, 5)


async def test_who_is_forgotten_leaves_nothing_but_the_books(
    terminal: Terminal, store: PostgresEventStore, tmp_path: Path
) -> None:
    files = {name: tmp_path / name for name in ("inputs/42/a.jpg", "outputs/42/b.0.mp4", "inputs/421/a.jpg")}
    for file in files.values():
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    ran = await terminal.types("forget", "42")
    assert (ran.code, ran.sentence) == (2, "forgetting account 42 cannot be undone: add --yes")
    await store.pool.execute(DIALOGUE, shard_of("account/42", store.shards))
    forgotten = (await terminal.types("forget", "42", "--yes", STORAGE_URL=str(tmp_path))).out.splitlines()
    assert forgotten[0] == "the dialogue of account 42 is deleted"
    assert "the key of account 42 is deleted" in forgotten[1]
    assert forgotten[2] == "photos and videos of account 42 that were deleted: 2"
    assert [name for name, file in files.items() if file.exists()] == ["inputs/421/a.jpg"]
    assert await store.pool.fetchval("SELECT count(*) FROM conversations") == 0
    again = await terminal.types("forget", "42", "--yes", STORAGE_URL=str(tmp_path))
    assert "has no key" in again.out
    assert "deleted: 0" in again.out
    assert (await terminal.types("account", "42")).code == 0


async def test_files_that_cannot_be_deleted_are_said_to_be_left(terminal: Terminal, tmp_path: Path) -> None:
    away = {"STORAGE_URL": "s3://bucket", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ALLOW_HTTP": "true"}
    keys = {"AWS_REGION": "here", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    ran = await terminal.types("forget", "42", "--yes", **away, **keys)
    assert ran.code == 3
    assert "the key of account 42 is deleted" in ran.out
    assert ran.err.endswith("everything else is done, repeat it for the rest\n")


async def test_verify_ends_with_1_and_names_what_is_wrong(terminal: Terminal, database: Database) -> None:
    await wreck(database)
    ran = await terminal.types("verify", "--pace", "0")
    assert ran.code == 1
    assert "account 42" in ran.out
    assert "THE BOOKS ARE WRONG" in ran.out
    ran = await terminal.types("verify", "--pace", "0", "--format", "json")
    found = json.loads(ran.out)
    assert (ran.code, found["sound"]) == (1, False)
    assert {finding["account"] for finding in found["findings"]} == {42}
    assert (await terminal.types("account", "42")).code == 1


async def wreck(database: Database) -> None:
    """Makes the view say something else than the log."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute("UPDATE balance_rows SET bonus_available = 100 WHERE account = 42")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("grant", "7", "1", "--reason", "r"),
            1,
            "refused: account 7 is not open; its user has to start the bot first",
        ),
        (("grant", "42", "0", "--reason", "r"), 2, "Invalid value for 'amount'"),
        (("grant", "42", "1.5", "--reason", "r"), 2, "Invalid value for 'amount'"),
        (("grant", "42", "1"), 2, "Missing option '--reason'"),
        (("grant", "42", "1", "--reason", ""), 2, "--reason is wrong"),
        (("grant", "42", "1", "--reason", "r", "--id", "a/b"), 2, "--id is a name of 1 to 255 letters"),
        (("grant", "42", "1", "--reason", "r", "--expires", "2020-01-01"), 2, "--expires 2020-01-01 is past"),
        (("history", "7"), 1, "account 7 has no events"),
        (("history", "42", "--job", "x"), 1, "job x of account 42 has no events"),
        (("history", "42", "--at", "soon"), 2, "--at soon is no moment"),
        (("history", "42", "--format", "xml"), 2, "Invalid value for '--format'"),
        (("account", "0"), 2, "Invalid value for 'account'"),
        (("account", "42", "--zone", "Mars"), 2, "--zone Mars is no zone"),
        (("account", "42", "--format", "csv"), 2, "--format csv is for history"),
        (("nonsense",), 2, "No such command 'nonsense'"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(
    terminal: Terminal, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = await terminal.types(*arguments)
    assert ran.code == code
    assert ran.sentence.startswith(sentence)


def test_a_command_of_finance_starts_without_what_only_the_running_programs_need() -> None:
    asked = "import sys, app.main; print({'aiogram', 'openai', 'fastapi', 'av'} & sys.modules.keys() or 'none of them')"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=HERE, check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "none of them"
