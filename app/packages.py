"""The packages of credits as they are packaged with the program."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files

from pydantic import ValidationError

from app.settings import SettingsError
from domain.packages import Packages

FILE = "packages.toml"


def packaged_packages() -> Packages:
    """What the program sells. Raises SettingsError."""
    return packages_of((files("app") / FILE).read_text(encoding="utf-8"))


def packages_of(text: str) -> Packages:
    """The packages that the text describes. Raises SettingsError, one sentence that names the entry and the field."""
    try:
        return Packages.model_validate_json(json.dumps(tomllib.loads(text), default=str))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "value_error":
            raise SettingsError(f"{FILE}: {first['msg'].removeprefix('Value error, ')}") from error
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(f"{FILE}: {where} is wrong: {first['msg']}") from error
