"""The catalogue as it is packaged with the program."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from app.settings import SettingsError
from app.toml_file import packaged
from domain.catalogue import Catalogue

FILE = "catalogue.toml"
SAID_IN_FULL: Final = ("id", "name", "price", "slug", "endpoint", "prompt_max", "durations", "aspect_ratios", "fields")
"""What every entry of the file spells out, though a model can be built without."""


def packaged_catalogue() -> Catalogue:
    """What the program offers. Raises SettingsError."""
    return catalogue_of(packaged(FILE))


def catalogue_of(text: str) -> Catalogue:
    """The catalogue that the text describes. Raises SettingsError, one sentence that names the entry and the field."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is no TOML: {error}") from error
    _spelled_out(written)
    try:
        catalogue = Catalogue.model_validate_json(json.dumps(written, default=str))
    except ValidationError as error:
        raise SettingsError(f"{FILE}: {_sentence(error, written)}") from error
    for name, count in Counter(model.id for model in catalogue.models).items():
        if count > 1:
            raise SettingsError(f"{FILE}: there are two models {name}")
    return catalogue


def _spelled_out(written: Mapping[str, Any]) -> None:
    models = written.get("models")
    for index, entry in enumerate(models if isinstance(models, list) else []):
        for field in SAID_IN_FULL:
            if isinstance(entry, dict) and field not in entry:
                raise SettingsError(f"{FILE}: {_whose(index, entry)}{field} is missing")


def _sentence(error: ValidationError, written: Mapping[str, Any]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    whose, path = _place(first["loc"], written)
    if first["type"] == "value_error":
        return f"{whose}{first['msg'].removeprefix('Value error, ')}"
    if path[:1] == ("fields",) and len(path) > 2:
        # A value may be of several types, and pydantic tells of each why it is not that.
        return f"{whose}fields.{path[1]} is neither a text, a whole number, true, false nor a list of texts"
    fault = "is missing" if first["type"] == "missing" else f"is wrong: {first['msg']}"
    return f"{whose}{'.'.join(map(str, path)) or 'the entry'} {fault}"


def _place(path: tuple[int | str, ...], written: Mapping[str, Any]) -> tuple[str, tuple[int | str, ...]]:
    if len(path) < 2 or not isinstance(path[1], int):
        return "", path
    return _whose(path[1], written["models"][path[1]]), path[2:]


def _whose(index: int, entry: object) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"model {name or f'number {index + 1}'}: "
