"""The key ring: keys take turns, rest and retire for all workers, and their secrets are shown nowhere."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.kie.keys import RETIRED_FOR_S, KeyRing, WrongKeys, read_keys
from adapters.kie.rate import Rate
from adapters.postgres.connections import PatientPool
from adapters.postgres.rests import PostgresRests
from domain.failures import FailureClass
from domain.outside import KeyReady, KeysResting, NoKey, Trouble
from tests.adapters.kie.memory import NOON, MemoryRests, StillClock
from tests.conftest import Database

SECRETS = ("first-secret", "second-secret", "third-secret")
THREE = ",".join(f"{name}@main={secret}" for name, secret in zip("abc", SECRETS, strict=True))
LIMITED = Trouble(FailureClass.RATE_LIMIT, "too many requests")
EMPTY = Trouble(FailureClass.BILLING, "no credits left")
REFUSED = Trouble(FailureClass.UNKNOWN, "unauthorized")
STUMBLED = Trouble(FailureClass.TEMPORARY, "server error")


@pytest.fixture
def clock() -> StillClock:
    """Stands still until moved."""
    return StillClock()


@pytest.fixture
def rests(clock: StillClock) -> MemoryRests:
    """What the workers share."""
    return MemoryRests(clock)


def ring(rests: MemoryRests, clock: StillClock, keys: str = THREE, *, rate: Rate | None = None) -> KeyRing:
    """One worker's ring."""
    return KeyRing(read_keys(keys), rests, rate=rate, now=clock.now)


async def chosen(ring: KeyRing, *, avoid: str | None = None) -> str:
    """The label of the key that is ready."""
    ready = await ring.choose(avoid=avoid)
    assert isinstance(ready, KeyReady), ready
    return ready.label


def test_keys_are_read_with_labels_and_accounts() -> None:
    keys = read_keys(" main@shop=secret-one , spare@other=se=cr@et-two ,bare-secret,,with=equals-sign== ")
    assert [(key.label, key.account, key.secret.get_secret_value()) for key in keys] == [
        ("main", "shop", "secret-one"),
        ("spare", "other", "se=cr@et-two"),
        ("key-3", "main", "bare-secret"),
        ("key-5", "main", "with=equals-sign=="),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no key"),
        (" , ", "there is no key"),
        ("a@b=short", "entry 1: the key is no key"),
        ("long-enough,with space", "entry 2: the key is no key"),
        ("ключ-от-всего", "entry 1: the key is no key"),
        ("a/b@c=long-enough", "entry 1: a label and an account are"),
        ("a@c/d=long-enough", "entry 1: a label and an account are"),
        ("a@b=long-enough,a@b=another-one", "entry 2: its label or its key is there twice"),
        ("long-enough,long-enough", "entry 2: its label or its key is there twice"),
    ],
)
def test_keys_that_cannot_be_read_are_told_by_their_place(text: str, sentence: str) -> None:
    with pytest.raises(WrongKeys, match=sentence) as refused:
        read_keys(text)
    assert "long-enough" not in str(refused.value)


@settings(max_examples=400)
@given(st.text(max_size=60) | st.from_regex(r"([a-z]{0,3}@?[a-z]{0,3}=?[a-z]{0,12},?){0,4}", fullmatch=True))
def test_any_text_is_keys_of_different_labels_or_refused(text: str) -> None:
    with suppress(WrongKeys):
        keys = read_keys(text)
        assert len({key.label for key in keys}) == len({key.secret.get_secret_value() for key in keys}) == len(keys)
        assert all(repr(key.secret) == "SecretStr('**********')" for key in keys)


