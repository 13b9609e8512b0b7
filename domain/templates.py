"""Templates: ideas for a product's video, to be picked instead of writing one's own."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from domain.shapes import Id, Value, Words

PRODUCT: Final = "{product}"
"""Stands in a script for what the product is called."""

ScriptWords = Annotated[str, Field(strict=True, min_length=40, max_length=600, pattern=r"^[^{}]*(\{product\}[^{}]*)+$")]


class Template(Value):
    """One idea. `script` is English, for the video model, and names the product; the examples show what comes of it."""

    id: Id
    title_ru: Words
    title_en: Words
    script: ScriptWords
    example_ru: Words
    example_en: Words

    def script_for(self, product: str) -> str:
        """The script with the product's name in its place."""
        return self.script.replace(PRODUCT, product)
