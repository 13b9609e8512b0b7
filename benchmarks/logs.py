"""A run prints its own lines; of the program's log only what is wrong."""

from __future__ import annotations

import logging
import sys

import structlog


def only_warnings() -> None:
    """Drops the log's entries below warnings; the others go to standard error."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
