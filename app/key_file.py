"""The file that holds DATA_KEY for a database of our own: made once, readable by the folder's owner only."""

from __future__ import annotations

import os
import tempfile
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

from app.settings import KEY_BYTES, SettingsError, key_of


def make_key_file(file: Path) -> None:
    """Writes a new key unless the file is there by now; of two programs that start at once, one makes it."""
    handle, name = tempfile.mkstemp(prefix=f"{file.name}-", dir=file.parent)  # for the owner only, from the start
    with os.fdopen(handle, "wb") as unfinished:
        unfinished.write(b64encode(os.urandom(KEY_BYTES)) + b"\n")
        unfinished.flush()
        if os.geteuid() == 0:
            owner = file.parent.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)  # who can then do without root
        os.fsync(handle)
    with suppress(FileExistsError):
        os.link(name, file)
    Path(name).unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_key_file(file: Path) -> bytes:
    """The key that is kept there. Raises SettingsError."""
    try:
        return key_of(file.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        msg = f"{file} should hold the {KEY_BYTES} bytes of DATA_KEY in base64 and cannot be read: {error}"
        raise SettingsError(msg) from error
