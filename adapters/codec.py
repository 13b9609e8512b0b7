"""Events to JSON and back, with personal texts encrypted inside.

Stored is one JSON object: the event's fields; `personal`, if it has any, holds the encrypted ones, bound to their
place in the log; `class_version` is there from the second shape of a class on. Implements the mapper of
`eventsourcing.persistence` (originator_id is the stream, topic our own name for the type, state the JSON text).
"""

from __future__ import annotations

from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import urandom
from typing import Any, Final, cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent, Transcoder
from pydantic import ValidationError
from pydantic_core import to_json

from domain.events import EVENT_NAMES, EVENT_TYPES
from domain.log import Placed
from domain.lots import Draw
from domain.shapes import Event, Forgotten, Personal, Value

NONCE_BYTES: Final = 12
FORGOTTEN: Final = Forgotten().model_dump()


@dataclass(frozen=True, slots=True)
class PersonalKey:
    """One owner's key. `key_id` is stored beside what it encrypts, so that a later key is never tried on it."""

    key_id: str
    cipher: AESGCM


KeyOf = Callable[[str], PersonalKey | None]
"""The key of a stream's owner, or None when the person was forgotten."""


class EventSchemaError(MapperDeserialisationError):
    """The log holds an event that this program cannot read; a newer program wrote it, or it was damaged."""


def _personal_fields(cls: type[Event]) -> set[str]:
    return {
        name for name, field in cls.model_fields.items() if any(isinstance(mark, Personal) for mark in field.metadata)
    }


PERSONAL: Final[Mapping[type[Event], set[str]]] = {
    cls: fields for cls in EVENT_NAMES if (fields := _personal_fields(cls))
}
"""The fields that are encrypted, by event class."""


def _shape_of(cls: type[Event]) -> int:
    shape: int = getattr(cls, "class_version", 1)
    return shape


NEWER_SHAPES: Final[Mapping[type[Event], int]] = {cls: _shape_of(cls) for cls in EVENT_NAMES if _shape_of(cls) > 1}
"""The classes that have changed their shape since their first event, and how often."""


PLAIN: Final[Mapping[str, Callable[[str | bytes], Event]]] = {
    name: cls.__pydantic_validator__.validate_json
    for name, cls in EVENT_TYPES.items()
    if cls not in PERSONAL and cls not in NEWER_SHAPES
}
"""How the events are read that are stored as they are: the hot path."""


def encode(event: Event, *, stream: str, version: int, key_of: KeyOf) -> bytes:
    """The JSON that is stored for the event at this place. Raises what `stored` and `as_json` raise."""
    return as_json(stored(event, stream=stream, version=version, key=key_of(stream)))


def stored(event: Event, *, stream: str, version: int, key: PersonalKey | None) -> Mapping[str, Any]:
    """What is stored for the event at this place, for `as_json`, personal texts encrypted with the owner's key.
    It is not to be changed.

    Raises KeyError for a personal event without a key, JSONEncodeError for a personal text that is no Unicode.
    """
    cls, fields = type(event), event.__dict__
    names = PERSONAL.get(cls)
    if names is not None:
        if key is None:
            msg = "a personal event needs its owner's key"
            raise KeyError(msg)
        fields, texts = fields.copy(), {}
        for name in names:
            texts[name] = fields.pop(name)
        nonce = urandom(NONCE_BYTES)
        box = nonce + key.cipher.encrypt(nonce, as_json(texts), _place(stream, version, EVENT_NAMES[cls]))
        fields["personal"] = {"key": key.key_id, "box": b2a_base64(box, newline=False).decode()}
    if cls in NEWER_SHAPES:
        fields = {**fields, "class_version": NEWER_SHAPES[cls]}
    return fields


def as_json(content: object) -> bytes:
    """The JSON of what `stored` gives, as pydantic would write it and in a third of the time.

    Raises JSONEncodeError for a text that is no Unicode.
    """
    return orjson.dumps(content, _fields_of, orjson.OPT_UTC_Z)


def _fields_of(value: object) -> dict[str, Any]:
    if type(value) is Draw or isinstance(value, Value):  # a draw nearly always, and then it need not be found out
        return value.__dict__
    msg = f"no event holds a {type(value).__name__}"
    raise TypeError(msg)


