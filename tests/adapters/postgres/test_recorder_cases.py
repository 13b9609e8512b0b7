"""The test cases that the `eventsourcing` library ships for recorders, on our store. Nothing in them is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import cast
from uuid import uuid4

import pytest
from eventsourcing.tests import persistence as cases

from adapters.local_postgres import LocalPostgres
from domain.events import EVENT_TYPES
from domain.shapes import Event
from tests.adapters.postgres.recorder_bridge import (
    AggregateBridge,
    ApplicationBridge,
    Envelope,
    ProcessBridge,
    StoreInThread,
    TrackingBridge,
)
from tests.conftest import Templates, drop_database, make_database, named

TOPICS = ("topic", "topic1", "topic2", "topic3", "topic4", "non-interleaving-test-event")


class OnOurStore:
    """Gives each test of a case a store on a database of its own."""

    bridge: StoreInThread

    @pytest.fixture(autouse=True)
    def _store(self, postgres: LocalPostgres, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        for topic in TOPICS:
            monkeypatch.setitem(cast("dict[str, type[Event]]", EVENT_TYPES), topic, Envelope)
        name = f"test_{uuid4().hex}"

        async def make() -> None:
            await make_database(postgres, name, template=await templates.of(1))

        asyncio.run(make())
        self.bridge = StoreInThread(named(postgres.application_url, name))
        yield
        self.bridge.close()
        asyncio.run(drop_database(postgres, name))


class TestAggregateRecorder(OnOurStore, cases.AggregateRecorderTestCase):
    """AggregateRecorderTestCase"""

    def create_recorder(self) -> AggregateBridge:
        return AggregateBridge(self.bridge)


class TestApplicationRecorder(OnOurStore, cases.ApplicationRecorderTestCase[ApplicationBridge]):
    """ApplicationRecorderTestCase, with the subscription that the library calls optional"""

    def create_recorder(self) -> ApplicationBridge:
        return ApplicationBridge(self.bridge)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnOurStore, cases.TrackingRecorderTestCase):
    """TrackingRecorderTestCase"""

    def create_recorder(self) -> TrackingBridge:
        return TrackingBridge(self.bridge)


class TestProcessRecorder(OnOurStore, cases.ProcessRecorderTestCase):
    """ProcessRecorderTestCase"""

    def create_recorder(self) -> ProcessBridge:
        return ProcessBridge(self.bridge)


class TestNonInterleavingNotificationIDs(OnOurStore, cases.NonInterleavingNotificationIDsBaseCase):
    """NonInterleavingNotificationIDsBaseCase"""

    def create_recorder(self) -> ApplicationBridge:
        return ApplicationBridge(self.bridge)
