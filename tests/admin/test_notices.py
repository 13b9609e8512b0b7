"""Words for what a user hears: none is forgotten, and none shows a gap."""

from __future__ import annotations

import pytest

from admin.notices import FAULTS, NOTICES, REASONS, fault_in_words, heard
from domain.feedback import Notice, Progress
from domain.photo import PhotoFault, PhotoRefused
from domain.reasons import Reason


def test_every_notice_reason_and_fault_of_a_photo_has_words() -> None:
    assert set(NOTICES) == set(Notice)
    assert set(REASONS) == set(Reason)
    assert set(FAULTS) == set(PhotoFault)


@pytest.mark.parametrize("notice", Notice)
def test_a_notice_is_told_from_the_progress_alone(notice: Notice) -> None:
    assert not set("{}") & set(heard(notice, Progress()))


def test_attempts_reasons_and_credits_are_told() -> None:
    progress = Progress(attempt=2, reason=Reason.MODEL_OFF, refunded=3, by_template=True)
    assert heard(Notice.RETRYING, progress) == "the service stumbled; attempt 2 of 3 follows by itself"
    assert heard(Notice.GENERATING, progress) == (
        "being made, attempt 2 of 3 from the template's words, as nobody wrote a script"
    )
    assert heard(Notice.FAILED, progress) == "FAILED: the model is not offered at the moment, another one helps"
    assert heard(Notice.REFUNDED, progress) == "3 credits back"


def test_a_refused_photo_is_told_with_its_figures() -> None:
    refused = PhotoRefused(PhotoFault.TOO_SMALL, was=90, limit=200)
    assert fault_in_words(refused) == "its shorter side has 90 pixels and needs 200"
