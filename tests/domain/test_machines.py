"""An account with its jobs under any sensible commands: what must always hold, holds; a planted fault is seen."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from domain import ledger
from domain.ledger import Change, LedgerCommand, State
from tests.domain.books import CLAIMS
from tests.domain.faults import FAULTS
from tests.domain.given_when_then import is_as_built
from tests.domain.machines import Law, LedgerMachine, machine

SETTINGS = settings(
    max_examples=100,
    stateful_step_count=30,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
UNTIL_SEEN = settings(SETTINGS, max_examples=300, phases=[Phase.generate], report_multiple_bugs=False)
"""A planted fault ends the run where it is first seen: mostly within 10 examples."""


@pytest.mark.timeout(1800)  # the long form takes minutes
def test_credits_are_neither_made_nor_lost_whatever_happens(request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--prove", default=False)
    run_state_machine_as_test(LedgerMachine, settings=settings(SETTINGS, max_examples=2000 if long else 100))


def decided_as_built(command: LedgerCommand, states: Mapping[str, State]) -> list[Change]:
    """The law, each of whose events is built once more, with everything checked."""
    changes = ledger.decide(command, states)
    assert all(is_as_built(event) for _, event in changes)
    return changes


def test_what_is_decided_of_checked_fields_needs_no_second_check() -> None:
    run_state_machine_as_test(machine(Law(decide=decided_as_built)), settings=settings(SETTINGS, max_examples=30))


@pytest.mark.parametrize("seeded", range(8))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen_by_the_claim_about_it(fault: str, seeded: int) -> None:
    law, claim = FAULTS[fault]
    with pytest.raises(AssertionError) as seen:
        run_state_machine_as_test(seed(seeded)(machine(law, claim)), settings=UNTIL_SEEN)
    assert claim.__name__ in {entry.name for entry in seen.traceback}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen_with_all_claims_together(fault: str) -> None:
    law, _ = FAULTS[fault]
    with pytest.raises(AssertionError):
        run_state_machine_as_test(seed(0)(machine(law, *CLAIMS)), settings=UNTIL_SEEN)


def test_every_claim_has_a_fault_that_it_sees() -> None:
    assert {claim for _, claim in FAULTS.values()} == set(CLAIMS)
