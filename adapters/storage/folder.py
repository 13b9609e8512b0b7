"""Files in a folder of ours that appear whole or not at all, and outlast a loss of power.

obstore's own local writes are renamed into place too, but never flushed to the disk: after a loss of power a name could
hold nothing. What a killed program leaves half written begins with `.unfinished-`, which no stored file's name can.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from adapters.local_postgres_folder import make_durable

UNFINISHED: Final = ".unfinished-"
MODE: Final = 0o640
"""Photos and videos are their users' own."""


def write_whole(place: Path, data: bytes) -> None:
    """Writes a file or replaces it. Raises OSError, and then nothing has changed."""
    _fill(place, lambda file: file.write(data))


def move_whole(place: Path, source: Path) -> int:
    """Makes `source` the file and returns its size in bytes; `source` is gone then. Raises OSError."""
    with source.open("rb") as file:
        os.fchmod(file.fileno(), MODE)
        os.fsync(file.fileno())
        size_bytes = os.fstat(file.fileno()).st_size
    _make_folder(place.parent)
    try:
        source.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as original:
            _fill(place, lambda file: shutil.copyfileobj(original, file))
        source.unlink()
    make_durable(place.parent)
    return size_bytes


def _fill(place: Path, fill: Callable[[IO[bytes]], object]) -> None:
    _make_folder(place.parent)
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=place.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fchmod(handle, MODE)
            os.fsync(handle)
        unfinished.replace(place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    make_durable(place.parent)


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        make_durable(folder.parent)
