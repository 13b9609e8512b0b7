"""Where somebody is in the dialogue and what they have said so far.

Kept between updates, written together with the mark that an update was handled. Not facts: facts are events. All of it
may be lost, and nobody is out of pocket then.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.texts import Language


class Draft(BaseModel):
    """An order that is being put together. `photo` is its name in storage.

    `serial` grows with every new draft of the person: buttons carry it, so that those of an older card are told apart.
    None of a choice: the first that the model offers. `price`, in credits a video, is the one on the card; once there
    is a card, `aspect_ratio` and `duration_s` are those on it, too.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    serial: int = 0
    photo: str | None = None
    template: str | None = None
    prompt: str | None = None
    product_text: str | None = None
    wishes: str | None = None
    model: str | None = None
    aspect_ratio: str | None = None
    duration_s: int | None = None
    count: int | None = None
    price: int | None = None

    @property
    def lacks_photo(self) -> bool:
        """Whether everything may be known but the photo: the one there was is not stored any more."""
        return self.photo is None and self.model is not None

    @property
    def is_begun(self) -> bool:
        """Whether there is something to go on with."""
        return self.photo is not None or self.model is not None


class Conversation(BaseModel):
    """One person's. `state` is the step that aiogram's filters ask for; `memory` holds JSON values by name.

    `language` is None until the person has chosen one or was first seen.
    """

    model_config = ConfigDict(extra="ignore")

    state: str | None = None
    language: Language | None = None
    draft: Draft = Field(default_factory=Draft)
    memory: dict[str, Any] = Field(default_factory=dict)
