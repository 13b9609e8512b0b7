"""The templates as they are packaged with the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from app.settings import SettingsError
from app.toml_file import entries_of, packaged
from domain.shapes import Value
from domain.templates import Template

FILE = "templates.toml"


class _Written(Value):
    templates: tuple[Template, ...] = Field(min_length=1)


def packaged_templates() -> Mapping[str, Template]:
    """What the program offers, by id, in the order of the file. Raises SettingsError."""
    return templates_of(packaged(FILE))


def templates_of(text: str) -> Mapping[str, Template]:
    """The templates that the text describes. Raises SettingsError, one sentence that names the entry and the field."""
    written = entries_of(text, _Written, file=FILE)
    for name, count in Counter(template.id for template in written.templates).items():
        if count > 1:
            raise SettingsError(f"{FILE}: there are two templates {name}")
    return MappingProxyType({template.id: template for template in written.templates})