def _place(stream: str, version: int, name: str) -> bytes:
    return f"{stream}:{version}:{name}".encode()


def decode(name: str, state: str | bytes, *, stream: str, version: int, key_of: KeyOf) -> Event:
    """The event that was stored under this name at this place; texts without a key read as `Forgotten`.

    Raises EventSchemaError for an unknown name, a shape newer than this program, or damage.
    """
    try:
        plainly = PLAIN.get(name)
        if plainly is not None:
            return plainly(state)
        cls = EVENT_TYPES.get(name)
        if cls is None:
            msg = f"{stream} version {version}: no event type {name} is known here; a newer program wrote it"
            raise EventSchemaError(msg)
        return _decode_slowly(cls, state, place=_place(stream, version, name), key=key_of(stream))
    except EventSchemaError:
        raise
    except UNREADABLE as error:
        msg = f"{stream} version {version}: {name} cannot be read; {_complaint(state, error)}"
        raise EventSchemaError(msg) from error


class _NewerShape(Exception):
    """The event is stored in a shape that this program does not know."""


UNREADABLE: Final = (_NewerShape, InvalidTag, ValueError, KeyError, TypeError, AttributeError)
"""What reading something raises that is not what was written: ValueError is pydantic's, orjson's and base64's."""


def _complaint(state: str | bytes, error: Exception) -> str:
    if isinstance(error, _NewerShape):
        return str(error)
    if isinstance(error, InvalidTag):
        return "its personal part does not belong to this place or key"
    if isinstance(error, ValidationError) and "class_version" in str(state):
        return "it has a newer shape than this program knows"
    return "it is damaged"


def _decode_slowly(cls: type[Event], state: str | bytes, *, place: bytes, key: PersonalKey | None) -> Event:
    fields: dict[str, Any] = orjson.loads(state)
    stored_as = fields.pop("class_version", 1)
    personal = fields.pop("personal", None)
    if personal is not None:
        fields.update(_opened(personal, PERSONAL[cls], place=place, key=key))
    known = NEWER_SHAPES.get(cls, 1)
    if stored_as > known:
        msg = f"it is stored in shape {stored_as}, this program knows up to {known}"
        raise _NewerShape(msg)
    for shape in range(stored_as, known):
        getattr(cls, f"upcast_v{shape}_v{shape + 1}")(fields)
    return cast("Event", cls.__pydantic_validator__.validate_json(orjson.dumps(fields)))


def _opened(personal: dict[str, str], names: set[str], *, place: bytes, key: PersonalKey | None) -> dict[str, Any]:
    if key is None or key.key_id != personal["key"]:
        return dict.fromkeys(names, FORGOTTEN)
    box = b64decode(personal["box"])
    opened = key.cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], place)
    return cast("dict[str, Any]", orjson.loads(opened))


class JsonTranscoder(Transcoder):
    """Objects of JSON, pydantic's values among them, to bytes and back. Raises on types it does not know."""

    def encode(self, obj: Any) -> bytes:  # noqa: ANN401 - the library's contract
        return to_json(obj)

    def decode(self, data: bytes) -> Any:  # noqa: ANN401 - the library's contract
        return orjson.loads(data)


class EventMapper(Mapper[str]):
    """`eventsourcing.persistence.Mapper` over our events, with their personal fields encrypted."""

    def __init__(self, key_of: KeyOf) -> None:
        super().__init__(transcoder=JsonTranscoder())
        self._key_of = key_of

    def to_stored_event(self, domain_event: Any) -> StoredEvent:  # noqa: ANN401 - the library asks for its own protocol
        """The stored form of a placed event."""
        placed: Placed = domain_event
        return StoredEvent(
            originator_id=placed.stream,
            originator_version=placed.version,
            topic=EVENT_NAMES[type(placed.event)],
            state=encode(placed.event, stream=placed.stream, version=placed.version, key_of=self._key_of),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:  # noqa: ANN401 - as above
        """The placed event of a stored form. Raises EventSchemaError."""
        stream, version = str(stored_event.originator_id), stored_event.originator_version
        event = decode(stored_event.topic, stored_event.state, stream=stream, version=version, key_of=self._key_of)
        return Placed(stream=stream, version=version, event=event)
