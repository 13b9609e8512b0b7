"""The templates as they are packaged with the program."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from pydantic import Field, ValidationError

from app.settings import SettingsError
from domain.shapes import Value
from domain.templates import Template

FILE = "templates.toml"


class _Written(Value):
    templates: tuple[Template, ...] = Field(min_length=1)


def packaged_templates() -> Mapping[str, Template]:
    """What the program offers, by id, in the order of the file. Raises SettingsError."""
    return templates_of((files("app") / FILE).read_text(encoding="utf-8"))


def templates_of(text: str) -> Mapping[str, Template]:
    """The templates that the text describes. Raises SettingsError, one sentence that names the entry and the field."""
    try:
        written = _Written.model_validate_json(json.dumps(tomllib.loads(text), default=str))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(f"{FILE}: {where} is wrong: {first['msg']}") from error
    for name, count in Counter(template.id for template in written.templates).items():
        if count > 1:
            raise SettingsError(f"{FILE}: there are two templates {name}")
    return MappingProxyType({template.id: template for template in written.templates})
