"""Events to JSON and back: what was stored once is read for ever, and what cannot be read says where it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codec import (
    NEWER_SHAPES,
    PERSONAL,
    EventMapper,
    EventSchemaError,
    PersonalKey,
    decode,
    encode,
)
from adapters.postgres.event_store import PostgresEventStore
from domain.events import EVENT_NAMES, EVENT_TYPES
from domain.job_words import PromptWritten, ScriptSource
from domain.log import Placed
from domain.shapes import Event, Forgotten, PersonalText
from domain.streams import owner_of
from tests.adapters.event_strategies import events_of
from tests.adapters.postgres.raw import row, tails_of

GOLDEN = Path(__file__).parents[1] / "golden" / "events.jsonl"
LINES: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
"""One stored event a line, of every type that was ever released: a new type or shape adds lines, no line is changed.
`data` is what lies in the log, personal texts encrypted under KEY; `event` is what it has to be read as."""

KEY = PersonalKey("00000000-0000-4000-8000-000000000042", AESGCM(bytes(range(32, 64))))
ANOTHER_KEY = PersonalKey("00000000-0000-4000-8000-000000000043", KEY.cipher)
STREAM = "account/42/job/bot.42.1001.0"


def with_key(_stream: str) -> PersonalKey:
    return KEY


def without_key(_stream: str) -> None:
    return None


def written(event: Event, *, version: int = 1) -> bytes:
    return encode(event, stream=STREAM, version=version, key_of=with_key)


def read(name: str, state: bytes | str, *, version: int = 1) -> Event:
    return decode(name, state, stream=STREAM, version=version, key_of=with_key)


def line_id(line: dict[str, Any]) -> str:
    return f"{line['type']} {line['version']}"


@pytest.mark.parametrize("line", LINES, ids=line_id)
def test_what_was_stored_once_is_read_for_ever(line: dict[str, Any]) -> None:
    place = {"stream": line["stream"], "version": line["version"]}
    event = decode(line["type"], json.dumps(line["data"]), **place, key_of=with_key)
    assert event.model_dump(mode="json") == line["event"]
    assert EVENT_TYPES[line["type"]] is type(event)


@pytest.mark.parametrize("line", LINES, ids=line_id)
def test_of_a_forgotten_person_all_but_the_texts_is_read(line: dict[str, Any]) -> None:
    place = {"stream": line["stream"], "version": line["version"]}
    event = decode(line["type"], json.dumps(line["data"]), **place, key_of=without_key)
    texts = PERSONAL.get(type(event), set())
    expected = {name: {"forgotten": True} if name in texts else value for name, value in line["event"].items()}
    assert event.model_dump(mode="json") == expected


def test_every_type_has_a_golden_line() -> None:
    assert EVENT_TYPES.keys() - {line["type"] for line in LINES} == set()


def test_no_golden_line_holds_a_personal_text_in_the_clear() -> None:
    for line in LINES:
        texts = PERSONAL.get(EVENT_TYPES[line["type"]], set())
        assert ("personal" in line["data"]) == bool(texts)
        assert not texts & line["data"].keys()


async def test_golden_lines_come_back_from_the_database_as_they_are(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.keys, "of_stream", with_key)
    stored: dict[str, list[dict[str, Any]]] = {}
    for line in LINES:
        stored.setdefault(line["stream"], []).append(line)
    for stream, lines in stored.items():
        assert [line["version"] for line in lines] == list(range(1, len(lines) + 1))
        rows = [row(stream, line["version"], name=line["type"], data=json.dumps(line["data"])) for line in lines]
        await store.append_rows(owner_of(stream), rows, None)
        found = await tails_of(store, stream)
        assert [one.event.model_dump(mode="json") for one in found] == [line["event"] for line in lines]


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
@settings(max_examples=25)
@given(data=st.data())
def test_every_event_reads_as_it_was_written_both_ways(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(events_of(cls))
    mapper = EventMapper(with_key)
    stored = mapper.to_stored_event(Placed(STREAM, 7, event))
    assert (stored.originator_id, stored.originator_version, stored.topic) == (STREAM, 7, EVENT_NAMES[cls])
    state = written(event, version=7)
    for one in (stored.state, state):
        assert read(stored.topic, one, version=7) == event
        assert mapper.to_domain_event(StoredEvent(STREAM, 7, stored.topic, one)) == Placed(STREAM, 7, event)
    if cls not in PERSONAL:
        assert state == stored.state


def test_a_personal_text_is_encrypted_anew_each_time() -> None:
    event = PromptWritten(script="a mug for my grandmother", source=ScriptSource.OPENAI)
    assert b"mug" not in written(event)
    assert written(event) != written(event)


def test_a_text_under_an_older_key_is_forgotten_not_damaged() -> None:
    state = written(PromptWritten(script="a mug", source=ScriptSource.OPENAI))
    event = decode("PromptWritten", state, stream=STREAM, version=1, key_of=lambda _: ANOTHER_KEY)
    assert event == PromptWritten(script=Forgotten(), source=ScriptSource.OPENAI)


def test_a_personal_event_is_never_stored_without_a_key() -> None:
    with pytest.raises(KeyError, match="key"):
        encode(PromptWritten(script="a", source=ScriptSource.OPENAI), stream=STREAM, version=1, key_of=without_key)


@pytest.mark.parametrize("place", [(STREAM, 2), ("account/42/job/another", 1)])
def test_a_personal_text_is_read_at_its_own_place_only(place: tuple[str, int]) -> None:
    state = written(PromptWritten(script="a mug", source=ScriptSource.OPENAI))
    with pytest.raises(EventSchemaError, match="does not belong to this place"):
        decode("PromptWritten", state, stream=place[0], version=place[1], key_of=with_key)


class Poured(Event):
    """An event of this test, in its third shape: millilitres became a volume with a unit and then got a cup."""

    class_version: ClassVar[int] = 3
    volume: int
    unit: str
    cup: PersonalText

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """`millilitres` is `volume` and `unit` now."""
        state.update(volume=state.pop("millilitres"), unit="ml")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """There was one cup."""
        state["cup"] = "the cup"


@pytest.fixture
def poured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log may hold `Poured`."""
    registered: tuple[tuple[Any, Any, Any], ...] = (
        (EVENT_TYPES, "Poured", Poured),
        (EVENT_NAMES, Poured, "Poured"),
        (PERSONAL, Poured, {"cup"}),
        (NEWER_SHAPES, Poured, 3),
    )
    for registry, name, entry in registered:
        monkeypatch.setitem(registry, name, entry)


