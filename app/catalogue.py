"""The catalogue as it is packaged with the program."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from importlib.resources import files

from pydantic import ValidationError

from app.settings import SettingsError
from domain.catalogue import Catalogue

FILE = "catalogue.toml"


def packaged_catalogue() -> Catalogue:
    """What the program offers. Raises SettingsError."""
    return catalogue_of((files("app") / FILE).read_text(encoding="utf-8"))


def catalogue_of(text: str) -> Catalogue:
    """The catalogue that the text describes. Raises SettingsError, one sentence that names the entry."""
    try:
        catalogue = Catalogue.model_validate_json(json.dumps(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        msg = f"{FILE} is no TOML: {error}"
        raise SettingsError(msg) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the catalogue"
        msg = f"{FILE}: {where} is wrong: {first['msg']}"
        raise SettingsError(msg) from error
    twice = [name for name, count in Counter(model.id for model in catalogue.models).items() if count > 1]
    if twice:
        msg = f"{FILE}: there are two models {twice[0]}"
        raise SettingsError(msg)
    return catalogue
