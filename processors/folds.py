"""A bounded cache of folded streams. It holds only what is durable, and forgets what was used longest ago."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

Fold = tuple[int, Any]
"""A version of a stream and its state after the event of that version; version 0 is before the first."""


class FoldCache:
    """Up to `size` folds by stream."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._folds: OrderedDict[str, Fold] = OrderedDict()

    def get(self, stream: str) -> Fold | None:
        """The stream's fold as far as it is known here. It may be old: others append too."""
        fold = self._folds.get(stream)
        if fold is not None:
            self._folds.move_to_end(stream)
        return fold

    def keep(self, stream: str, fold: Fold) -> int:
        """Keeps the fold unless a newer one is there. Returns the version that was known before, 0 if none was."""
        folds = self._folds
        known = folds.get(stream)
        if known is None:
            folds[stream] = fold
            if len(folds) > self._size:
                folds.popitem(last=False)
            return 0
        if known[0] < fold[0]:
            folds[stream] = fold
            folds.move_to_end(stream)
        return known[0]
