"""Names of streams: who owns them, what they are about."""

from __future__ import annotations

import pytest

from domain import streams

OF_ACCOUNT = [
    (streams.account(42), "account", "42"),
    (streams.job(42, "bot.42.1001.0"), "job", "bot.42.1001.0"),
    (streams.invoice(42, "i1"), "invoice", "i1"),
    (streams.payment(42, "stx:1"), "payment", "stx:1"),
    (streams.bonus(42, "welcome"), "bonus", "welcome"),
    (streams.revocation(42, "r1"), "revocation", "r1"),
]


@pytest.mark.parametrize(("stream", "category", "name"), OF_ACCOUNT)
def test_a_name_tells_owner_category_and_id(stream: str, category: str, name: str) -> None:
    assert streams.owner_of(stream) == "account/42"
    assert streams.account_of(stream) == 42
    assert streams.category_of(stream) == category
    assert streams.id_of(stream) == name


def test_every_stream_of_an_account_has_its_own_name() -> None:
    names = [stream for stream, _, _ in OF_ACCOUNT]
    assert len(set(names)) == len(names)


def test_a_promo_code_owns_its_stream_and_is_no_account() -> None:
    assert streams.owner_of(streams.promo("SPRING")) == "promo/SPRING"
    assert streams.category_of("promo/SPRING") == "promo"
    assert streams.id_of("promo/SPRING") == "SPRING"
    with pytest.raises(ValueError, match="promo/SPRING belongs to no account"):
        streams.account_of("promo/SPRING")


def test_accounts_with_the_same_beginning_are_not_mixed_up() -> None:
    assert streams.owner_of(streams.job(421, "j1")) == "account/421"
    assert streams.owner_of(streams.job(4, "21")) == "account/4"


@pytest.mark.parametrize("shards", [1, 2, 8, 16])
def test_all_streams_of_an_owner_lie_in_one_shard(shards: int) -> None:
    found = {streams.shard_of(streams.owner_of(stream), shards) for stream, _, _ in OF_ACCOUNT}
    assert len(found) == 1
    assert found.pop() in range(shards)


def test_a_shard_is_the_same_in_every_release_and_language() -> None:
    assert [streams.shard_of(streams.account(number), 8) for number in range(1, 9)] == [2, 0, 6, 5, 3, 1, 7, 6]
    gzip_says = 1_116_201_010  # of the bytes account/42
    assert streams.shard_of(streams.account(42), 2**32) == gzip_says


def test_owners_are_spread_over_the_shards() -> None:
    counts = [0] * 8
    for number in range(1, 8001):
        counts[streams.shard_of(streams.account(number), 8)] += 1
    assert min(counts) > 800
    assert max(counts) < 1200
