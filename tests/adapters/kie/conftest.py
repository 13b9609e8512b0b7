"""What the tests of the client share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.kie.client_scene import Client, opened


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a sandbox that is quick and renders nothing."""
    async with opened() as client:
        yield client
