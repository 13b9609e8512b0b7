"""The key ring: which of several KIE keys asks next, and which may not.

A key that was told "too many requests" rests for a while, under `limited/<label>`; one that is refused or has no
money left is retired for minutes, under `retired/<label>`, and then tried again: what is wrong with it is mended
elsewhere, where an account is topped up or a cap ends with its hour. All workers share that, and the rate of creations
of each KIE account. A key is known by its label everywhere; its secret goes into one header and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
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
REFUSED: Final = frozenset({401, 402, 433})
LIMITS: Final = "limited/"
RETIREMENTS: Final = "retired/"
RETIRED_FOR_S: Final = (60.0, 120.0, 300.0, 600.0)
"""After the first, second, ... refusal in a row: one that was an accident costs a minute only."""

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


def refuses_key(code: int | None, trouble: Trouble) -> bool:
    """Whether this is said of the key or its account, and not of what was asked."""
    return trouble.failure is FailureClass.BILLING or code in REFUSED


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
        self._refusals: Counter[str] = Counter()
        self._retiring = asyncio.Lock()

    def key(self, label: str) -> Key | None:
        """The key of that label; None when it is not among ours (any more)."""
        return self._keys.get(label)

    def any_key(self) -> Key:
        """The first, for questions that any may ask."""
        return next(iter(self._keys.values()))

    async def choose(self, *, avoid: str | None = None, turn: bool = True) -> KeyReady | KeysResting | NoKey:
        """A key that may create one task now: the longest unused that does not rest, `avoid` only if no other may.

        Without `turn` no turn is taken: the key is for what is free.
        """
        retired, limited = await self._look(RETIREMENTS), await self._look(LIMITS)
        free = [label for label in self._order if label not in retired and label not in limited]
        due = [until for label, until in limited.items() if until is not None and label not in retired]
        for label in sorted(free, key=lambda label: label == avoid):
            if not turn:
                return KeyReady(label)
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
        resting = {*await self._look(RETIREMENTS), *await self._look(LIMITS)}
        return any(other != label and other not in resting for other in self._keys)

    async def judge(self, label: str, code: int | None, trouble: Trouble) -> Trouble:
        """Draws from a refusal what it means for the key, and returns the trouble as the job should take it.

        A key that is refused or empty is no reason to give up while there is another: then it counts as a limit, which
        is tried again elsewhere.
        """
        if refuses_key(code, trouble):
            await self._retire(label, code, trouble)
            if self._keys.keys() - await self._look(RETIREMENTS):
                return trouble._replace(failure=FailureClass.RATE_LIMIT)
        elif code != QUEUE_FULL and (trouble.failure is FailureClass.RATE_LIMIT or code in LIMITED):
            log.warning("kie key rests", key=label, code=code, rest_s=self._rest_s)
            await self._rest(LIMITS + label, self._rest_s, trouble.message)
        return trouble

    def works(self, label: str) -> None:
        """Takes note that the key created a task: what it was refused for is over."""
        del self._refusals[label]

    async def _retire(self, label: str, code: int | None, trouble: Trouble) -> None:
        """Retires the key, for longer than the last time. Operators are told once, however many were refused."""
        async with self._retiring:
            if label in await self._look(RETIREMENTS):
                return
            rest_s = RETIRED_FOR_S[min(self._refusals[label], len(RETIRED_FOR_S) - 1)]
            self._refusals[label] += 1
            log.critical("kie key retired", key=label, code=code, rest_s=rest_s, message=trouble.message)
            await self._rest(RETIREMENTS + label, rest_s, trouble.message)

    async def _turn_of(self, key: Key) -> datetime | None:
        return await self._turns[key.account].take() if self._turns else None

    async def _rest(self, name: str, rest_s: float, reason: str) -> None:
        async with self._looking:
            await self._rests.rest(name, until=self._now() + timedelta(seconds=rest_s), reason=reason)
            self._seen_at = None

    async def _look(self, why: str) -> dict[str, datetime | None]:
        """Our keys that rest for that, and until when; None: until somebody wakes them."""
        async with self._looking:
            now = self._now()
            if self._seen_at is None or now - self._seen_at >= SEEN_FOR:
                self._resting = await self._rests.resting()
                self._seen_at = now
        found = {label: self._resting.get(why + label, (now, ""))[0] for label in self._keys}
        return {label: until for label, until in found.items() if until is None or until > now}
