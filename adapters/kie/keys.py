"""The key ring: which of several KIE keys asks next, and which may not.

A key that was told "too many requests" rests for a while; one that is refused or has no money left is retired until
somebody wakes it. All workers share that, under `key/<label>`, and the rate of creations of each KIE account. A key is
known by its label everywhere; its secret goes into one header of a request and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog
from pydantic import SecretStr

from adapters.kie.rate import KIES_RATE, Rate, Rests, Turns
from domain.failures import FailureClass
from domain.outside import KeyReady, KeysResting, NoKey, Trouble

NAMED: Final = re.compile(r"([^@=\s]+)@([^@=\s]+)=(.+)")
LABEL: Final = re.compile(r"[A-Za-z0-9._-]{1,50}")
SECRET: Final = re.compile(r"[!-~]{8,500}")
THE_ACCOUNT: Final = "main"

LIMITED: Final = frozenset({429, 430, 405})
RETIRED: Final = frozenset({401, 402, 433})
PREFIX: Final = "key/"
QUEUE_FULL: Final = 550
"""A rate limit by its class, but the model's, not the key's."""

SEEN_FOR: Final = timedelta(seconds=1.5)
"""How long what was read counts as the present."""

log = structlog.get_logger(__name__)


class WrongKeys(ValueError):
    """KIE_API_KEYS cannot be read; the sentence says where and shows no key."""


class Key(NamedTuple):
    """One key of a KIE account."""

    label: str
    account: str
    secret: SecretStr


def read_keys(text: str) -> tuple[Key, ...]:
    """The keys of `label@account=key,...`. Raises WrongKeys.

    Bare keys are of one account and labelled by their places, `key-1` and so on: name them where keys come and go, for
    a task is asked about with the key of its label.
    """
    keys: list[Key] = []
    for place, part in enumerate((part.strip() for part in text.split(",")), start=1):
        if not part:
            continue
        named = NAMED.fullmatch(part)
        label, account, secret = named.groups() if named else (f"key-{place}", THE_ACCOUNT, part)
        if not LABEL.fullmatch(label) or not LABEL.fullmatch(account):
            raise WrongKeys(f"entry {place}: a label and an account are letters, digits and . _ -")
        if not SECRET.fullmatch(secret):
            raise WrongKeys(f"entry {place}: the key is no key: at least 8 signs, no spaces")
        if any(label == key.label or secret == key.secret.get_secret_value() for key in keys):
            raise WrongKeys(f"entry {place}: its label or its key is there twice")
        keys.append(Key(label, account, SecretStr(secret)))
    if not keys:
        raise WrongKeys("there is no key")
    return tuple(keys)


class KeyRing:
    """Chooses keys, in turn, of those that do not rest."""

    def __init__(
        self,
        keys: Iterable[Key],
        rests: Rests,
        *,
        rate: Rate | None = KIES_RATE,
        rest_s: float = 30.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys = {key.label: key for key in keys}
        assert self._keys, "a ring has at least one key"
        self._rests = rests
        self._rest_s = rest_s
        self._now = now
        self._order = list(self._keys)
        accounts = {key.account for key in self._keys.values()}
        self._turns = {} if rate is None else {name: Turns(name, rate, rests, now=now) for name in accounts}
        self._resting: Mapping[str, tuple[datetime | None, str]] = {}
        self._seen_at: datetime | None = None
        self._looking = asyncio.Lock()

    def key(self, label: str) -> Key | None:
        """The key of that label; None when it is not among ours (any more)."""
        return self._keys.get(label)

    def any_key(self) -> Key:
        """The first, for questions that any may ask."""
        return next(iter(self._keys.values()))

    async def choose(self, *, avoid: str | None = None) -> KeyReady | KeysResting | NoKey:
        """A key that may create one task now: the longest unused that does not rest, `avoid` only if no other may."""
        resting = await self._look()
        free = [label for label in self._order if label not in resting]
        due = [until for until in resting.values() if until is not None]
        for label in sorted(free, key=lambda label: label == avoid):
            later = await self._turn_of(self._keys[label])
            if later is None:
                self._order.remove(label)
                self._order.append(label)
                return KeyReady(label)
            due.append(later)
        if due:
            return KeysResting(min(due))
        return NoKey(Trouble(FailureClass.BILLING, f"every key is retired: {', '.join(self._keys)}"))

    async def has_another(self, label: str) -> bool:
        """Whether another key neither rests nor is retired. Takes no turn."""
        resting = await self._look()
        return any(other != label and other not in resting for other in self._keys)

    async def judge(self, label: str, code: int | None, trouble: Trouble) -> Trouble:
        """Draws from a refusal what it means for the key, and returns the trouble as the job should take it.

        A key that is refused or empty is no reason to give up while there is another: then it counts as a limit, which
        is tried again elsewhere.
        """
        if trouble.failure is FailureClass.BILLING or code in RETIRED:
            resting = await self._look()
            if resting.get(label, self._now()) is not None:
                log.critical("kie key retired", key=label, code=code, message=trouble.message)
                await self._rest(label, None, trouble.message)
            if any(resting.get(other, self._now()) is not None for other in self._keys if other != label):
                return trouble._replace(failure=FailureClass.RATE_LIMIT)
        elif code != QUEUE_FULL and (trouble.failure is FailureClass.RATE_LIMIT or code in LIMITED):
            log.warning("kie key rests", key=label, code=code, rest_s=self._rest_s)
            await self._rest(label, self._now() + timedelta(seconds=self._rest_s), trouble.message)
        return trouble

    async def _turn_of(self, key: Key) -> datetime | None:
        return await self._turns[key.account].take() if self._turns else None

    async def _rest(self, label: str, until: datetime | None, reason: str) -> None:
        async with self._looking:
            await self._rests.rest(f"{PREFIX}{label}", until=until, reason=reason)
            self._seen_at = None

    async def _look(self) -> dict[str, datetime | None]:
        """Our keys that rest, and until when; None: until woken."""
        async with self._looking:
            now = self._now()
            if self._seen_at is None or now - self._seen_at >= SEEN_FOR:
                self._resting = await self._rests.resting()
                self._seen_at = now
        found = {label: self._resting.get(f"{PREFIX}{label}", (now, ""))[0] for label in self._keys}
        return {label: until for label, until in found.items() if until is None or until > now}
