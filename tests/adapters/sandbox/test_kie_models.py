"""The check of orders takes anything that JSON can say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.kie_models import (
    MODELS,
    PHOTO_FIELDS,
    VEO_MODELS,
    KieModel,
    complaint_about,
    photo_of,
    ratio_of,
    seconds_of,
)

ALL = {**MODELS, **VEO_MODELS}
NAMES = sorted({field.name for model in ALL.values() for field in model.fields} | {*PHOTO_FIELDS, "n_frames"})
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    LEAVES | st.sampled_from(["5", "10", "16:9", "720p", "http://one", 5, 8]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(ALL)), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_order_is_taken_or_refused_and_what_is_read_of_it_makes_sense(name: str, order: dict[str, Any]) -> None:
    complaint = complaint_about(ALL[name], order)
    if complaint is not None:
        assert complaint.code in {422, 500}
        assert complaint.msg
    assert 1 <= seconds_of(order) <= 99
    assert isinstance(ratio_of(order), str | None)
    assert isinstance(photo_of(order), str | None)


@pytest.mark.parametrize("model", ALL.values(), ids=ALL)
def test_each_required_field_is_missed(model: KieModel) -> None:
    complaint = complaint_about(model, {})
    assert complaint is not None
    assert complaint == ((500, "This field is required") if model.disguised else (422, "prompt is required"))


@pytest.mark.parametrize(
    ("order", "seconds"),
    [({}, 5), ({"duration": "10"}, 10), ({"duration": 8}, 8), ({"n_frames": "15"}, 15), ({"duration": "long"}, 5)],
)
def test_a_length_is_read_from_a_text_or_a_number(order: dict[str, Any], seconds: int) -> None:
    assert seconds_of(order) == seconds
