"""A storage service that is not there."""

from __future__ import annotations

import pytest

from adapters.storage.files import Storage, open_storage


@pytest.fixture
def silent_service(monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A bucket of a service that nobody answers for."""
    fields = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "here",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
    }
    for name, value in fields.items():
        monkeypatch.setenv(name, value)
    return open_storage("s3://bucket/prefix")
