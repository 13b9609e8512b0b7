"""Gifts held against the streams of others: a claimed code became a gift, and a gift has its claim or its purchase.

The other stream lies in another shard as a rule. What is looked up was appended before what it is looked up for could
be read: a claim long before its gift counts as due, a gift's cause before the gift. So the log is asked as it is now,
beyond the heads of the reading, and traffic gives no findings.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from domain import streams
from domain.log import Unreadable
from processors.audit_sources import Claimed, Given
from processors.findings import Kind, Report
from processors.ports import EVERYTHING, VerificationSource

GIFTS_KEPT: Final = 20_000
"""So many gifts of codes are looked up together: a code's claims are read through once for all of its gifts."""

CLAIMS_PAGE: Final = 5_000
WHOLE_PAGE: Final = 100


class Gifts:
    """Looks up what one run of `verify` meets. `rest` is awaited after each page."""

    def __init__(
        self, source: VerificationSource, *, shards: int, report: Report, rest: Callable[[], Awaitable[None]]
    ) -> None:
        self._source = source
        self._shards = shards
        self._report = report
        self._rest = rest
        self._by_code: dict[str, dict[int, Given]] = {}
        self._kept = 0

    async def of_claims(self, claims: Sequence[Claimed]) -> None:
        """Whether each claimed code became a gift."""
        given = await self._source.gifts([(self._home(claim.gift), claim.gift) for claim in claims]) if claims else {}
        for claim in claims:
            amount = given.get(claim.gift)
            if amount != str(claim.amount):
                became = "no gift" if amount is None else f"a gift of {amount}"
                words = f"a claim of {claim.amount} credits became {became}: {claim.gift}"
                self._found(Kind.CLAIM, words, claim.code, claim.position)

    async def behind(self, gifts: Sequence[Given]) -> None:
        """Whether each gift for an invited account has their purchase. Gifts of codes are kept until they are many."""
        referrals = [gift for gift in gifts if streams.category_of(gift.cause) == "account"]
        await self._purchases(referrals)
        for gift in gifts:
            if streams.category_of(gift.cause) == "promo":
                self._by_code.setdefault(gift.cause, {})[gift.account] = gift
                self._kept += 1
        if self._kept >= GIFTS_KEPT:
            await self.end()

    async def end(self) -> None:
        """Whether each gift of a code that was kept has its claim."""
        for code, gifts in self._by_code.items():
            await self._claims(code, gifts)
        self._by_code.clear()
        self._kept = 0

    async def _purchases(self, gifts: Sequence[Given]) -> None:
        wanted = [(self._home(gift.cause), gift.cause) for gift in gifts]
        buyers = await self._source.buyers(wanted) if wanted else {}
        for gift in gifts:
            if buyers.get(gift.cause) != str(gift.account) and await self._whole(gift.cause):
                words = f"a gift for {gift.cause}, which did not buy anything or was not invited by this account"
                self._found(Kind.GIFT, words, gift.stream, gift.position)

    async def _claims(self, code: str, gifts: dict[int, Given]) -> None:
        unclaimed, after = {str(account): gift for account, gift in gifts.items()}, 0
        while unclaimed:
            page = await self._source.claims(self._home(code), code, after=after, limit=CLAIMS_PAGE)
            for version, account in page:
                unclaimed.pop(account, None)
                after = version
            await self._rest()
            if len(page) < CLAIMS_PAGE:
                break
        if unclaimed and await self._whole(code):
            for gift in unclaimed.values():
                self._found(
                    Kind.GIFT, f"a gift of {code}, which this account did not claim", gift.stream, gift.position
                )

    async def _whole(self, stream: str) -> bool:
        """Whether the stream can be read from its first event to its last: else nothing is concluded from it."""
        shard, version = self._home(stream), 0
        while True:
            page = await self._source.events(shard, after=(stream, version), upto=EVERYTHING, limit=WHOLE_PAGE)
            for recorded in page:
                if recorded.stream != stream:
                    return True
                if isinstance(recorded, Unreadable) or recorded.version != version + 1:
                    return False
                version = recorded.version
            await self._rest()
            if len(page) < WHOLE_PAGE:
                return True

    def _home(self, stream: str) -> int:
        return streams.shard_of(streams.owner_of(stream), self._shards)

    def _found(self, kind: Kind, words: str, stream: str, position: int) -> None:
        self._report.add(kind, words, shard=self._home(stream), stream=stream, position=position)
