"""The catalogue: which models are offered, and what a video of each costs in credits."""

from __future__ import annotations

from pydantic import Field

from domain.refusals import UnknownModel
from domain.shapes import Amount, Id, Value, Whole, Words


class Model(Value):
    """One model that can make a video. `price` in credits per video."""

    id: Id
    name: Words
    price: Amount
    open: bool = True


class Catalogue(Value):
    """Everything on offer. `welcome` in credits, given once to every new account."""

    models: tuple[Model, ...] = Field(min_length=1)
    welcome: Whole = 1

    def model(self, model_id: str) -> Model:
        """The entry of that id. Raises UnknownModel when there is none or it is closed."""
        for model in self.models:
            if model.id == model_id and model.open:
                return model
        raise UnknownModel(model_id)
