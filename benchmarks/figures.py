"""What is measured, in numbers: samples, their costs, and figures with what they are to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time spent on one of what is counted, in microseconds, by us and by the database's processes."""

    client_us: float
    server_us: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One run's value and cost. Rates are per second, times in milliseconds."""

    value: float
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The same thing measured several times. `name` is what was measured, as the table shows it."""

    name: str
    samples: Sequence[Sample]

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(sample.value for sample in self.samples)

    @property
    def cost(self) -> Cost | None:
        """The medians of the runs' costs."""
        costs = [sample.cost for sample in self.samples if sample.cost is not None]
        if not costs:
            return None
        return Cost(median(cost.client_us for cost in costs), median(cost.server_us for cost in costs))

    @property
    def spread(self) -> float:
        """How far the runs lie apart: highest less lowest, as a part of the median."""
        values = [sample.value for sample in self.samples]
        return (max(values) - min(values)) / self.value if self.value else 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. A figure is to reach a ratio to its baseline, or a value, or stay below one, or is shown.

    The unit tells which way is good: of what ends in `/s` more is better, of `ms` less is. A ratio above 1 always
    means that ours is the better one.
    """

    case: str
    name: str
    unit: str
    ours: Series
    baseline: Series | None = None
    ratio_min: float | None = None
    value_max: float | None = None
    value_min: float | None = None

    @property
    def ratio(self) -> float | None:
        """How much better than the baseline."""
        if self.baseline is None or not self.baseline.value or not self.ours.value:
            return None
        ratio = self.ours.value / self.baseline.value
        return 1 / ratio if self.unit == "ms" else ratio

    @property
    def reached(self) -> bool | None:
        """Whether it reaches what it is to reach; None when nothing is asked of it."""
        if self.value_max is not None:
            return self.ours.value < self.value_max
        if self.value_min is not None:
            return self.ours.value >= self.value_min
        if self.ratio_min is not None and self.ratio is not None:
            return self.ratio >= self.ratio_min
        return None

    def as_json(self) -> Mapping[str, Any]:
        """Everything that is known of the figure."""
        return {
            "case": self.case,
            "name": self.name,
            "unit": self.unit,
            "ours": _series(self.ours),
            "baseline": None if self.baseline is None else _series(self.baseline),
            "ratio": self.ratio,
            "ratio_min": self.ratio_min,
            "value_max": self.value_max,
            "value_min": self.value_min,
            "reached": self.reached,
        }


def _series(series: Series) -> Mapping[str, Any]:
    return {
        "name": series.name,
        "median": series.value,
        "spread": series.spread,
        "runs": [sample.value for sample in series.samples],
        "cost": None if series.cost is None else asdict(series.cost),
    }
