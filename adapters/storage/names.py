"""Names of stored files: a bucket, folders and a file of ids, `inputs/42/5f1c.jpg`.

No segment is empty or begins with a dot, so that no name leads out of storage or to a file that is not whole yet.
"""

from __future__ import annotations

import re
from typing import Final

LENGTH_MAX: Final = 1024
"""What S3 allows; a segment has at most 255 characters, what file systems allow."""

NAME: Final = re.compile(r"[a-z]{1,63}(?:/[A-Za-z0-9_:+=-][A-Za-z0-9._:+=-]{0,254})+")


class NameRefused(ValueError):
    """This is no name of a stored file and never becomes one. Trying again does not help."""


def is_name(text: str) -> bool:
    """Whether a file can have this name."""
    return len(text) <= LENGTH_MAX and NAME.fullmatch(text) is not None


def checked(name: str) -> str:
    """The name itself. Raises NameRefused."""
    if not is_name(name):
        msg = f"{name[:80]!r} is no name of a stored file"
        raise NameRefused(msg)
    return name