async def test_keys_take_turns(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    assert [await chosen(keys) for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


async def test_a_key_is_avoided_while_there_is_another(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    assert [await chosen(keys, avoid="a") for _ in range(3)] == ["b", "c", "b"]
    alone = ring(rests, clock, "a@main=only-secret")
    assert await chosen(alone, avoid="a") == "a"


async def test_another_key_is_told_without_taking_its_turn(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock, "a@main=first-secret,b@other=second-secret", rate=Rate(burst=1, per_s=0.01))
    assert await keys.has_another("a")
    assert await keys.has_another("a")
    assert isinstance(await keys.choose(avoid="a"), KeyReady)
    await keys.judge("b", 429, LIMITED)
    assert not await keys.has_another("a")
    assert await keys.has_another("b")


@pytest.mark.parametrize(("code", "trouble"), [(429, LIMITED), (430, LIMITED), (405, STUMBLED), (500, LIMITED)])
async def test_a_limited_key_rests_for_all_workers_and_comes_back(
    rests: MemoryRests, clock: StillClock, code: int, trouble: Trouble
) -> None:
    here, there = ring(rests, clock), ring(rests, clock)
    assert await here.judge("a", code, trouble) == trouble
    assert {await chosen(here) for _ in range(6)} == {await chosen(there) for _ in range(6)} == {"b", "c"}
    clock.move(30)
    assert {await chosen(there) for _ in range(6)} == {"a", "b", "c"}


@pytest.mark.parametrize(("code", "trouble"), [(401, REFUSED), (402, EMPTY), (433, EMPTY), (429, EMPTY), (500, EMPTY)])
async def test_a_refused_or_empty_key_is_retired_for_a_while_with_one_alert(
    rests: MemoryRests, clock: StillClock, code: int, trouble: Trouble
) -> None:
    here, there = ring(rests, clock), ring(rests, clock)
    with capture_logs() as logs:
        await asyncio.gather(*(here.judge("a", code, trouble) for _ in range(3)))
    assert [(line["log_level"], line["key"]) for line in logs] == [("critical", "a")]
    clock.move(RETIRED_FOR_S[0] - 1)
    assert {await chosen(there) for _ in range(6)} == {"b", "c"}
    clock.move(2)
    assert {await chosen(there) for _ in range(6)} == {"a", "b", "c"}


async def test_a_key_that_is_refused_again_is_retired_for_longer_until_it_works(
    rests: MemoryRests, clock: StillClock
) -> None:
    keys = ring(rests, clock, "a@main=only-secret")

    async def retired_for_s() -> float:
        await keys.judge("a", 402, EMPTY)
        until, _ = (await rests.resting())["retired/a"]
        assert until is not None
        assert isinstance(await keys.choose(), NoKey)
        rest_s = clock.seconds_until(until)
        clock.move(rest_s)
        assert await chosen(keys) == "a"
        return rest_s

    rests_s = [await retired_for_s() for _ in range(len(RETIRED_FOR_S) + 1)]
    assert rests_s == [*RETIRED_FOR_S, RETIRED_FOR_S[-1]]
    keys.works("a")
    assert await retired_for_s() == RETIRED_FOR_S[0]


async def test_a_retired_key_is_a_limit_while_there_is_another_and_its_own_trouble_afterwards(
    rests: MemoryRests, clock: StillClock
) -> None:
    keys = ring(rests, clock, "a@x=secret-of-a,b@y=secret-of-b")
    assert await keys.judge("a", 402, EMPTY) == EMPTY._replace(failure=FailureClass.RATE_LIMIT)
    assert await keys.judge("b", 402, EMPTY) == EMPTY
    nobody = await keys.choose()
    assert isinstance(nobody, NoKey)
    assert nobody.trouble == Trouble(FailureClass.BILLING, "every key is retired: a, b")


@pytest.mark.parametrize(
    ("code", "trouble"),
    [(500, STUMBLED), (550, LIMITED), (400, Trouble(FailureClass.USER_VIOLATION, "a rule")), (422, REFUSED)],
)
async def test_what_is_not_about_the_key_leaves_it_alone(
    rests: MemoryRests, clock: StillClock, code: int, trouble: Trouble
) -> None:
    keys = ring(rests, clock)
    assert await keys.judge("a", code, trouble) == trouble
    assert await rests.resting() == {}


async def test_a_retirement_is_not_shortened_by_a_later_limit(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    await keys.judge("a", 401, REFUSED)
    await keys.judge("a", 429, LIMITED)
    clock.move(31)
    assert {await chosen(keys) for _ in range(6)} == {"b", "c"}


async def test_when_all_rest_the_first_to_come_back_is_told(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    await keys.judge("a", 401, REFUSED)
    await keys.judge("b", 429, LIMITED)
    clock.move(10)
    await keys.judge("c", 429, LIMITED)
    assert await keys.choose() == KeysResting(NOON + timedelta(seconds=30))


async def test_who_rests_is_read_once_in_a_while_only(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    for _ in range(100):
        await keys.choose()
    assert rests.looks == 1
    clock.move(1.5)
    await keys.choose()
    assert rests.looks == 2


async def test_when_one_account_is_used_up_the_other_accounts_key_is_ready(
    rests: MemoryRests, clock: StillClock
) -> None:
    keys = ring(rests, clock, "a@x=secret-of-a,b@x=secret-of-b,c@y=secret-of-c", rate=Rate(burst=2, per_s=1))
    assert [await chosen(keys) for _ in range(4)] == ["a", "b", "c", "c"]
    assert await keys.choose() == KeysResting(NOON + timedelta(seconds=1))


async def test_what_is_free_takes_no_turn_and_waits_for_none(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock, "a@x=secret-of-a,b@x=secret-of-b", rate=Rate(burst=1, per_s=1))
    assert [await keys.choose(turn=False) for _ in range(3)] == [KeyReady("a")] * 3
    assert [await chosen(keys)] == ["a"]
    assert isinstance(await keys.choose(), KeysResting)
    assert await keys.choose(turn=False) == KeyReady("b")
    await keys.judge("b", 429, LIMITED)
    assert await keys.choose(turn=False) == KeyReady("a")


async def test_no_secret_is_in_what_the_ring_shows_or_logs(rests: MemoryRests, clock: StillClock) -> None:
    keys = ring(rests, clock)
    with capture_logs() as logs:
        for label in "abc":
            await keys.judge(label, 401, REFUSED)
    shown = f"{logs} {keys!r} {vars(keys)} {keys.key('a')!r} {keys.key('a')} {await keys.choose()}"
    assert "a@" not in shown
    assert not [secret for secret in SECRETS if secret in shown]


async def test_workers_share_rests_and_rates_through_the_database(database: Database) -> None:
    async with PatientPool.opened(database.url, size=2) as pool:
        slow = Rate(burst=2, per_s=0.001)
        here, there = (KeyRing(read_keys(THREE), PostgresRests(pool), rate=slow) for _ in range(2))
        await here.judge("a", 402, EMPTY)
        assert {await chosen(here), await chosen(there)} <= {"b", "c"}
        assert isinstance(await there.choose(), KeysResting)
