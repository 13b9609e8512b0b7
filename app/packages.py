"""The packages of credits as they are packaged with the program."""

from __future__ import annotations

from app.toml_file import entries_of, packaged
from domain.packages import Packages

FILE = "packages.toml"


def packaged_packages() -> Packages:
    """What the program sells. Raises SettingsError."""
    return packages_of(packaged(FILE))


def packages_of(text: str) -> Packages:
    """The packages that the text describes. Raises SettingsError, one sentence that names the entry and the field."""
    return entries_of(text, Packages, file=FILE)
