"""Where photos and videos are kept."""

from __future__ import annotations

from pathlib import Path

from adapters.storage.files import Storage, StorageUrlRefused, open_storage
from app.settings import Settings, SettingsError


def storage_of(settings: Settings, data_dir: Path) -> Storage:
    """The storage at STORAGE_URL, or a folder beside the database. Raises SettingsError."""
    try:
        return open_storage(settings.storage_url or str(data_dir / "storage"))
    except StorageUrlRefused as refused:
        raise SettingsError(str(refused)) from refused
