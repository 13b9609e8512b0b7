"""The keys of personal texts: one per owner, in a table from which it can be deleted, wrapped by DATA_KEY.

Deleting an owner's key forgets the person: what was encrypted with it can never be read again, and nothing else
changes. An owner who comes back gets a new key; old texts name the old one and stay forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from os import urandom
from time import monotonic
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from adapters.codec import PersonalKey
from adapters.postgres.connections import PatientPool
from domain.streams import owner_of, shard_of

KEY_BYTES: Final = 32
CACHED_MAX: Final = 65_536
TRUSTED_FOR_S: Final = 60.0
"""How long a key is used without looking whether it is still there: so long another process may not know it is gone."""

SELECT_KEY: Final = "SELECT key_id, wrapped FROM personal_keys WHERE shard = $1 AND owner = $2"
INSERT_KEY: Final = """
    INSERT INTO personal_keys (shard, owner, key_id, wrapped) VALUES ($1, $2, $3, $4)
    ON CONFLICT (shard, owner) DO NOTHING
"""
DELETE_KEY: Final = "DELETE FROM personal_keys WHERE shard = $1 AND owner = $2"


class WrongDataKey(Exception):
    """DATA_KEY does not open the keys in this database; start with the key that this database was made with."""

    def __init__(self) -> None:
        super().__init__("DATA_KEY does not open this database's personal texts; use the key it was made with")


class PersonalKeys:
    """Reads, makes and deletes owners' keys. Keys once read are kept in memory, up to a bound."""

    def __init__(self, pool: PatientPool, data_key: bytes, *, shards: int) -> None:
        assert len(data_key) == KEY_BYTES, "DATA_KEY is 32 bytes"
        self._pool = pool
        self._data_key = data_key
        self._shards = shards
        self._cached: OrderedDict[str, tuple[PersonalKey, float]] = OrderedDict()
        self._forgotten = 0

    def has(self, owner: str) -> bool:
        """Whether the owner's key is at hand and was seen lately. It stays so for a while: it counts as used."""
        kept = self._cached.get(owner)
        if kept is None or kept[1] < monotonic() - TRUSTED_FOR_S:
            return False
        self._cached.move_to_end(owner)
        return True

    def of_stream(self, stream: str) -> PersonalKey | None:
        """The key of the stream's owner if it was read and exists."""
        return self.of_owner(owner_of(stream))

    def of_owner(self, owner: str) -> PersonalKey | None:
        """The owner's key if it was read and exists."""
        kept = self._cached.get(owner)
        if kept is None:
            return None
        self._cached.move_to_end(owner)
        return kept[0]

    async def read(self, owner: str) -> PersonalKey | None:
        """The owner's key, or None when there is none (any more). Raises WrongDataKey."""
        while not self.has(owner):
            forgotten = self._forgotten
            row = await self._pool.fetchrow(SELECT_KEY, shard_of(owner, self._shards), owner)
            if row is None:
                self._cached.pop(owner, None)
                return None
            if forgotten == self._forgotten:
                self._keep(owner, self._unwrapped(row["key_id"], row["wrapped"]))
        return self.of_owner(owner)

    async def ensure(self, owner: str) -> PersonalKey:
        """The owner's key, made now if there is none. Raises WrongDataKey."""
        while (key := await self.read(owner)) is None:
            wrapped = aes_key_wrap(self._data_key, urandom(KEY_BYTES))
            await self._pool.execute(INSERT_KEY, shard_of(owner, self._shards), owner, uuid4(), wrapped)
        return key

    async def forget(self, owner: str) -> bool:
        """Deletes the owner's key. Returns whether there was one."""
        deleted = await self._pool.execute(DELETE_KEY, shard_of(owner, self._shards), owner)
        self._forgotten += 1
        self._cached.pop(owner, None)
        return str(deleted) == "DELETE 1"

    def _unwrapped(self, key_id: UUID, wrapped: bytes) -> PersonalKey:
        try:
            return PersonalKey(str(key_id), AESGCM(aes_key_unwrap(self._data_key, wrapped)))
        except InvalidUnwrap as error:
            raise WrongDataKey from error

    def _keep(self, owner: str, key: PersonalKey) -> None:
        self._cached[owner] = key, monotonic()
        self._cached.move_to_end(owner)
        if len(self._cached) > CACHED_MAX:
            self._cached.popitem(last=False)
