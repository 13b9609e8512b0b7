"""How big a run is: the long form that `make bench` runs, and a short one that only proves that everything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Options:
    """Sizes of one run. `runs` is how often each figure is measured; the table shows the median."""

    runs: int = 5
    seconds: float = 5.0
    warm_up_s: float = 1.0
    tuning_s: float = 2.0
    accounts: int = 1_000
    pool_sizes: tuple[int, ...] = (8, 16, 32)
    shards: tuple[int, ...] = (1, 2, 4, 8, 16)
    small_log_events: int = 10_000
    log_events: int = 5_000_000
    rebuild_events: int = 200_000
    long_account_events: int = 100_000
    loads: int = 200
    ends_per_s: int = 100
    ends_s: float = 20.0
    pipeline_jobs: int = 300
    jobs_in_flight: int = 2_000
    task_s: float = 60.0
    jobs_taken_over: int = 1_000
    people_at_once: int = 50
    confirm_rounds: int = 4
    evening_orders: int = 1_000
    evening_s: float = 60.0


LONG: Final = Options()

SHORT: Final = Options(
    runs=1,
    seconds=0.15,
    warm_up_s=0.05,
    tuning_s=0.05,
    accounts=20,
    pool_sizes=(8,),
    small_log_events=500,
    log_events=2_000,
    rebuild_events=2_000,
    long_account_events=2_000,
    loads=3,
    ends_s=0.5,
    pipeline_jobs=20,
    jobs_in_flight=50,
    task_s=1.0,
    jobs_taken_over=20,
    people_at_once=4,
    confirm_rounds=1,
    evening_orders=4,
    evening_s=0.5,
)