@pytest.mark.parametrize("old", ['{"millilitres": 5}', '{"volume": 5, "unit": "ml", "class_version": 2}'])
def test_an_old_shape_is_read_as_the_present_one(old: str, poured: None) -> None:
    assert read("Poured", old) == Poured(volume=5, unit="ml", cup="the cup")
    mapped = EventMapper(with_key).to_domain_event(StoredEvent(STREAM, 1, "Poured", old.encode()))
    assert mapped == Placed(STREAM, 1, Poured(volume=5, unit="ml", cup="the cup"))


def test_the_present_shape_says_its_number(poured: None) -> None:
    event = Poured(volume=5, unit="ml", cup="mine")
    state = written(event)
    assert json.loads(state)["class_version"] == 3
    assert read("Poured", state) == event


def test_a_shape_from_the_future_is_refused(poured: None) -> None:
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 1: Poured .*shape 4, this program knows up to 3"):
        read("Poured", '{"volume": 5, "unit": "ml", "cup": "x", "class_version": 4}')
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 1: JobCancelled .*newer shape"):
        read("JobCancelled", '{"class_version": 2}')


def test_an_unknown_type_is_refused_with_its_place() -> None:
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 5: no event type VideoDreamt"):
        read("VideoDreamt", "{}", version=5)


DAMAGED = ("", "{", "null", "5", "[]", '"text"', '{"number": 0}', '{"number": 1, "task": "t", "more": 1}', "\ud800")


@pytest.mark.parametrize("state", DAMAGED)
def test_damage_is_told_with_its_place(state: str) -> None:
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 1: KieTaskCreated cannot be read"):
        read("KieTaskCreated", state)


PERSONAL_DAMAGED = (
    "",
    "null",
    "[]",
    '{"source": "openai"}',
    '{"source": "openai", "personal": {}}',
    '{"source": "openai", "personal": []}',
    f'{{"source": "openai", "personal": {{"key": "{KEY.key_id}"}}}}',
    f'{{"source": "openai", "personal": {{"key": "{KEY.key_id}", "box": "?"}}}}',
    f'{{"source": "openai", "personal": {{"key": "{KEY.key_id}", "box": ""}}}}',
    f'{{"source": "openai", "personal": {{"key": "{KEY.key_id}", "box": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}}}',
    f'{{"source": "openai", "personal": {{"key": "{KEY.key_id}", "box": 5}}}}',
    '{"source": "openai", "script": "in the clear", "class_version": "two"}',
)


@pytest.mark.parametrize("state", PERSONAL_DAMAGED)
def test_damage_of_a_personal_event_is_told_with_its_place(state: str) -> None:
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 1: PromptWritten cannot be read"):
        read("PromptWritten", state)


def test_what_cannot_be_read_is_a_deserialisation_error_in_the_words_of_the_library() -> None:
    with pytest.raises(MapperDeserialisationError):
        EventMapper(with_key).to_domain_event(StoredEvent(STREAM, 1, "VideoDreamt", b"{}"))
