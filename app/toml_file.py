"""A file of entries that is packaged with the program."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.settings import SettingsError

Shape = TypeVar("Shape", bound=BaseModel)


def packaged(file: str) -> str:
    """The text of the file."""
    return (files("app") / file).read_text(encoding="utf-8")


def entries_of(text: str, shape: type[Shape], *, file: str) -> Shape:
    """What the file's text describes. Raises SettingsError, one sentence that names the entry and the field."""
    try:
        return shape.model_validate_json(json.dumps(tomllib.loads(text), default=str))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "value_error":
            raise SettingsError(f"{file}: {first['msg'].removeprefix('Value error, ')}") from error
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(f"{file}: {where} is wrong: {first['msg']}") from error
